/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/initial.h"

#include "base/log.h"
#include "base/mem.h"
#include "etl/applier.h"
#include "etl/ledger_spool.h"
#include "etl/load_ahead.h"
#include "etl/load_blame.h"
#include "etl/load_feed.h"
#include "etl/page_spool.h"
#include "etl/worker.h"
#include "rippled/choice.h"
#include "rippled/fetch.h"
#include "rt/clock.h"
#include "rt/fiber.h"

#include <stdio.h>

#define RETRY_FIRST_NS (2 * CLOCK_S)
#define RETRY_MAX_NS (60 * CLOCK_S)
/* Sources connect one after the other; after so long with one of them a ledger that nobody holds is
 * gone. */
#define GONE_NS (3 * CLOCK_S)

struct initial {
    const struct initial_opts *opts;
    struct load_progress *progress;
    struct ledger_header header; /* of the ledger that is being loaded */
    int32_t only;                /* this source alone; -1 = all */
    fetch_mask lied;             /* pages of theirs were proven wrong */
    fetch_mask gave;             /* in the newest attempt */
    bool learned;                /* the next attempt asks others */
    uint32_t n_failed;
    struct decode_ledger *base; /* header and transactions */
};

/* --- the spool, on the pool --- */

struct step {
    struct page_spool *pages;
    struct ledger_spool *closed;
    const struct ledger_header *header;
    uint64_t source;
    uint32_t seq;
};

static err do_begin(void *arg)
{
    struct step *s = arg;
    return page_spool_begin(s->pages, s->header);
}

static err do_move(void *arg)
{
    struct step *s = arg;
    return page_spool_move(s->pages, s->header);
}

static err do_refuse(void *arg)
{
    struct step *s = arg;
    return page_spool_refuse(s->pages, s->source);
}

static err do_end(void *arg)
{
    struct step *s = arg;
    page_spool_end(s->pages);
    ledger_spool_trim(s->closed, s->seq);
    return OK;
}

static err do_clear(void *arg)
{
    struct step *s = arg;
    page_spool_end(s->pages);
    ledger_spool_cut(s->closed, 0);
    return OK;
}

static YIELDS err on_pool(struct initial *in, err (*fn)(void *arg), uint64_t source)
{
    struct step s = {in->opts->pages, in->opts->closed, &in->header, source, in->header.seq + 1};
    return worker_run(fn, &s);
}

/* --- which pages count --- */

static uint64_t source_id(const struct initial *in, uint32_t source)
{
    return page_spool_source(sources_name(in->opts->sources, source));
}

/* Pages of older ledgers count as far back as what changed since is there. */
static struct page_filter filter_of(const struct initial *in)
{
    struct page_filter f = {.oldest = in->header.seq, .newest = in->header.seq};
    uint32_t first, last;
    if (in->only >= 0) {
        f.source = source_id(in, (uint32_t)in->only);
        return f;
    }
    if (ledger_spool_span(in->opts->closed, &first, &last) && first <= f.newest && f.newest <= last)
        f.oldest = first - 1;
    return f;
}

static bool is_complete(const struct initial *in)
{
    struct page_filter f = filter_of(in);
    struct page_span gap;
    for (uint32_t i = 0; i < PAGE_SPOOL_RANGES; i++)
        if (page_spool_gap(in->opts->pages, i, &f, &gap))
            return false;
    return true;
}

static void count_page(void *arg, uint32_t range, const struct page *page)
{
    unsigned long long *n_objects = arg;
    (void)range;
    *n_objects += page->n_objects;
}

static unsigned long long n_kept(const struct initial *in)
{
    struct page_filter f = filter_of(in);
    unsigned long long n_objects = 0;
    page_spool_each(in->opts->pages, &f, count_page, &n_objects);
    return n_objects;
}

/* --- which ledger --- */

static struct load_opts load_opts_of(const struct initial *in)
{
    fetch_mask avoid = in->only < 0 ? in->lied : ~FETCH_MASK((uint32_t)in->only);
    return (struct load_opts){.sources = in->opts->sources,
                              .pages = in->opts->pages,
                              .filter = filter_of(in),
                              .n_fetchers = in->opts->n_fetchers,
                              .min_agreeing = in->opts->min_agreeing,
                              .avoid = avoid};
}

static YIELDS err fetch_base(struct initial *in, uint32_t seq, bool keep)
{
    struct load_opts opts = load_opts_of(in);
    opts.filter.newest = seq;
    opts.closed = keep ? in->opts->closed : NULL;
    in->base = decode_ledger_free(in->base);
    return load_base(&opts, &in->base);
}

