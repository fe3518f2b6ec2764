/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/worker.h"

#include "base/mem.h"
#include "etl/ledger_spool.h"
#include "etl/page_spool.h"
#include "rippled/fetch.h"
#include "rippled/sources.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "rt/offload.h"

#define BUSY_NS (10 * CLOCK_MS)

YIELDS ERR worker_run(err (*fn)(void *arg), void *arg)
{
    for (;;) { /* a full pool is no reason to begin again: wait for room */
        err e = offload_run(fn, arg);
        if (e.code != ERR_BUSY)
            return e;
        TRY(fiber_sleep_until(clock_now_ns() + BUSY_NS));
    }
}

struct job {
    struct fetch_reply *reply; /* NULL once it was taken */
    bool with_objects;
    struct decode_ledger *ledger;
    struct decode_page *page;
    const char *what;
    uint64_t source_id;
    bool disk;

    struct page_spool *pages;
    uint32_t range;
    const struct page_span *keys;

    struct ledger_spool *ledgers;
    const struct worker_keep *keep;
    const struct sources *sources;
    uint32_t seq;
};

/* Cancelled before it ran, the reply is still here. */
static YIELDS err run(err (*fn)(void *arg), struct job *j)
{
    err e = worker_run(fn, j);
    j->reply = fetch_reply_free(j->reply);
    return e;
}

/* One that gives a ledger. */
static YIELDS err run_ledger(err (*fn)(void *arg), struct job *j, struct decode_ledger **ret,
                             const char **ret_what)
{
    err e = run(fn, j);
    *ret_what = j->what;
    if (err_failed(e))
        decode_ledger_free(j->ledger); /* cancelled while it ran */
    else
        *ret = j->ledger;
    return e;
}

/* --- from a source --- */

static err do_ledger(void *arg)
{
    struct job *j = arg;
    return decode_ledger(TAKE_PTR(j->reply), j->with_objects, &j->ledger, &j->what);
}

YIELDS ERR worker_decode_ledger(struct fetch_reply *reply, bool with_objects,
                                struct decode_ledger **ret, const char **ret_what)
{
    struct job j = {.reply = reply, .with_objects = with_objects, .what = ""};
    return run_ledger(do_ledger, &j, ret, ret_what);
}

/* The bytes stay where they are while what was decoded from them lives. */
static err do_keep_page(void *arg)
{
    struct job *j = arg;
    struct slice bytes = buf_slice(&j->reply->bytes);
    struct page page = {.keys = *j->keys, .seq = j->reply->seq, .source = j->source_id};
    TRY(decode_page(TAKE_PTR(j->reply), page.keys.has_after ? &page.keys.after : NULL,
                    &page.keys.upto, &j->page));
    if (!j->page->is_end)
        page.keys.upto = j->page->last;
    page.n_objects = (uint32_t)j->page->n_objects;
    j->disk = true;
    return page_spool_put(j->pages, j->range, &page, bytes);
}

YIELDS ERR worker_keep_page(struct fetch_reply *reply, uint64_t source_id,
                            const struct page_span *keys, struct page_spool *spool, uint32_t range,
                            struct decode_page **ret, bool *ret_disk)
{
    struct job j = {
        .reply = reply, .source_id = source_id, .keys = keys, .pages = spool, .range = range};
    err e = run(do_keep_page, &j);
    *ret_disk = j.disk && err_failed(e);
    if (err_failed(e))
        decode_page_free(j.page);
    else
        *ret = j.page;
    return e;
}

static err do_keep_ledger(void *arg)
{
    struct job *j = arg;
    struct slice bytes = buf_slice(&j->reply->bytes);
    const struct worker_keep *keep = j->keep;
    TRY(decode_ledger(TAKE_PTR(j->reply), keep->with_objects, &j->ledger, &j->what));
    const struct ledger_header *h = &j->ledger->ledger.header;
    j->what = "parent";
    if (keep->parent && !hash256_eq(keep->parent, &h->parent_hash))
        return FAIL(ERR_VERIFY, "ledger %u does not continue the one before it", h->seq);
    j->disk = true;
    return keep->spool ? ledger_spool_put(keep->spool, h->seq, keep->source_id, bytes) : OK;
}

YIELDS ERR worker_keep_ledger(struct fetch_reply *reply, const struct worker_keep *keep,
                              struct decode_ledger **ret, const char **ret_what, bool *ret_disk)
{
    struct job j = {.reply = reply, .keep = keep, .what = ""};
    err e = run_ledger(do_keep_ledger, &j, ret, ret_what);
    *ret_disk = j.disk && err_failed(e);
    return e;
}

/* --- from the disk --- */

static err do_kept_ledger(void *arg)
{
    struct job *j = arg;
    CLEANUP(buf_deinit) struct buf bytes = {0};
    uint32_t source = 0;
    TRY(ledger_spool_read(j->ledgers, j->seq, &j->source_id, &bytes));
    while (source < sources_count(j->sources) &&
           page_spool_source(sources_name(j->sources, source)) != j->source_id)
        source++;
    if (source == sources_count(j->sources))
        return FAIL(ERR_NOT_FOUND, "load: ledger %u is of a source that is no more", j->seq);
    TRY(fetch_reply_of_ledger(&bytes, source, j->seq, &j->reply));
    return decode_ledger(TAKE_PTR(j->reply), j->with_objects, &j->ledger, &j->what);
}

YIELDS ERR worker_kept_ledger(const struct sources *s, struct ledger_spool *spool, uint32_t seq,
                              bool with_objects, struct decode_ledger **ret, const char **ret_what)
{
    struct job j = {
        .sources = s, .ledgers = spool, .seq = seq, .with_objects = with_objects, .what = ""};
    return run_ledger(do_kept_ledger, &j, ret, ret_what);
}
