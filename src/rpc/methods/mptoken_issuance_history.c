/* SPDX-License-Identifier: Apache-2.0 */
/* mptoken_issuance_history: the transactions that concerned an MPT issuance, as nft_history has
 * those of a token. */
#include "rpc/method.h"
#include "rpc/mpt_issuance.h"
#include "rpc/tx_span.h"
#include "xrpl/names.h"

struct args {
    struct param_hash192 issuance;
    struct param_account account;
    struct param_text tx_type;
    int type; /* of tx_type */
    struct tx_span_args span;
    bool binary, forward;
    struct param_u32 limit;
};

static err check_tx_type(struct call *c, const struct param *p, const struct json *v)
{
    struct args *args = c->args;
    args->type = names_tx_by_name(tables_of(c->w), v->s);
    if (args->type < 0)
        return rpc_error(c, RPC_INVALID_PARAMS, "Invalid field 'tx_type'.");
    return OK;
}

static const struct param marker[] = TX_SPAN_MARKER_MEMBERS(struct args, span);

static const struct param params[] = {
    PARAM_HASH192("mpt_issuance_id", struct args, issuance, .required = true,
                  .doc = "Id of the issuance"),
    PARAM_ACCOUNT("account", struct args, account,
                  .doc = "Only transactions that touched this account, too"),
    PARAM_STRING("tx_type", struct args, tx_type, .check = check_tx_type,
                 .doc = "Only transactions of this type"),
    TX_SPAN_RANGE(struct args, span),
    PARAM_BOOL("binary", struct args, binary, .doc = "Return the bytes in hex"),
    PARAM_BOOL("forward", struct args, forward, .doc = "Oldest first"),
    PARAM_LIMIT("limit", struct args, limit, 1, 50, 100, .doc = "Transactions of a page"),
    TX_SPAN_MARKER(struct args, span, marker),
    PARAM_END,
};

static err put_tx(struct call *c, void *arg, const struct store_tx *tx)
{
    return tx_rows_put(c, arg, tx);
}

/* The rows of the issuance, or those of the account and the issuance. */
static err choose_rows(struct call *c, const struct args *args, struct mpt_id *ret_issuance,
                       struct tx_rows *rows)
{
    uint8_t *prefix = arena_alloc(c->arena, 20 + 24);
    memcpy(prefix, args->account.v.b, 20);
    rows->index = args->account.set ? STORE_INDEX_ACCOUNT_MPT_TX : STORE_INDEX_MPT_TX;
    rows->prefix = args->account.set ? slice_of(prefix, 44) : slice_of(prefix + 20, 24);
    rows->type = args->tx_type.set ? args->type + 1 : 0;
    TRY(tx_span_select(c, &args->span, TX_SPAN_STRICT, rows));
    TRY(mpt_issuance_id(c, &args->issuance, ret_issuance));
    memcpy(prefix + 20, ret_issuance->b, 24);
    TRY(tx_rows_check_index(c, rows));
    tx_span_begin_history(&args->span, rows);
    return OK;
}

static err run(struct call *c)
{
    const struct args *args = c->args;
    struct tx_rows rows = {.forward = args->forward, .left = args->limit.v};
    struct tx_rows_show show = {.binary = args->binary, .binary_date = true};
    struct mpt_id id;
    rows.show = &show;
    TRY(choose_rows(c, args, &id, &rows));
    jw_kv_hex(c->w, "mpt_issuance_id", slice_of(id.b, sizeof id.b));
    jw_kv_u64(c->w, "ledger_index_min", rows.low);
    jw_kv_u64(c->w, "ledger_index_max", rows.high);
    jw_key(c->w, "transactions");
    jw_arr_begin(c->w);
    TRY(tx_rows_each(c, &rows, put_tx, &show));
    jw_arr_end(c->w);
    jw_kv_bool(c->w, "validated", true);
    if (args->limit.set)
        jw_kv_u64(c->w, "limit", args->limit.v);
    tx_span_put_history_marker(c, &rows);
    return OK;
}

const struct method mptoken_issuance_history_method = {
    .name = "mptoken_issuance_history",
    .flags = METHOD_CLIO_ONLY,
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The transactions that concerned an MPT issuance.",
};
