/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/load.h"

#include "base/log.h"
#include "base/mem.h"
#include "etl/agree.h"
#include "etl/applier.h"
#include "etl/chain.h"
#include "etl/worker.h"
#include "rippled/choice.h"
#include "rippled/fetch.h"
#include "rt/clock.h"
#include "rt/fiber.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY_FIRST_NS (1 * CLOCK_S)
#define RETRY_MAX_NS (30 * CLOCK_S)
#define GIVE_UP_NS (60 * CLOCK_S)
/* Nobody has the ledger (any more), or it was never there. */
#define NOT_FOUND_NS (6 * CLOCK_S)
/* Pages of one chain at the applier; one more is being fetched meanwhile. */
#define MAX_PAGES 2

struct load;

struct chain {
    struct load *load;
    uint32_t index;
    struct chain_range range;
    struct hash256 at; /* pages up to this key are on their way */
    bool has_at;
    uint32_t n_pages; /* at the applier */
    bool is_end;
};

struct load {
    const struct load_opts *opts;
    struct load_progress *progress;
    struct chain *chains;
    uint64_t sources; /* bits: gave a page */
    err failure;      /* the first that ends the load */
    char text[240];
    uint32_t n_pages;          /* of all chains, at the applier */
    uint32_t n_running;        /* chains */
    struct fiber_cond changed; /* a page was applied, a chain ended, the load failed */
};

/* Waiting for one piece of work. It always comes home, so the wait needs no deadline and must not
 * be cut short. */
struct waiting {
    struct fiber *fiber;
    bool done;
    enum applier_result result;
    char text[240];
};

static void on_done(struct applier_work *w)
{
    struct waiting *waiting = w->owner;
    waiting->result = w->result;
    memcpy(waiting->text, w->text, sizeof(w->text));
    waiting->done = true;
    fiber_wake(waiting->fiber);
    applier_work_free(w);
}

static YIELDS err apply_and_wait(struct load *l, struct applier_work *w)
{
    struct waiting waiting = {.fiber = fiber_current()};
    w->owner = &waiting;
    applier_push(l->opts->applier, w);
    fiber_park_for_uncancellable(&waiting.done);
    switch (waiting.result) {
    case APPLIER_RESULT_DONE: return OK;
    case APPLIER_RESULT_WRONG: return FAIL(ERR_VERIFY, "%s", waiting.text);
    case APPLIER_RESULT_FAILED: return FAIL(ERR_IO, "%s", waiting.text);
    default: return FAIL(ERR_CANCELLED, "etl: the load was stopped");
    }
}

static void fail(struct load *l, err e)
{
    if (err_failed(l->failure))
        return;
    l->failure = e;
    snprintf(l->text, sizeof(l->text), "%s", err_text());
    fiber_cond_broadcast(&l->changed);
}

static void note_progress(struct load *l)
{
    double sum = 0;
    for (uint32_t i = 0; i < l->opts->n_chains; i++) {
        const struct chain *c = &l->chains[i];
        sum += c->is_end ? 1 : c->has_at ? chain_fraction(&c->range, &c->at) : 0;
    }
    atomic_store(&l->progress->permille, (uint32_t)(sum * 1000 / l->opts->n_chains));
}

static void on_page_done(struct applier_work *w)
{
    struct chain *c = w->owner;
    struct load *l = c->load;
    c->n_pages--;
    l->n_pages--;
    if (w->result == APPLIER_RESULT_DONE)
        atomic_fetch_add(&l->progress->n_objects, w->page->n_objects);
    else if (w->result != APPLIER_RESULT_SKIPPED)
        fail(l, FAIL(w->result == APPLIER_RESULT_WRONG ? ERR_VERIFY : ERR_IO, "%s", w->text));
    applier_work_free(w);
    fiber_cond_broadcast(&l->changed);
}