static YIELDS err choose_newest(struct initial *in, uint32_t *ret)
{
    struct sources *all = in->opts->sources;
    uint64_t version = 0;
    for (;;) {
        uint32_t wanted = in->opts->start_sequence;
        wanted = wanted ? wanted : sources_newest(all);
        if (wanted && fetch_holders(all, wanted)) {
            *ret = wanted;
            return OK;
        }
        TRY(sources_wait_change(all, &version, CLOCK_NEVER));
    }
}

static YIELDS err begin_newest(struct initial *in)
{
    uint32_t seq;
    TRY(choose_newest(in, &seq));
    in->header = (struct ledger_header){.seq = seq};
    LOG_INFO("etl: the store is empty: loading ledger %u", seq);
    TRY(on_pool(in, do_clear, 0));
    TRY(fetch_base(in, seq, true));
    in->header = in->base->ledger.header;
    return on_pool(in, do_begin, 0);
}

/* Header and transactions of the ledger that was begun: from the spool, or a source. */
static YIELDS err take_up_base(struct initial *in)
{
    const char *what;
    const struct ledger_header *h = &in->header;
    if (in->base && hash256_eq(&in->base->ledger.header.hash, &h->hash) && in->only < 0)
        return OK;
    in->base = decode_ledger_free(in->base);
    err e = in->only >= 0 ? (err){ERR_NOT_FOUND}
                          : worker_kept_ledger(in->opts->sources, in->opts->closed, h->seq, false,
                                               &in->base, &what);
    if (!err_failed(e) && !hash256_eq(&in->base->ledger.header.hash, &h->hash))
        in->base = decode_ledger_free(in->base);
    if (!in->base)
        TRY(fetch_base(in, h->seq, false));
    if (hash256_eq(&in->base->ledger.header.hash, &h->hash))
        return OK;
    LOG_WARN("etl: load of ledger %u: source %s has another ledger of this number: going on with "
             "that one",
             h->seq, sources_name(in->opts->sources, in->base->source));
    in->header = in->base->ledger.header;
    return on_pool(in, do_move, 0);
}

/* The newest ledger that is kept, and that a source holds. */
static YIELDS err find_newer(struct initial *in)
{
    uint32_t first, last;
    const char *what;
    in->base = decode_ledger_free(in->base);
    if (!ledger_spool_span(in->opts->closed, &first, &last) || first > in->header.seq + 1)
        return (err){ERR_NOT_FOUND};
    for (; last > in->header.seq; last--) {
        if (!(fetch_holders(in->opts->sources, last) & ~in->lied))
            continue;
        return worker_kept_ledger(in->opts->sources, in->opts->closed, last, false, &in->base,
                                  &what);
    }
    return (err){ERR_NOT_FOUND};
}

/* No source has the ledger any more. What was fetched is brought forward to a newer one, by what
 * closed meanwhile; if that is not there, the load begins again. */
static YIELDS err move_on(struct initial *in)
{
    uint32_t before = in->header.seq;
    in->only = -1;
    err e = find_newer(in);
    if (e.code == ERR_CANCELLED)
        return e;
    if (!in->base) {
        LOG_WARN(
            "etl: load of ledger %u: no source has it any more, nor a newer one that continues "
            "it: beginning again with the newest",
            before);
        return begin_newest(in);
    }
    in->header = in->base->ledger.header;
    LOG_WARN("etl: load of ledger %u: no source has it any more: going on with ledger %u, %llu "
             "objects are brought forward",
             before, in->header.seq, n_kept(in));
    return on_pool(in, do_move, 0);
}

/* An unfinished load: does anybody still have its ledger? */
static YIELDS err await_holders(struct initial *in, bool *ret)
{
    struct sources *all = in->opts->sources;
    uint64_t version = 0;
    int64_t deadline = CLOCK_NEVER;
    for (;;) {
        *ret = is_complete(in) || fetch_holders(all, in->header.seq);
        if (*ret)
            return OK;
        if (sources_newest(all) && deadline == CLOCK_NEVER)
            deadline = clock_now_ns() + GONE_NS;
        err e = sources_wait_change(all, &version, deadline);
        if (e.code == ERR_TIMEOUT)
            return OK;
        TRY(e);
    }
}

static YIELDS err take_up(struct initial *in)
{
    bool held;
    TRY(await_holders(in, &held));
    if (held)
        return OK;
    if (in->opts->start_sequence != in->header.seq)
        return move_on(in);
    return FAIL(ERR_NOT_FOUND, "no source holds it, and start_sequence wants no other");
}

