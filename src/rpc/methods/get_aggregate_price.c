/* SPDX-License-Identifier: Apache-2.0 */
/* get_aggregate_price: statistics of what oracles say an asset is worth (rpc-a 18). */
#include "rpc/method.h"
#include "rpc/price_stats.h"
#include "store/store.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

#include <stdlib.h>

#define MAX_ORACLES 200
#define MAX_LOOK_BACK 3 /* transactions of an oracle */

struct args {
    struct param_currency base, quote;
    const struct json *oracles;
    struct param_u32 time_threshold, trim;
    /* Of the oracle being checked. */
    struct param_account account;
    uint32_t document_id;
    /* Of all of them. */
    struct oracle {
        struct account account;
        uint32_t document_id;
    } checked[MAX_ORACLES];
    uint32_t n_checked;
};

static err check_document_id(struct call *c, const struct param *p, const struct json *v)
{
    struct args *args = c->args;
    if (!param_document_id(v, &args->document_id))
        return rpc_error(c, RPC_INVALID_PARAMS, NULL);
    return OK;
}

static const struct param oracle_members[] = {
    PARAM_CHECK("oracle_document_id", .check = check_document_id,
                .doc = "Which of the account's oracles"),
    PARAM_ADDRESS("account", struct args, account, .bad = {RPC_INVALID_PARAMS, NULL},
                  .doc = "Who runs the oracle"),
    PARAM_END,
};

/* One that is named twice counts once. */
static void add_oracle(struct args *args)
{
    const struct account *account = &args->account.v;
    for (uint32_t i = 0; i < args->n_checked; i++)
        if (args->checked[i].document_id == args->document_id &&
            account_eq(&args->checked[i].account, account))
            return;
    args->checked[args->n_checked++] = (struct oracle){*account, args->document_id};
}

static err check_oracles(struct call *c, const struct param *p, const struct json *v)
{
    struct args *args = c->args;
    if (v->n < 1 || v->n > MAX_ORACLES)
        return rpc_error(c, RPC_ORACLE_MALFORMED, NULL);
    for (uint32_t i = 0; i < v->n; i++) {
        const struct json *o = &v->items[i];
        if (!json_get(o, "oracle_document_id") || !json_get(o, "account"))
            return rpc_error(c, RPC_ORACLE_MALFORMED, NULL);
        TRY(param_check(c, oracle_members, o));
        add_oracle(args);
    }
    return OK;
}

static const struct param params[] = {
    PARAM_LEDGER,
    PARAM_CURRENCY("base_asset", struct args, base, .required = true,
                   .bad = {RPC_INVALID_PARAMS, NULL}, .doc = "The asset with a price"),
    PARAM_CURRENCY("quote_asset", struct args, quote, .required = true,
                   .bad = {RPC_INVALID_PARAMS, NULL}, .doc = "What the price is counted in"),
    PARAM_ARRAY("oracles", struct args, oracles, .required = true,
                .wrong_type = {RPC_ORACLE_MALFORMED, NULL}, .check = check_oracles,
                .doc = "Whom to ask: account and oracle_document_id of each"),
    PARAM_U32("time_threshold", struct args, time_threshold,
              .doc = "Leave out prices so many seconds older than the newest"),
    PARAM_U32("trim", struct args, trim, .min = 1, .max = 25,
              .doc = "Per cent of prices to leave out at either end, for a second set"),
    PARAM_END,
};

/* A price that was found. */
struct quote {
    uint32_t time;
    struct amount price;
};

struct search {
    struct slice base, quote; /* as requested: compared with the printed codes */
    struct quote found[MAX_ORACLES];
    size_t n;
};

static bool is_currency(struct slice object, field_id id, struct slice wanted)
{
    struct slice wire;
    char text[CURRENCY_TEXT_MAX];
    struct currency currency;
    if (!sto_get(object, id, &wire) || wire.n != sizeof currency)
        return false;
    memcpy(&currency, wire.p, sizeof currency);
    return slice_eq(wanted, slice_of(text, currency_to_text(&currency, text)));
}

/* Look for the pair in an oracle's fields. */
static err look_in(struct search *s, struct slice fields, bool *ret_found)
{
    struct slice series;
    struct sto_field e;
    *ret_found = false;
    if (!sto_get(fields, FIELD_PriceDataSeries, &series))
        return OK;
    struct sto_iter it = sto_iter_of(series);
    while (sto_next(&it, &e)) {
        if (!is_currency(e.value, FIELD_BaseAsset, s->base) ||
            !is_currency(e.value, FIELD_QuoteAsset, s->quote) ||
            !sto_has(e.value, FIELD_AssetPrice))
            continue;
        struct quote *q = &s->found[s->n++];
        q->time = sto_u32(fields, FIELD_LastUpdateTime, 0);
        *ret_found = true;
        return price_stats_price(sto_u64(e.value, FIELD_AssetPrice, 0),
                                 sto_u8(e.value, FIELD_Scale, 0), &q->price);
    }
    return OK;
}