static void hand_over(struct chain *c, struct decode_page *page)
{
    struct load *l = c->load;
    struct applier_work *w = applier_work_new(APPLIER_LOAD_PAGE, on_page_done, c);
    c->at = page->last;
    c->has_at = true;
    c->is_end = page->is_end;
    c->n_pages++;
    l->n_pages++;
    l->sources |= (uint64_t)1 << page->source;
    w->page = page;
    w->chain = c->index;
    applier_push(l->opts->applier, w);
    note_progress(l);
}

/* Trying the same thing again and again: whom to avoid, and when to give up. */
struct patience {
    uint32_t seq;
    fetch_mask avoid; /* of the load */
    fetch_mask wrong; /* sources that had it wrong in this round */
    uint32_t n_failed;
    int64_t since_ns;
};

/* Something went wrong; wait before the next attempt. An error ends the attempts. */
static YIELDS err be_patient(struct patience *p, err e)
{
    static struct log_limit limit = LOG_LIMIT_INIT(3);
    uint64_t dropped;
    if (e.code == ERR_CANCELLED)
        return e;
    int64_t bound = e.code == ERR_NOT_FOUND ? NOT_FOUND_NS : GIVE_UP_NS;
    if (clock_now_ns() - p->since_ns > bound)
        return FAIL(ERR_NOT_FOUND, "no source has given what we need of it for %d s",
                    (int)(bound / CLOCK_S));
    if ((e.code == ERR_VERIFY || e.code == ERR_PARSE) && p->wrong)
        return OK; /* another source may have it right: at once */
    if (e.code != ERR_BUSY && log_limit_take(&limit, &dropped))
        LOG_WARN("etl: load of ledger %u: %s: %s%s, trying again", p->seq, err_name(e), err_text(),
                 fetch_hint(e));
    p->wrong = 0;
    return fiber_sleep_until(clock_now_ns() +
                             choice_backoff_jitter(++p->n_failed, RETRY_FIRST_NS, RETRY_MAX_NS));
}

static void note_wrong(struct patience *p, struct sources *all, uint32_t source, const char *what)
{
    LOG_ERROR("etl: load of ledger %u: source %s: %s: refused", p->seq, sources_name(all, source),
              err_text());
    sources_blame(all, source, what);
    p->wrong |= FETCH_MASK(source);
}

static YIELDS err next_page(struct chain *c, struct patience *p, struct decode_page **ret)
{
    struct sources *all = c->load->opts->sources;
    struct fetch_reply *reply = NULL;
    const struct hash256 *after = c->has_at ? &c->at : c->range.has_after ? &c->range.after : NULL;
    const struct hash256 *upto = c->range.has_upto ? &c->range.upto : NULL;
    struct fetch_page page = {p->seq, after, upto, p->avoid | p->wrong};
    TRY(fetch_page(all, &page, &reply));
    uint32_t source = reply->source;
    err e = worker_decode_page(reply, after, upto, ret);
    if (e.code == ERR_VERIFY || e.code == ERR_PARSE)
        note_wrong(p, all, source, "page");
    return e;
}

static struct patience patience_of(const struct load_opts *opts)
{
    return (struct patience){opts->seq, opts->avoid, 0, 0, clock_now_ns()};
}

static YIELDS err fetch_patiently(struct chain *c, struct decode_page **ret)
{
    struct patience p = patience_of(c->load->opts);
    for (;;) {
        err e = next_page(c, &p, ret);
        if (!err_failed(e) || err_failed(c->load->failure))
            return e;
        TRY(be_patient(&p, e));
    }
}

static YIELDS err follow_chain(struct chain *c)
{
    struct load *l = c->load;
    while (!c->is_end && !err_failed(l->failure)) {
        struct decode_page *page = NULL;
        err e = fetch_patiently(c, &page);
        while (!err_failed(e) && c->n_pages >= MAX_PAGES)
            e = fiber_cond_wait(&l->changed, CLOCK_NEVER);
        if (err_failed(e) || err_failed(l->failure)) {
            decode_page_free(page);
            return e;
        }
        hand_over(c, page);
    }
    return OK;
}