/* What was proven before a restart holds. */
static void remember_liars(struct initial *in)
{
    struct sources *all = in->opts->sources;
    for (uint32_t i = 0; i < sources_count(all); i++)
        if (page_spool_is_refused(in->opts->pages, source_id(in, i)))
            in->lied |= FETCH_MASK(i);
    if (!(fetch_holders(all, in->header.seq) & ~in->lied))
        in->lied = 0; /* there is nobody better */
}

static YIELDS err pin(struct initial *in)
{
    uint32_t wanted = in->opts->start_sequence;
    if (!page_spool_header(in->opts->pages, &in->header))
        return begin_newest(in);
    if (wanted && in->header.seq != wanted) {
        LOG_WARN("etl: the unfinished load is of ledger %u, start_sequence is %u: beginning again",
                 in->header.seq, wanted);
        return begin_newest(in);
    }
    TRY(take_up(in));
    remember_liars(in);
    return take_up_base(in);
}

/* --- an attempt --- */

struct feeding {
    struct fiber *fiber;
    bool done;
    enum applier_result result;
    char text[240];
    bool disk_full;
};

static void on_fed(struct applier_work *w)
{
    struct feeding *f = w->owner;
    f->result = w->result;
    f->disk_full = w->disk_full;
    memcpy(f->text, w->text, sizeof(w->text));
    f->done = true;
    fiber_wake(f->fiber);
    applier_work_free(w);
}

/* The work always comes home, so the wait needs no deadline and must not be cut short. */
static YIELDS err feed(struct initial *in)
{
    struct load_feed_opts opts = {.ledgers = in->opts->ledgers,
                                  .pages = in->opts->pages,
                                  .closed = in->opts->closed,
                                  .filter = filter_of(in)};
    struct feeding f = {.fiber = fiber_current()};
    struct applier_work *w = applier_work_new(APPLIER_LOAD, on_fed, &f);
    w->load = &opts;
    w->ledger = TAKE_PTR(in->base);
    applier_push(in->opts->applier, w);
    fiber_park_for_uncancellable(&f.done);
    switch (f.result) {
    case APPLIER_RESULT_DONE: return OK;
    case APPLIER_RESULT_WRONG: return FAIL(ERR_VERIFY, "%s", f.text);
    case APPLIER_RESULT_FAILED: return FAIL(f.disk_full ? ERR_FULL : ERR_IO, "%s", f.text);
    default: return FAIL(ERR_CANCELLED, "etl: the load was stopped");
    }
}

static YIELDS void run_ahead(void *arg)
{
    err e = load_ahead_run(arg);
    if (err_failed(e) && e.code != ERR_CANCELLED)
        LOG_WARN("etl: ledgers that close during the load are not kept: %s: %s", err_name(e),
                 err_text());
}

static YIELDS err fetch_state(struct initial *in, uint32_t *ret_liar)
{
    struct fiber_group group;
    struct load_ahead_opts ahead = {.sources = in->opts->sources,
                                    .closed = in->opts->closed,
                                    .seq = in->header.seq,
                                    .hash = in->header.hash,
                                    .max_bytes = in->opts->max_closed_bytes};
    struct load_opts opts = load_opts_of(in);
    fiber_group_init(&group);
    fiber_group_spawn(&group, "load ahead", run_ahead, &ahead);
    err e = load_fetch(&opts, in->progress, &in->gave, ret_liar);
    char text[240];
    snprintf(text, sizeof text, "%s", err_text());
    fiber_group_cancel(&group);
    return err_failed(e) ? FAIL(e.code, "%s", text) : OK;
}

/* --- who is to blame --- */

static YIELDS err note_lie(struct initial *in, uint32_t source)
{
    LOG_ERROR("etl: load of ledger %u: source %s gave a wrong state: what it gave is thrown away",
              in->header.seq, sources_name(in->opts->sources, source));
    sources_blame(in->opts->sources, source, "state");
    in->lied |= FETCH_MASK(source);
    in->learned = true;
    err e = on_pool(in, do_refuse, source_id(in, source));
    if (!(fetch_holders(in->opts->sources, in->header.seq) & ~in->lied)) {
        in->lied = 0; /* there is nobody better */
        in->learned = false;
        e = on_pool(in, do_clear, 0);
    }
    return e;
}

