/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/index_page.h"

/* Rows of a step behind the first. */
#define STEP_ROWS 128u
/* Rows that one page looks at in all. */
#define MAX_LOOKED_AT 10000u

static bool begins_with(struct slice text, struct slice with)
{
    return text.n >= with.n && (with.n == 0 || memcmp(text.p, with.p, with.n) == 0);
}

err index_page_read(struct call *c, const struct index_page_of *of, struct index_page *ret)
{
    bool marked = of->after != NULL;
    struct store_scan scan = {.index = of->index,
                              .prefix = of->prefix,
                              .from = marked ? slice_of(of->after, of->suffix_bytes) : of->begin,
                              .inclusive = true, /* the marker's own row, too: is it there? */
                              .limit = of->limit + 1 + marked};
    struct store_rows found;
    size_t kept = 0;
    TRY(store_scan(ledgers_store(c->ledgers), &scan, c->arena, &found));
    struct store_entry *rows = found.rows;
    for (; kept < found.n && begins_with(rows[kept].suffix, of->begin); kept++)
        if (rows[kept].suffix.n != of->suffix_bytes)
            return FAIL(ERR_CORRUPT, "rpc: a row of index %d has %zu bytes", (int)of->index,
                        rows[kept].suffix.n);
    if (marked && (kept == 0 || !slice_eq(rows[0].suffix, scan.from)))
        return rpc_error(c, RPC_INVALID_PARAMS, "Invalid marker.");
    rows += marked;
    kept -= marked;
    *ret = (struct index_page){rows, kept, kept > of->limit};
    if (ret->more)
        ret->n = of->limit;
    return OK;
}

static err put_shown(struct call *c, const struct index_page_list *list,
                     const struct index_page *page, uint32_t *left, struct index_page_end *ret)
{
    bool *shown = arena_array(c->arena, bool, page->n + 1);
    if (page->n > 0)
        TRY(list->look(c, list->arg, page->rows, page->n, shown));
    for (size_t i = 0; i < page->n; i++) {
        if (!shown[i])
            continue;
        ret->more = *left == 0;
        if (ret->more)
            return OK;
        TRY(list->put(c, list->arg, i));
        memcpy(ret->last, page->rows[i].suffix.p, page->rows[i].suffix.n);
        --*left;
    }
    return OK;
}

err index_page_put(struct call *c, const struct index_page_of *of,
                   const struct index_page_list *list, struct index_page_end *ret)
{
    struct index_page_of rest = *of;
    uint8_t after[INDEX_PAGE_MAX_SUFFIX];
    uint32_t left = of->limit;
    *ret = (struct index_page_end){.more = false};
    rest.limit = of->limit + 1; /* is one shown behind the page? */
    for (size_t n_looked_at = 0;;) {
        struct arena_pos pos = arena_mark(c->arena);
        struct index_page page;
        TRY(index_page_read(c, &rest, &page));
        TRY(put_shown(c, list, &page, &left, ret));
        if (ret->more || !page.more)
            return OK;
        memcpy(after, page.rows[page.n - 1].suffix.p, of->suffix_bytes);
        n_looked_at += page.n;
        arena_rewind(c->arena, pos);
        TRY(call_breathe(c));
        if (n_looked_at >= MAX_LOOKED_AT)
            break;
        rest.after = after;
        rest.limit = STEP_ROWS;
    }
    ret->more = true;
    if (left > 0)
        memcpy(ret->last, after, of->suffix_bytes);
    return OK;
}