static YIELDS void run_chain(void *arg)
{
    struct chain *c = arg;
    err e = follow_chain(c);
    if (err_failed(e))
        fail(c->load, e);
    c->load->n_running--;
    fiber_cond_broadcast(&c->load->changed);
}

/* The pages point to the load, so it outlives them. */
static YIELDS void wait_for_pages(struct load *l)
{
    err fence = apply_and_wait(l, applier_work_new(APPLIER_FENCE, on_done, NULL));
    (void)fence; /* whatever became of it, it came home last */
    assert(l->n_pages == 0);
}

static YIELDS err run_chains(struct load *l)
{
    struct fiber_group group;
    fiber_group_init(&group);
    for (uint32_t i = 0; i < l->opts->n_chains; i++) {
        l->chains[i] =
            (struct chain){.load = l, .index = i, .range = chain_range_of(i, l->opts->n_chains)};
        l->n_running++;
        fiber_group_spawn(&group, "load chain", run_chain, &l->chains[i]);
    }
    while (l->n_running > 0 && !err_failed(l->failure)) {
        err e = fiber_cond_wait(&l->changed, CLOCK_NEVER);
        if (err_failed(e))
            fail(l, e);
    }
    fiber_group_cancel(&group);
    wait_for_pages(l);
    if (err_failed(l->failure))
        return FAIL(l->failure.code, "%s", l->text);
    return OK;
}

/* Header and transactions of the ledger. */
static YIELDS err fetch_base(const struct load_opts *opts, struct decode_ledger **ret)
{
    struct patience p = patience_of(opts);
    for (;;) {
        struct fetch_reply *reply = NULL;
        const char *what = "";
        err e = fetch_ledger(opts->sources, opts->seq, false, p.avoid | p.wrong, &reply);
        if (!err_failed(e)) {
            uint32_t source = reply->source;
            e = worker_decode_ledger(reply, false, ret, &what);
            if (e.code == ERR_VERIFY || e.code == ERR_PARSE)
                note_wrong(&p, opts->sources, source, what);
        }
        if (!err_failed(e) && opts->min_agreeing > 1)
            e = agree_on(opts->sources, opts->min_agreeing, (*ret)->source, opts->seq,
                         &(*ret)->ledger.header.hash);
        if (!err_failed(e))
            return OK;
        *ret = decode_ledger_free(*ret);
        TRY(be_patient(&p, e));
    }
}

static YIELDS err run_load(struct load *l, struct decode_ledger **base)
{
    struct applier_work *w = applier_work_new(APPLIER_LOAD_BEGIN, on_done, NULL);
    w->header = (*base)->ledger.header;
    w->n_chains = l->opts->n_chains;
    TRY(apply_and_wait(l, w));
    TRY(run_chains(l));
    w = applier_work_new(APPLIER_LOAD_COMMIT, on_done, NULL);
    w->ledger = TAKE_PTR(*base);
    return apply_and_wait(l, w);
}

YIELDS ERR load_run(const struct load_opts *opts, struct load_progress *progress,
                    uint64_t *ret_sources)
{
    CLEANUP(decode_ledger_freep) struct decode_ledger *base = NULL;
    *ret_sources = 0;
    atomic_store(&progress->n_objects, 0);
    atomic_store(&progress->permille, 0);
    TRY(fetch_base(opts, &base));
    struct load l = {.opts = opts, .progress = progress};
    fiber_cond_init(&l.changed);
    l.chains = xcalloc(opts->n_chains, sizeof(*l.chains));
    err e = run_load(&l, &base);
    if (err_failed(e) && base) { /* not committed */
        snprintf(l.text, sizeof(l.text), "%s", err_text());
        err aborted = apply_and_wait(&l, applier_work_new(APPLIER_LOAD_ABORT, on_done, NULL));
        (void)aborted; /* nothing of it counts any more */
        e = FAIL(e.code, "%s", l.text);
    }
    free(l.chains);
    *ret_sources = l.sources;
    return e;
}
