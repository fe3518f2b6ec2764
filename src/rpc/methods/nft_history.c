/* SPDX-License-Identifier: Apache-2.0 */
/* nft_history: the transactions that touched a token (rpc-b A.5). */
#include "rpc/method.h"
#include "rpc/tx_rows.h"

struct args {
    struct param_hash256 token;
    struct param_i32 min, max;
    bool binary, forward;
    struct param_u32 limit;
    const struct json *marker;
    struct param_u32 marker_ledger, marker_seq;
};

static const struct param marker[] = {
    PARAM_U32("ledger", struct args, marker_ledger, .required = true),
    PARAM_U32("seq", struct args, marker_seq, .required = true),
    PARAM_END,
};

static const struct param params[] = {
    PARAM_HASH256("nft_id", struct args, token, .required = true, .doc = "The token's id"),
    PARAM_LEDGER,
    PARAM_I32("ledger_index_min", struct args, min,
              .doc = "Oldest ledger to look at; -1 = the oldest held"),
    PARAM_I32("ledger_index_max", struct args, max,
              .doc = "Newest ledger to look at; -1 = the newest"),
    PARAM_BOOL("binary", struct args, binary, .doc = "Return the bytes in hex"),
    PARAM_BOOL("forward", struct args, forward, .doc = "Oldest first"),
    PARAM_LIMIT("limit", struct args, limit, 1, 50, 100, .doc = "Transactions to look at"),
    PARAM_ANY("marker", struct args, marker),
    PARAM_OBJECT("marker", marker, .wrong_type = {RPC_INVALID_PARAMS, "invalidMarker"},
                 .doc = "Where the page before this one ended"),
    PARAM_END,
};

static bool is_given(const struct param_i32 *p)
{
    return p->set && p->v != -1;
}

/* Negative numbers become huge, as in the reference. */
static err narrow(struct call *c, const struct args *args, struct tx_rows *rows)
{
    uint32_t first = rows->low, last = rows->high;
    uint32_t min = (uint32_t)args->min.v, max = (uint32_t)args->max.v;
    if (is_given(&args->min)) {
        if (min < first || min > last)
            return rpc_error(c, RPC_LGR_IDX_MALFORMED, "ledgerSeqMinOutOfRange");
        rows->low = min;
    }
    if (is_given(&args->max)) {
        if (max < first || max > last)
            return rpc_error(c, RPC_LGR_IDX_MALFORMED, "ledgerSeqMaxOutOfRange");
        rows->high = max;
    }
    if (rows->low > rows->high)
        return rpc_error(c, RPC_LGR_IDXS_INVALID, NULL);
    return OK;
}

static err select_ledgers(struct call *c, const struct args *args, struct tx_rows *rows)
{
    if (!ledgers_range(c->ledgers, &rows->low, &rows->high))
        return rpc_error(c, RPC_NOT_READY, NULL);
    TRY(narrow(c, args, rows));
    if (!c->ledger.hash_given && !c->ledger.index_is_seq)
        return OK;
    if (is_given(&args->min) || is_given(&args->max))
        return rpc_error(c, RPC_INVALID_PARAMS, "containsLedgerSpecifierAndRange");
    TRY(call_open_ledger(c));
    rows->low = rows->high = view_seq(c->view);
    return OK;
}

/* A marker names the row read last when backward, the one behind it when forward. */
static void start_at(const struct args *args, struct tx_rows *rows)
{
    struct store_tx_pos marked = {args->marker_ledger.v, args->marker_seq.v};
    tx_rows_start(rows, args->marker ? &marked : NULL);
    rows->inclusive = rows->forward;
}

static err put_tx(struct call *c, void *arg, const struct store_tx *tx)
{
    return tx_rows_put(c, arg, tx);
}

static void put_tail(struct call *c, const struct args *args, const struct tx_rows *rows)
{
    jw_kv_bool(c->w, "validated", true);
    if (args->limit.set)
        jw_kv_u64(c->w, "limit", args->limit.v);
    if (rows->more)
        tx_rows_put_marker(c, (struct store_tx_pos){rows->from.ledger_seq,
                                                    rows->from.index + (rows->forward ? 1 : 0)});
}

static err run(struct call *c)
{
    const struct args *args = c->args;
    struct tx_rows rows = {.index = STORE_INDEX_NFT_TX,
                           .prefix = hash256_slice(&args->token.v),
                           .forward = args->forward,
                           .left = args->limit.v};
    struct tx_rows_show show = {.binary = args->binary, .binary_date = true};
    TRY(select_ledgers(c, args, &rows));
    start_at(args, &rows);
    call_put_hash(c, "nft_id", &args->token.v);
    jw_kv_u64(c->w, "ledger_index_min", rows.low);
    jw_kv_u64(c->w, "ledger_index_max", rows.high);
    jw_key(c->w, "transactions");
    jw_arr_begin(c->w);
    TRY(tx_rows_each(c, &rows, put_tx, &show));
    jw_arr_end(c->w);
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
