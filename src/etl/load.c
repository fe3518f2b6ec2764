/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/load.h"

#include "base/log.h"
#include "base/mem.h"
#include "etl/agree.h"
#include "etl/chain.h"
#include "etl/decode.h"
#include "etl/worker.h"
#include "rippled/choice.h"
#include "rippled/fetch.h"
#include "rt/clock.h"
#include "rt/fiber.h"

#include <stdio.h>
#include <stdlib.h>

#define RETRY_FIRST_NS (1 * CLOCK_S)
#define RETRY_MAX_NS (30 * CLOCK_S)
#define GIVE_UP_NS (60 * CLOCK_S)
/* Nobody has the ledger (any more), or it was never there. */
#define NOT_FOUND_NS (6 * CLOCK_S)
/* A range without an end. Keys are hashes, so they lie evenly: so many in such a part of the range
 * mean so many in all, and no network has a tenth of that. Only keys that share their first bytes
 * (pages of one owner's tokens, qualities of a book) may be many in one place. */
#define MAX_RANGE_OBJECTS ((double)(1 << 30) / PAGE_SPOOL_RANGES)
#define ENOUGH_OBJECTS 100000
#define MAX_RANGE_ALIKE (32u << 20)
#define ALIKE_BYTES 16

struct load {
    const struct load_opts *opts;
    struct load_progress *progress;
    uint64_t gave; /* bits: sources that gave a page */
    uint32_t liar;
    uint32_t next_range;
    double done;        /* ranges, and parts of them */
    err failure;        /* the first that ends the load */
    char text[240];     /* of it */
    uint32_t n_running; /* fetchers */
    struct fiber_cond changed;
};

static void fail(struct load *l, err e)
{
    if (err_failed(l->failure))
        return;
    l->failure = e;
    snprintf(l->text, sizeof(l->text), "%s", err_text());
    fiber_cond_broadcast(&l->changed);
}

/* --- trying again: whom to avoid, and when to give up --- */

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
    static struct log_limit limit = LOG_LIMIT_INIT(5);
    uint64_t dropped;
    if (log_limit_take(&limit, &dropped))
        LOG_ERROR("etl: load of ledger %u: source %s: %s: refused", p->seq,
                  sources_name(all, source), err_text());
    sources_blame(all, source, what);
    p->wrong |= FETCH_MASK(source);
}

static struct patience patience_of(const struct load_opts *opts)
{
    return (struct patience){opts->filter.newest, opts->avoid, 0, 0, clock_now_ns()};
}

/* --- pages --- */

/* How a range grows. */
struct growth {
    struct hash256 last;
    uint64_t n;       /* objects, */
    uint64_t n_alike; /* of them, whose key begins as the one before */
};

static void count_objects(struct growth *g, const struct decode_page *page)
{
    for (size_t i = 0; i < page->n_objects; i++) {
        const struct hash256 *key = &page->objects[i].key;
        g->n_alike += g->n && memcmp(g->last.b, key->b, ALIKE_BYTES) == 0;
        g->last = *key;
        g->n++;
    }
}

static double fraction(uint32_t range, const struct hash256 *at)
{
    struct chain_range r = chain_range_of(range, PAGE_SPOOL_RANGES);
    return chain_fraction(&r, at);
}

static bool is_endless(const struct growth *g, double is_done)
{
    double n_spread = (double)(g->n - g->n_alike);
    return g->n_alike > MAX_RANGE_ALIKE ||
           (n_spread > ENOUGH_OBJECTS && n_spread > is_done * MAX_RANGE_OBJECTS);
}

/* Fetch a page of the keys and keep it. An error with *ret_fatal is not of the source. */
static YIELDS err next_page(struct load *l, struct patience *p, uint32_t range,
                            const struct page_span *keys, struct decode_page **ret, bool *ret_fatal)
{
    struct sources *all = l->opts->sources;
    struct hash256 end = page_spool_range(PAGE_SPOOL_RANGES - 1).upto;
    struct fetch_reply *reply = NULL;
    struct fetch_page page = {.seq = p->seq,
                              .after = keys->has_after ? &keys->after : NULL,
                              .upto = hash256_eq(&keys->upto, &end) ? NULL : &keys->upto,
                              .avoid = p->avoid | p->wrong};
    TRY(fetch_page(all, &page, &reply));
    uint32_t source = reply->source;
    err e = worker_keep_page(reply, page_spool_source(sources_name(all, source)), keys,
                             l->opts->pages, range, ret, ret_fatal);
    if (!*ret_fatal && (e.code == ERR_VERIFY || e.code == ERR_PARSE))
        note_wrong(p, all, source, "page");
    if (!err_failed(e))
        l->gave |= FETCH_MASK(source);
    return e;
}

static YIELDS err fetch_patiently(struct load *l, uint32_t range, const struct page_span *keys,
                                  struct decode_page **ret)
{
    struct patience p = patience_of(l->opts);
    for (;;) {
        bool fatal = false;
        err e = next_page(l, &p, range, keys, ret, &fatal);
        if (!err_failed(e) || fatal || err_failed(l->failure))
            return e;
        TRY(be_patient(&p, e));
    }
}

