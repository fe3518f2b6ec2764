/* SPDX-License-Identifier: Apache-2.0 */
/* tx_history: the newest transactions of all, as rippled answers it; API 1 only. */
#include "base/mem.h"
#include "rpc/method.h"
#include "rpc/tx_json.h"
#include "xrpl/digest.h"

/* Transactions a reply has. */
#define PAGE 20
/* Offset beyond which only admins may ask: all between it and the newest must be read. */
#define MAX_START 10000

struct args {
    struct param_u32 start;
};

static const struct param params[] = {
    PARAM_U32("start", struct args, start, .until = 1, .required = true,
              .missing = {RPC_INVALID_PARAMS, NULL},
              .doc = "How many of the newest transactions to leave out"),
    PARAM_END,
};

static err put_tx(struct call *c, const struct store_tx *tx)
{
    struct hash256 hash = store_tx_hash(tx);
    struct txmeta_show show = {.api_version = c->api_version, .ledger_seq = tx->pos.ledger_seq};
    struct tx_json_extra inside = {.hash = true, .ledger_index = true, .in_ledger = true};
    return tx_json_put_tx(c->w, tx, &hash, &show, &inside);
}

/* Newest first: a ledger's last transaction before its first. */
static err put_txs(struct call *c, uint32_t first, uint32_t last, uint32_t skip)
{
    struct store_txs_query newest = {
        .first = first, .last = last, .backward = true, .skip = skip, .limit = PAGE};
    struct store_tx *txs;
    size_t n;
    TRY(store_ledger_txs(ledgers_store(c->ledgers), &newest, c->arena, &txs, &n));
    for (size_t i = 0; i < n; i++)
        TRY(put_tx(c, &txs[i]));
    return OK;
}

static err run(struct call *c)
{
    const struct args *args = c->args;
    uint32_t first, last;
    if (c->api_version > 1)
        return rpc_error(c, RPC_UNKNOWN_CMD, NULL);
    if (args->start.v > MAX_START && !c->is_admin)
        return rpc_error(c, RPC_NO_PERMISSION, NULL);
    if (!ledgers_range(c->ledgers, &first, &last))
        return rpc_error(c, RPC_NOT_READY, NULL);
    jw_kv_u64(c->w, "index", args->start.v);
    jw_kv_bool(c->w, "validated", true);
    jw_key(c->w, "txs");
    jw_arr_begin(c->w);
    TRY(put_txs(c, first, last, args->start.v));
    jw_arr_end(c->w);
    return OK;
}

const struct method tx_history_method = {
    .name = "tx_history",
    .flags = METHOD_LOCAL,
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The newest transactions of all, 20 at a time; API 1 only.",
};
