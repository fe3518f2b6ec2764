/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/index_page.h"

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