static void note_progress(struct load *l, const struct decode_page *page, double more)
{
    l->done += more;
    atomic_store(&l->progress->disk_full, false);
    atomic_fetch_add(&l->progress->n_objects, page->n_objects);
    atomic_store(&l->progress->permille, (uint32_t)(l->done * 1000 / PAGE_SPOOL_RANGES));
}

struct syncing {
    struct page_spool *pages;
    uint32_t range;
};

static err do_sync(void *arg)
{
    struct syncing *s = arg;
    return page_spool_sync(s->pages, s->range);
}

static YIELDS err fill_range(struct load *l, uint32_t range)
{
    struct page_span keys;
    struct growth growth = {0};
    while (page_spool_gap(l->opts->pages, range, &l->opts->filter, &keys) &&
           !err_failed(l->failure)) {
        CLEANUP(decode_page_freep) struct decode_page *page = NULL;
        double before = keys.has_after ? fraction(range, &keys.after) : 0;
        TRY(fetch_patiently(l, range, &keys, &page));
        double now = fraction(range, page->is_end ? &keys.upto : &page->last);
        count_objects(&growth, page);
        note_progress(l, page, now - before);
        if (is_endless(&growth, now)) {
            l->liar = page->source;
            return FAIL(ERR_VERIFY,
                        "source %s: %llu objects whose keys begin with %02x, and no end: such a "
                        "state does not exist",
                        sources_name(l->opts->sources, page->source), (unsigned long long)growth.n,
                        range);
        }
    }
    return worker_run(do_sync, &(struct syncing){l->opts->pages, range});
}

static YIELDS void run_fetcher(void *arg)
{
    struct load *l = arg;
    err e = OK;
    while (!err_failed(e) && l->next_range < PAGE_SPOOL_RANGES && !err_failed(l->failure))
        e = fill_range(l, l->next_range++);
    if (err_failed(e))
        fail(l, e);
    l->n_running--;
    fiber_cond_broadcast(&l->changed);
}

/* What is there already. */
static void count_kept(struct load *l)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < PAGE_SPOOL_RANGES; i++) {
        struct page_span left = page_spool_range(i);
        struct page page;
        double at = 0;
        bool more = true;
        while (more && page_spool_find(l->opts->pages, i, &l->opts->filter, &left, &page)) {
            n += page.n_objects;
            at = fraction(i, &page.keys.upto);
            more = page_spool_advance(&left, &page);
        }
        l->done += more ? at : 1;
    }
    atomic_store(&l->progress->n_objects, n);
    atomic_store(&l->progress->permille, (uint32_t)(l->done * 1000 / PAGE_SPOOL_RANGES));
}

YIELDS ERR load_fetch(const struct load_opts *opts, struct load_progress *progress,
                      uint64_t *ret_gave, uint32_t *ret_liar)
{
    struct load l = {.opts = opts, .progress = progress};
    struct fiber_group group;
    fiber_group_init(&group);
    fiber_cond_init(&l.changed);
    count_kept(&l);
    for (uint32_t i = 0; i < opts->n_fetchers; i++) {
        l.n_running++;
        fiber_group_spawn(&group, "load", run_fetcher, &l);
    }
    while (l.n_running > 0 && !err_failed(l.failure)) {
        err e = fiber_cond_wait(&l.changed, CLOCK_NEVER);
        if (err_failed(e))
            fail(&l, e);
    }
    fiber_group_cancel(&group);
    *ret_gave = l.gave;
    *ret_liar = l.liar;
    return err_failed(l.failure) ? FAIL(l.failure.code, "%s", l.text) : OK;
}

/* --- the ledger itself --- */

static YIELDS err try_base(const struct load_opts *opts, struct patience *p,
                           struct decode_ledger **ret, bool *ret_disk)
{
    struct fetch_reply *reply = NULL;
    const char *what = "";
    TRY(fetch_ledger(opts->sources, p->seq, false, p->avoid | p->wrong, &reply));
    uint32_t source = reply->source;
    struct worker_keep keep = {
        .spool = opts->closed,
        .source_id = page_spool_source(sources_name(opts->sources, source)),
    };
    err e = worker_keep_ledger(reply, &keep, ret, &what, ret_disk);
    if (*ret_disk)
        return e;
    if (e.code == ERR_VERIFY || e.code == ERR_PARSE)
        note_wrong(p, opts->sources, source, what);
    TRY(e);
    if (opts->min_agreeing <= 1)
        return OK;
    return agree_on(opts->sources, opts->min_agreeing, source, p->seq, &(*ret)->ledger.header.hash);
}

YIELDS ERR load_base(const struct load_opts *opts, struct decode_ledger **ret)
{
    struct patience p = patience_of(opts);
    for (;;) {
        bool disk = false;
        err e = try_base(opts, &p, ret, &disk);
        if (!err_failed(e) || disk)
            return e;
        *ret = decode_ledger_free(*ret);
        TRY(be_patient(&p, e));
    }
}
