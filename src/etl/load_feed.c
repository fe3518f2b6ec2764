/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/load_feed.h"

#include "base/mem.h"
#include "etl/decode.h"
#include "etl/load_changes.h"
#include "etl/rows.h"
#include "rippled/fetch.h"

struct feed {
    const struct load_feed_opts *opts;
    struct load_changes *changes; /* NULL: no page is of an older ledger */
};

ERR load_feed_read(struct page_spool *s, uint32_t range, const struct page *page,
                   struct decode_page **ret)
{
    CLEANUP(buf_deinit) struct buf bytes = {0};
    struct fetch_reply *reply = NULL;
    TRY(page_spool_read(s, range, page, &bytes));
    TRY(fetch_reply_of_page(&bytes, 0, page->seq, &reply));
    return decode_page(reply, page->keys.has_after ? &page->keys.after : NULL, &page->keys.upto,
                       ret);
}

/* The page's objects in the newest ledger, with their index rows. */
static err bring_forward(struct feed *f, const struct page *page, const struct decode_page *d,
                         struct arena *a, struct store_object **ret, size_t *ret_n,
                         struct rows *ret_rows)
{
    TRY(load_changes_merge(f->changes, page->seq, page->keys.has_after ? &page->keys.after : NULL,
                           &page->keys.upto, d->objects, d->n_objects, a, ret, ret_n));
    for (size_t i = 0; i < *ret_n; i++)
        rows_add_object(ret_rows, &(*ret)[i]);
    return OK;
}

static err feed_page(struct feed *f, uint32_t range, const struct page *page)
{
    CLEANUP(decode_page_freep) struct decode_page *d = NULL;
    struct ledgers *l = f->opts->ledgers;
    TRY(load_feed_read(f->opts->pages, range, page, &d));
    if (page->seq == f->opts->filter.newest)
        return apply_load_add(l, 0, d->objects, d->n_objects, d->rows, d->n_rows);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_object *objects = NULL;
    size_t n = 0;
    struct rows rows = {.a = a};
    TRY(bring_forward(f, page, d, a, &objects, &n, &rows));
    return apply_load_add(l, 0, objects, n, rows.v, rows.n);
}

static err feed_range(struct feed *f, uint32_t range)
{
    struct page_span left = page_spool_range(range);
    struct page page;
    do {
        if (!page_spool_find(f->opts->pages, range, &f->opts->filter, &left, &page))
            return FAIL(ERR_CORRUPT, "load: the spool lacks keys that begin with %02x", range);
        TRY(feed_page(f, range, &page));
    } while (page_spool_advance(&left, &page));
    return OK;
}

static err feed_all(struct feed *f, const struct apply_ledger *ledger)
{
    struct ledgers *l = f->opts->ledgers;
    TRY(apply_load_begin(l, &ledger->header, 1));
    err e = OK;
    for (uint32_t i = 0; i < PAGE_SPOOL_RANGES && !err_failed(e); i++)
        e = feed_range(f, i);
    if (!err_failed(e))
        return apply_load_commit(l, ledger);
    apply_load_abort(l);
    return e;
}

ERR load_feed(const struct load_feed_opts *opts, const struct apply_ledger *ledger)
{
    CLEANUP(load_changes_freep) struct load_changes *changes = NULL;
    uint32_t oldest = page_spool_oldest(opts->pages, &opts->filter);
    if (oldest < opts->filter.newest)
        TRY(load_changes_read(opts->closed, oldest, opts->filter.newest, &changes));
    struct feed f = {opts, changes};
    return feed_all(&f, ledger);
}