/* The root was wrong. */
static YIELDS err find_liar(struct initial *in)
{
    int32_t only = in->only, most;
    struct page_filter f = filter_of(in);
    uint32_t n_sources = load_blame_givers(in->opts->pages, in->opts->sources, &f, &most);
    LOG_ERROR("etl: load of ledger %u: %s: refused", in->header.seq, err_text());
    in->only = -1;
    if (only >= 0)
        return note_lie(in, (uint32_t)only);
    if (most < 0) /* of sources that are no more */
        return on_pool(in, do_clear, 0);
    bool of_one_ledger = page_spool_oldest(in->opts->pages, &f) == f.newest;
    if (n_sources == 1 && of_one_ledger)
        return note_lie(in, (uint32_t)most);
    in->only = most;
    in->learned = true;
    LOG_WARN("etl: load of ledger %u: several sources gave parts of it: taking all of it from %s",
             in->header.seq, sources_name(in->opts->sources, (uint32_t)most));
    return OK;
}

/* All of it is right, and from one source: who gave something else? */
static YIELDS void blame_others(struct initial *in, const struct page_filter *f)
{
    struct load_blame_opts opts = {.pages = in->opts->pages, .filter = *f};
    uint64_t liars[SOURCES_MAX];
    size_t n = 0;
    if (in->only < 0 || err_failed(load_blame_compare(&opts, liars, &n)))
        return;
    for (uint32_t i = 0; i < sources_count(in->opts->sources); i++)
        for (size_t k = 0; k < n; k++)
            if (liars[k] == source_id(in, i)) {
                LOG_ERROR("etl: load of ledger %u: source %s gave a wrong state", in->header.seq,
                          sources_name(in->opts->sources, i));
                sources_blame(in->opts->sources, i, "state");
            }
}

/* Nobody gave a ledger that was said to be there. */
static void disbelieve_holders(struct initial *in)
{
    fetch_mask holders = fetch_holders(in->opts->sources, in->header.seq);
    for (uint32_t i = 0; i < sources_count(in->opts->sources); i++)
        if (holders & FETCH_MASK(i) && !(in->gave & FETCH_MASK(i)))
            sources_disbelieve(in->opts->sources, i, 1);
}

static YIELDS err attempt(struct initial *in)
{
    uint32_t liar = 0;
    TRY(pin(in));
    unsigned long long n = n_kept(in);
    if (n)
        LOG_INFO("etl: load of ledger %u: %llu objects are there already", in->header.seq, n);
    TRY(in->opts->on_begin(in->opts->arg, in->header.seq));
    err e = fetch_state(in, &liar);
    if (e.code == ERR_VERIFY) {
        LOG_ERROR("etl: load of ledger %u: %s", in->header.seq, err_text());
        in->only = -1;
        TRY(note_lie(in, liar));
        return FAIL(ERR_BUSY, "a source lied");
    }
    TRY(e);
    struct page_filter f = filter_of(in);
    e = feed(in);
    if (e.code == ERR_VERIFY) {
        TRY(find_liar(in));
        return FAIL(ERR_BUSY, "the state is wrong");
    }
    if (!err_failed(e))
        blame_others(in, &f);
    return e;
}

/* What an attempt ended with, and a pause, if the next one would be the same; an error ends all of
 * them. */
static YIELDS err handle(struct initial *in, err e)
{
    if (e.code == ERR_CANCELLED)
        return e;
    in->base = decode_ledger_free(in->base);
    atomic_store(&in->progress->disk_full, e.code == ERR_FULL);
    if (in->learned) {
        in->learned = false;
        return OK;
    }
    LOG_ERROR("etl: load of ledger %u: %s: %s, trying again", in->header.seq, err_name(e),
              err_text());
    if (e.code == ERR_NOT_FOUND) {
        in->only = -1;
        if (!in->opts->start_sequence)
            disbelieve_holders(in);
    }
    return fiber_sleep_until(clock_now_ns() +
                             choice_backoff_jitter(++in->n_failed, RETRY_FIRST_NS, RETRY_MAX_NS));
}

YIELDS ERR initial_run(const struct initial_opts *opts, struct load_progress *progress,
                       uint32_t *ret_seq)
{
    struct initial in = {.opts = opts, .progress = progress, .only = -1};
    err e = OK, tried = attempt(&in);
    while (err_failed(tried) && !err_failed(e)) {
        e = handle(&in, tried);
        if (!err_failed(e))
            tried = attempt(&in);
    }
    decode_ledger_free(in.base);
    TRY(e);
    *ret_seq = in.header.seq;
    return on_pool(&in, do_end, 0);
}
