/* SPDX-License-Identifier: Apache-2.0 */
/* account_tx: the transactions that touched an account (rpc-a 11). */
#include "rpc/method.h"
#include "rpc/mpt_issuance.h"
#include "rpc/rpc_server.h"
#include "rpc/tx_span.h"
#include "xrpl/names.h"

struct args {
    struct param_account account;
    struct tx_span_args span;
    struct param_text ctid;
    struct param_u32 limit;
    struct param_text tx_type;
    int type; /* of tx_type */
    struct param_hash192 issuance;
    const struct json *delegate; /* NULL = not asked for */
    struct param_text delegate_filter;
    struct param_account counter_party;
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

static const char *const delegate_filters[] = {"actor", "authorizer", NULL};

static const struct param delegate[] = {
    PARAM_STRING(
        "delegate_filter", struct args, delegate_filter, .required = true,
        .names = delegate_filters,
        .missing = {RPC_INVALID_PARAMS, "Field 'delegate_filter' is required but missing."},
        .bad = {RPC_INVALID_PARAMS,
                "Field 'delegate_filter' value must be 'actor' or 'authorizer'."},
        .doc = "actor: what this account signed for others; authorizer: what others signed "
               "for it"),
    PARAM_ACCOUNT(
        "counter_party", struct args, counter_party,
        .bad = {RPC_ACT_MALFORMED, "Field 'counter_party' value must be a valid account."},
        .doc = "Only with this other account"),
    PARAM_END,
};

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
    PARAM_HASH192("mpt_issuance_id", struct args, issuance,
                  .doc = "Only transactions that concern this MPT issuance"),
    PARAM_ANY("delegate", struct args, delegate),
    PARAM_OBJECT("delegate", delegate, .wrong_type = {RPC_INVALID_PARAMS, "delegateNotObject"},
                 .doc = "Only transactions that one account signed for another"),
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

/* Did somebody sign for somebody else, this account being one of them? The other one is shown. */
static bool is_delegated(void *arg, const struct store_tx *tx)
{
    struct output *o = arg;
    const struct args *args = o->args;
    struct account actor, authorizer;
    bool as_actor = slice_is(args->delegate_filter.v, "actor");
    if (!sto_account(tx->tx, FIELD_Delegate, &actor) ||
        !sto_account(tx->tx, FIELD_Account, &authorizer))
        return false;
    o->show.party_key = as_actor ? "authorizer" : "actor";
    o->show.party = as_actor ? authorizer : actor;
    return account_eq(as_actor ? &actor : &authorizer, &args->account.v) &&
           (!args->counter_party.set || account_eq(&o->show.party, &args->counter_party.v));
}

static err put_tx(struct call *c, void *arg, const struct store_tx *tx)
{
    struct output *o = arg;
    return tx_rows_put(c, &o->show, tx);
}

/* The rows of the account, or those of the account and the issuance. */
static err choose_rows(struct call *c, const struct args *args, struct tx_rows *rows)
{
    uint8_t *prefix = arena_alloc(c->arena, 20 + 24);
    struct mpt_id id;
    memcpy(prefix, args->account.v.b, 20);
    rows->index = args->issuance.set ? STORE_INDEX_ACCOUNT_MPT_TX : STORE_INDEX_ACCOUNT_TX;
    rows->prefix = slice_of(prefix, args->issuance.set ? 44 : 20);
    rows->type = args->tx_type.set ? args->type + 1 : 0;
    rows->passes = args->delegate ? is_delegated : NULL;
    TRY(tx_span_select(c, &args->span, TX_SPAN_BY_VERSION, rows));
    if (!args->issuance.set)
        return OK;
    TRY(mpt_issuance_id(c, &args->issuance, &id));
    memcpy(prefix + 20, id.b, 24);
    return tx_rows_check_index(c, rows);
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
    struct tx_rows rows = {.forward = args->forward, .left = args->limit.v};
    struct output o = {
        .args = args,
        .show = {.binary = args->binary, .nft_synthetic = true, .in_ledger = true, .ctid = true}};
    rows.show = &o.show;
    TRY(choose_rows(c, args, &rows));
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
