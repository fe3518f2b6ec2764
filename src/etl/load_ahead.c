/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/load_ahead.h"

#include "base/log.h"
#include "base/mem.h"
#include "etl/ledger_spool.h"
#include "etl/page_spool.h"
#include "etl/worker.h"
#include "rippled/choice.h"
#include "rippled/fetch.h"
#include "rt/clock.h"
#include "rt/fiber.h"

#define RETRY_FIRST_NS (1 * CLOCK_S)
#define RETRY_MAX_NS (30 * CLOCK_S)

struct ahead {
    const struct load_ahead_opts *opts;
    uint32_t next;
    struct hash256 parent; /* of the next one, */
    bool has_parent;       /* if it is known */
    fetch_mask wrong;      /* had the next one wrong in this round */
    uint32_t n_failed;
};

static YIELDS err await_holder(struct ahead *a)
{
    struct sources *all = a->opts->sources;
    uint64_t version = 0;
    while (!fetch_holders(all, a->next))
        TRY(sources_wait_change(all, &version, CLOCK_NEVER));
    return OK;
}

static YIELDS err keep_next(struct ahead *a, bool *ret_disk)
{
    struct sources *all = a->opts->sources;
    struct fetch_reply *reply = NULL;
    const char *what = "";
    TRY(fetch_ledger(all, a->next, true, a->wrong, &reply));
    uint32_t source = reply->source;
    CLEANUP(decode_ledger_freep) struct decode_ledger *d = NULL;
    struct worker_keep keep = {.spool = a->opts->closed,
                               .source_id = page_spool_source(sources_name(all, source)),
                               .parent = a->has_parent ? &a->parent : NULL,
                               .with_objects = true};
    err e = worker_keep_ledger(reply, &keep, &d, &what, ret_disk);
    if (!err_failed(e))
        a->parent = d->ledger.header.hash;
    if (!*ret_disk && (e.code == ERR_VERIFY || e.code == ERR_PARSE)) {
        LOG_ERROR("etl: ledger %u of source %s: %s: refused", a->next, sources_name(all, source),
                  err_text());
        sources_blame(all, source, what);
        a->wrong |= FETCH_MASK(source);
    }
    return e;
}

static YIELDS err pause_after(struct ahead *a, err e)
{
    static struct log_limit limit = LOG_LIMIT_INIT(2);
    uint64_t dropped;
    if (e.code == ERR_CANCELLED)
        return e;
    if (a->wrong && (fetch_holders(a->opts->sources, a->next) & ~a->wrong))
        return OK; /* another source may have it right */
    a->wrong = 0;
    if (e.code != ERR_NOT_FOUND && log_limit_take(&limit, &dropped))
        LOG_WARN("etl: ledger %u, closed during the load: %s: %s, trying again", a->next,
                 err_name(e), err_text());
    return fiber_sleep_until(clock_now_ns() +
                             choice_backoff_jitter(++a->n_failed, RETRY_FIRST_NS, RETRY_MAX_NS));
}

static void went_on(struct ahead *a)
{
    a->next++;
    a->has_parent = true;
    a->n_failed = 0;
    a->wrong = 0;
}

/* Behind those that are there. */
static void find_begin(struct ahead *a)
{
    uint32_t first, last;
    a->next = a->opts->seq + 1;
    a->parent = a->opts->hash;
    a->has_parent = true;
    if (ledger_spool_span(a->opts->closed, &first, &last) && first <= a->next && last >= a->next) {
        a->next = last + 1;
        a->has_parent = false;
    }
}

YIELDS ERR load_ahead_run(const struct load_ahead_opts *opts)
{
    struct ahead a = {.opts = opts};
    find_begin(&a);
    while (ledger_spool_bytes(opts->closed) < opts->max_bytes) {
        bool disk = false;
        TRY(await_holder(&a));
        err e = keep_next(&a, &disk);
        if (!err_failed(e))
            went_on(&a);
        else if (disk)
            return e;
        else
            TRY(pause_after(&a, e));
    }
    LOG_WARN("etl: ledgers up to %u have closed during the load and wait in %llu MiB: those after "
             "them are fetched when it is complete, if a source still has them then",
             a.next - 1, (unsigned long long)(opts->max_bytes >> 20));
    return OK;
}
