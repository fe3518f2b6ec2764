/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/hashed_txs.h"

#include "xrpl/digest.h"

#include <stdlib.h>

static int by_hash(const void *a, const void *b)
{
    return hash256_cmp(&((const struct hashed_tx *)a)->hash, &((const struct hashed_tx *)b)->hash);
}

err hashed_txs_read(struct call *c, struct hashed_tx **ret, size_t *ret_n)
{
    struct store_txs_query all = {.first = view_seq(c->view), .last = view_seq(c->view)};
    struct store_tx *txs;
    size_t n;
    err e = store_ledger_txs(view_store(c->view), &all, c->arena, &txs, &n);
    if (e.code == ERR_NOT_FOUND)
        n = 0;
    else
        TRY(e);
    struct hashed_tx *hashed = arena_try(c->arena, (n + 1) * sizeof *hashed);
    if (!hashed)
        return FAIL(ERR_LIMIT, "rpc: a ledger of %zu transactions is too large", n);
    for (size_t i = 0; i < n; i++)
        hashed[i] = (struct hashed_tx){store_tx_hash(&txs[i]), &txs[i]};
    qsort(hashed, n, sizeof *hashed, by_hash);
    *ret = hashed;
    *ret_n = n;
    return OK;
}
