/* SPDX-License-Identifier: Apache-2.0 */
/* nft_history: the transactions that touched a token (rpc-b A.5). */
#include "rpc/method.h"
#include "rpc/nft_state.h"
#include "rpc/tx_span.h"

struct args {
    struct param_hash256 token;
    struct tx_span_args span;
    bool binary, forward;
    struct param_u32 limit;
};

static const struct param marker[] = TX_SPAN_MARKER_MEMBERS(struct args, span);

static const struct param params[] = {
    PARAM_HASH256("nft_id", struct args, token, .required = true, .doc = "The token's id"),
    TX_SPAN_RANGE(struct args, span),
    PARAM_BOOL("binary", struct args, binary, .doc = "Return the bytes in hex"),
    PARAM_BOOL("forward", struct args, forward, .doc = "Oldest first"),
    PARAM_LIMIT("limit", struct args, limit, 1, 50, 100, .doc = "Transactions to look at"),
    TX_SPAN_MARKER(struct args, span, marker),
    PARAM_END,
};

static err put_tx(struct call *c, void *arg, const struct store_tx *tx)
{
    return tx_rows_put(c, arg, tx);
}

/* An empty list is the history of a token that nobody touched since the first ledger held; of one
 * that never was there is none. */
static err check_exists(struct call *c, const struct hash256 *token)
{
    struct nft_state state;
    err e = nft_state_get(c, token, UINT32_MAX, &state);
    return e.code == ERR_NOT_FOUND ? rpc_error(c, RPC_OBJECT_NOT_FOUND, "NFT not found") : e;
}

static void put_tail(struct call *c, const struct args *args, const struct tx_rows *rows)
{
    jw_kv_bool(c->w, "validated", true);
    if (args->limit.set)
        jw_kv_u64(c->w, "limit", args->limit.v);
    tx_span_put_history_marker(c, rows);
}

static err run(struct call *c)
{
    const struct args *args = c->args;
    struct tx_rows rows = {.index = STORE_INDEX_NFT_TX,
                           .prefix = hash256_slice(&args->token.v),
                           .forward = args->forward,
                           .left = args->limit.v};
    struct tx_rows_show show = {.binary = args->binary, .binary_date = true};
    rows.show = &show;
    TRY(tx_span_select(c, &args->span, TX_SPAN_STRICT, &rows));
    tx_span_begin_history(&args->span, &rows);
    call_put_hash(c, "nft_id", &args->token.v);
    jw_kv_u64(c->w, "ledger_index_min", rows.low);
    jw_kv_u64(c->w, "ledger_index_max", rows.high);
    jw_key(c->w, "transactions");
    jw_arr_begin(c->w);
    TRY(tx_rows_each(c, &rows, put_tx, &show));
    jw_arr_end(c->w);
    if (rows.n_out == 0)
        TRY(check_exists(c, &args->token.v));
    put_tail(c, args, &rows);
    return OK;
}

const struct method nft_history_method = {
    .name = "nft_history",
    .flags = METHOD_CLIO_ONLY,
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The transactions that touched a token.",
};