/* The first affected node that is an oracle; empty when there is none. */
static struct slice oracle_node(struct slice meta)
{
    struct slice nodes;
    struct sto_field f;
    if (!sto_get(meta, FIELD_AffectedNodes, &nodes))
        return SLICE_EMPTY;
    struct sto_iter it = sto_iter_of(nodes);
    while (sto_next(&it, &f))
        if (sto_entry_type(f.value) == ENTRY_Oracle)
            return f.value;
    return SLICE_EMPTY;
}

/* One step into the past: the node of the oracle in the transaction that made `state` what it is.
 * Empty when there is no such thing. */
static err step_back(struct call *c, struct slice state, struct slice *ret_node)
{
    struct hash256 tx_hash;
    struct store_tx tx;
    *ret_node = SLICE_EMPTY;
    if (!sto_hash256(state, FIELD_PreviousTxnID, &tx_hash))
        return OK;
    err e = store_tx_find(view_store(c->view), &tx_hash, c->arena, &tx);
    if (e.code == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    *ret_node = oracle_node(tx.meta);
    return OK;
}

static err look_back(struct call *c, struct search *s, struct slice oracle)
{
    struct slice state = oracle;
    for (int step = 1; step <= MAX_LOOK_BACK; step++) {
        struct slice node, fields = SLICE_EMPTY;
        bool found;
        TRY(call_breathe(c));
        TRY(step_back(c, state, &node));
        bool created = sto_get(node, FIELD_NewFields, &fields);
        if (node.n == 0 || (created && step == 1)) /* it says what the oracle says now */
            return OK;
        if (!created && !sto_get(node, FIELD_FinalFields, &fields))
            return OK;
        TRY(look_in(s, fields, &found));
        if (found || created)
            return OK;
        state = node;
    }
    return OK;
}

static err ask(struct call *c, struct search *s, const struct oracle *o)
{
    struct hash256 key = keylet_oracle(&o->account, o->document_id);
    struct arena_pos pos = arena_mark(c->arena);
    struct slice oracle;
    bool found = true;
    TRY(call_get(c, &key, &oracle));
    if (oracle.n)
        TRY(look_in(s, oracle, &found));
    if (!found)
        TRY(look_back(c, s, oracle));
    arena_rewind(c->arena, pos);
    return OK;
}

static uint32_t newest(const struct search *s)
{
    uint32_t time = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->found[i].time > time)
            time = s->found[i].time;
    return time;
}

/* Leave out what is older than `age` seconds before the newest. */
static void drop_older(struct search *s, uint32_t time, uint32_t age)
{
    size_t n = 0;
    if (time <= age)
        return;
    for (size_t i = 0; i < s->n; i++)
        if (s->found[i].time >= time - age)
            s->found[n++] = s->found[i];
    s->n = n;
}

static err put_stats(struct call *c, const char *key, const struct amount *prices, size_t n)
{
    struct price_stats stats;
    char text[NUMBER_TEXT_MAX];
    TRY(price_stats_of(prices, n, &stats));
    jw_key(c->w, key);
    jw_obj_begin(c->w);
    jw_key(c->w, "mean");
    render_amount_value(c->w, &stats.mean);
    number_to_text(stats.deviation, text);
    jw_kv_lit(c->w, "standard_deviation", text);
    jw_kv_u64(c->w, "size", stats.n);
    jw_obj_end(c->w);
    return OK;
}

static err put_prices(struct call *c, const struct search *s, const struct param_u32 *trim)
{
    struct amount *prices = arena_array(c->arena, struct amount, s->n);
    struct amount median;
    for (size_t i = 0; i < s->n; i++)
        prices[i] = s->found[i].price;
    price_stats_sort(prices, s->n);
    TRY(put_stats(c, "entire_set", prices, s->n));
    TRY(price_stats_median(prices, s->n, &median));
    jw_key(c->w, "median");
    render_amount_value(c->w, &median);
    if (!trim->set)
        return OK;
    size_t k = s->n * trim->v / 100;
    return put_stats(c, "trimmed_set", prices + k, s->n - 2 * k);
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct search *s = arena_new_of(c->arena, struct search);
    s->base = json_get(c->params, "base_asset")->s;
    s->quote = json_get(c->params, "quote_asset")->s;
    TRY(call_open_ledger(c));
    for (uint32_t i = 0; i < args->n_checked; i++) {
        TRY(ask(c, s, &args->checked[i]));
        TRY(call_breathe(c));
    }
    if (s->n == 0)
        return rpc_error(c, RPC_OBJECT_NOT_FOUND, NULL);
    uint32_t time = newest(s);
    if (args->time_threshold.set)
        drop_older(s, time, args->time_threshold.v);
    call_put_ledger(c);
    jw_kv_u64(c->w, "time", time);
    return put_prices(c, s, &args->trim);
}

const struct method get_aggregate_price_method = {
    .name = "get_aggregate_price",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "Statistics of what oracles say an asset is worth.",
};
