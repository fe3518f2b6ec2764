/* SPDX-License-Identifier: Apache-2.0 */
/* book_changes: what was traded through offers in a ledger (rpc-a 13). */
#include "rpc/hashed_txs.h"
#include "rpc/method.h"
#include "xrpl/book_changes.h"

static const struct param params[] = {
    PARAM_LEDGER,
    PARAM_END,
};

static err run(struct call *c)
{
    struct hashed_tx *txs;
    size_t n = 0;
    TRY(call_open_ledger(c));
    TRY(hashed_txs_read(c, &txs, &n));
    struct book_changes *changes = book_changes_new(c->arena);
    for (size_t i = 0; i < n; i++) {
        TRY(book_changes_add(changes, txs[i].tx->tx, txs[i].tx->meta));
        TRY(call_breathe(c));
    }
    jw_kv_lit(c->w, "type", "bookChanges");
    call_put_ledger(c);
    jw_kv_u64(c->w, "ledger_time", view_header(c->view)->close_time);
    jw_key(c->w, "changes");
    book_changes_put(changes, c->w);
    return OK;
}

const struct method book_changes_method = {
    .name = "book_changes",
    .params = params,
    .run = run,
    .doc = "What was traded through offers in a ledger, by pair of assets.",
};
