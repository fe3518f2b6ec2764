/* SPDX-License-Identifier: Apache-2.0 */
/* account_tx: the transactions that touched an account (rpc-a 11). */
#include "rpc/method.h"
#include "rpc/rpc_server.h"
#include "rpc/tx_span.h"
#include "xrpl/names.h"

struct args {
    struct param_account account;
    struct tx_span_args span;
    struct param_text ctid;
    struct param_u32 limit;
    struct param_text tx_type;
    int type; /* -1 = any */
    bool binary, forward;
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
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .doc = "Address or public key of the account"),
    TX_SPAN_RANGE(struct args, span),
    PARAM_STRING("ctid", struct args, ctid, .doc = "Accepted, without effect"),
    PARAM_LIMIT("limit", struct args, limit, 1, 200, 1000, .doc = "Transactions to look at"),
    TX_SPAN_MARKER(struct args, span, marker),
    PARAM_STRING("tx_type", struct args, tx_type, .check = check_tx_type,
                 .doc = "Only transactions of this type"),
    PARAM_LOOSE_BOOL("binary", struct args, binary, .until = 1, .doc = "Return the bytes in hex"),
    PARAM_BOOL("binary", struct args, binary, .since = 2, .doc = "Return the bytes in hex"),
    PARAM_LOOSE_BOOL("forward", struct args, forward, .until = 1, .doc = "Oldest first"),
    PARAM_BOOL("forward", struct args, forward, .since = 2, .doc = "Oldest first"),
    PARAM_END,
};

static void start_at(const struct tx_span_args *span, struct tx_rows *rows)
{
    struct store_tx_pos marked = {span->marker_ledger.v, span->marker_seq.v};
    tx_rows_start(rows, span->marker ? &marked : NULL);
}

struct output {
    const struct args *args;
    struct tx_rows_show show;
};

static err put_tx(struct call *c, void *arg, const struct store_tx *tx)
{
    struct output *o = arg;
    if (o->args->tx_type.set && sto_tx_type(tx->tx) != o->args->type)
        return OK;
    return tx_rows_put(c, &o->show, tx);
}

static void put_tail(struct call *c, const struct args *args, const struct tx_rows *rows)
{
    call_put_account(c, "account", &args->account.v);
    jw_kv_u64(c->w, "ledger_index_min", rows->low);
    jw_kv_u64(c->w, "ledger_index_max", rows->high);
    jw_kv_bool(c->w, "validated", true);
    if (args->limit.set)
        jw_kv_u64(c->w, "limit", args->limit.v);
    if (rows->more)
        tx_rows_put_marker(c, rows->from);
}

static err run(struct call *c)
{
    const struct args *args = c->args;
    struct tx_rows rows = {.index = STORE_INDEX_ACCOUNT_TX,
                           .prefix = slice_of(args->account.v.b, sizeof args->account.v.b),
                           .forward = args->forward,
                           .left = args->limit.v};
    struct output o = {
        .args = args,
        .show = {.binary = args->binary, .nft_synthetic = true, .in_ledger = true, .ctid = true}};
    TRY(tx_span_select(c, &args->span, TX_SPAN_BY_VERSION, &rows));
    start_at(&args->span, &rows);
    if (!rpc_server_network_id(c->server, &o.show.network_id))
        o.show.network_id = 0;
    jw_key(c->w, "transactions");
    jw_arr_begin(c->w);
    TRY(tx_rows_each(c, &rows, put_tx, &o));
    jw_arr_end(c->w);
    put_tail(c, args, &rows);
    return OK;
}

const struct method account_tx_method = {
    .name = "account_tx",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The transactions that touched an account.",
};
