/* SPDX-License-Identifier: Apache-2.0 */
/* gateway_balances: what an issuer owes and holds over all its trust lines (rpc-a 17). */
#include "base/mem.h"
#include "base/table.h"
#include "rpc/line.h"
#include "rpc/method.h"
#include "rpc/owner_walk.h"
#include "rpc/put.h"
#include "rpc/sort_list.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

#include <stdlib.h>

struct args {
    struct param_account account;
    struct account *hot; /* ascending */
    size_t n_hot;
};

/* --- hot wallets --- */

static int account_order(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct account));
}

/* Addresses and account public keys in base58; not keys in hex, which are longer than 60 digits. */
static bool read_wallet(const struct json *v, struct account *ret)
{
    return v->type == JSON_STRING && v->s.n < 60 && account_from_text_lenient(v->s, ret);
}

static enum rpc_code wallet_code(const struct call *c)
{
    return c->api_version < 2 ? RPC_INVALID_HOT_WALLET : RPC_INVALID_PARAMS;
}

static err check_wallets(struct call *c, const struct param *p, const struct json *v)
{
    (void)p;
    struct args *args = c->args;
    if (v->type != JSON_STRING && v->type != JSON_ARRAY)
        return rpc_error(c, wallet_code(c), "hotwalletNotStringOrArray");
    const struct json *items = v->type == JSON_ARRAY ? v->items : v;
    args->n_hot = v->type == JSON_ARRAY ? v->n : 1;
    args->hot = arena_try(c->arena, (args->n_hot + 1) * sizeof *args->hot);
    if (!args->hot)
        return FAIL(ERR_LIMIT, "rpc: no memory left for the hot wallets");
    for (size_t i = 0; i < args->n_hot; i++)
        if (!read_wallet(&items[i], &args->hot[i]))
            return rpc_error(c, wallet_code(c), "hotwalletMalformed");
    qsort(args->hot, args->n_hot, sizeof *args->hot, account_order);
    return OK;
}

static bool is_hot(const struct args *args, const struct account *a)
{
    return args->n_hot && bsearch(a, args->hot, args->n_hot, sizeof *args->hot, account_order);
}

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .doc = "Address or public key of the issuer"),
    PARAM_LEDGER,
    PARAM_CHECK("hotwallet", .check = check_wallets,
                .doc = "Accounts of the issuer itself: an address, or an array of them"),
    PARAM_END,
};

/* --- what is found --- */

/* A sum by currency. */
struct sum {
    struct sort_node node;
    struct amount value;
};

struct sums {
    const char *name;
    struct table *by_currency; /* struct sum, in the call's arena */
    struct sort_list sorted;
};

/* A line, as the reply lists it below its peer. */
struct holding {
    struct sort_node node;
    struct account peer;
    struct currency currency;
    uint64_t mantissa;
    int32_t exponent;
    bool negative;
};

struct holdings {
    const char *name;
    struct sort_list sorted;
};

struct found {
    const struct args *args;
    struct sums obligations, locked;
    struct holdings balances, frozen, assets;
};

static const struct currency *currency_of(const struct amount *a)
{
    return &a->asset.currency; /* zeros: XRP */
}

static int by_currency(const struct sort_node *a, const struct sort_node *b)
{
    return memcmp(currency_of(&((const struct sum *)a)->value),
                  currency_of(&((const struct sum *)b)->value), sizeof(struct currency));
}

static int by_peer(const struct sort_node *a, const struct sort_node *b)
{
    return account_cmp(&((const struct holding *)a)->peer, &((const struct holding *)b)->peer);
}

static void *try_node(struct call *c, size_t n)
{
    return arena_try(c->arena, n);
}

static err no_memory(void)
{
    return FAIL(ERR_LIMIT, "rpc: no memory left for the balances of a gateway");
}

/* Sums beyond what an amount can hold stay at the largest one. */
static struct amount largest(const struct asset *asset)
{
    return (struct amount){.asset = *asset, .mantissa = 9999999999999999u, .exponent = 80};
}

static err add_to(struct sum *s, const struct amount *a)
{
    if (amount_is_zero(&s->value)) {
        s->value = *a;
        return OK;
    }
    struct amount total;
    err e = amount_add(&s->value, a, &total);
    if (e.code == ERR_LIMIT) {
        s->value = largest(&s->value.asset);
        return OK;
    }
    TRY(e);
    s->value = total;
    return OK;
}

static err sums_add(struct call *c, struct sums *sums, const struct amount *a)
{
    struct sum *s = table_get(sums->by_currency, currency_of(a)->b);
    if (s)
        return add_to(s, a);
    s = try_node(c, sizeof *s);
    if (!s)
        return no_memory();
    *s = (struct sum){.value = *a};
    table_put(sums->by_currency, currency_of(a)->b, s);
    return sort_list_add(&sums->sorted, c, &s->node);
}

static err holdings_add(struct call *c, struct holdings *list, const struct account *peer,
                        const struct amount *a)
{
    struct holding *h = try_node(c, sizeof *h);
    if (!h)
        return no_memory();
    *h = (struct holding){.peer = *peer,
                          .currency = a->asset.currency,
                          .mantissa = a->mantissa,
                          .exponent = a->exponent,
                          .negative = a->negative};
    return sort_list_add(&list->sorted, c, &h->node);
}

static err add_escrow(struct call *c, struct found *f, struct slice object)
{
    struct slice wire;
    struct amount amount;
    if (!sto_get(object, FIELD_Amount, &wire) || amount_decode(wire, &amount).code)
        return FAIL(ERR_CORRUPT, "rpc: an escrow has no valid amount");
    if (amount.asset.kind == ASSET_MPT) /* balances of currencies only */
        return OK;
    return sums_add(c, &f->locked, &amount);
}

static err add_line(struct call *c, struct found *f, struct slice object)
{
    struct line line;
    TRY(line_read(object, &f->args->account.v, &line));
    if (amount_is_zero(&line.balance))
        return OK;
    struct amount owed = amount_negate(line.balance);
    if (is_hot(f->args, &line.peer))
        return holdings_add(c, &f->balances, &line.peer, &owed);
    if (!line.balance.negative)
        return holdings_add(c, &f->assets, &line.peer, &line.balance);
    if (line.own.flags & LINE_FREEZE)
        return holdings_add(c, &f->frozen, &line.peer, &owed);
    return sums_add(c, &f->obligations, &owed);
}

static err add_object(struct owner_walk *w, void *arg, const struct hash256 *key,
                      struct slice object)
{
    (void)key;
    switch (sto_entry_type(object)) {
    case ENTRY_Escrow: return add_escrow(w->c, arg, object);
    case ENTRY_RippleState: return add_line(w->c, arg, object);
    default: return OK;
    }
}

/* --- the reply --- */

static err put_sums(struct call *c, struct sums *sums)
{
    struct sort_node *n;
    TRY(sort_list_take(&sums->sorted, c, &n));
    if (!n)
        return OK;
    jw_key(c->w, sums->name);
    jw_obj_begin(c->w);
    for (; n; n = n->next) {
        const struct sum *s = (const struct sum *)n;
        char text[CURRENCY_TEXT_MAX];
        size_t n_text = currency_to_text(currency_of(&s->value), text);
        jw_key_escaped(c->w, slice_of(text, n_text));
        render_amount_value(c->w, &s->value);
        TRY(call_breathe(c));
    }
    jw_obj_end(c->w);
    return OK;
}

static void put_holding(struct call *c, const struct holding *h)
{
    struct amount value = {.asset = {.kind = ASSET_IOU, .currency = h->currency},
                           .mantissa = h->mantissa,
                           .exponent = h->exponent,
                           .negative = h->negative};
    jw_obj_begin(c->w);
    jw_key(c->w, "currency");
    render_currency(c->w, &h->currency);
    jw_key(c->w, "value");
    render_amount_value(c->w, &value);
    jw_obj_end(c->w);
}

static err put_holdings(struct call *c, struct holdings *list)
{
    struct sort_node *n;
    TRY(sort_list_take(&list->sorted, c, &n));
    if (!n)
        return OK;
    jw_key(c->w, list->name);
    jw_obj_begin(c->w);
    while (n) {
        const struct holding *first = (const struct holding *)n;
        char text[ACCOUNT_TEXT_MAX];
        size_t n_text = account_to_text(&first->peer, text);
        jw_key_n(c->w, text, n_text);
        jw_arr_begin(c->w);
        for (; n && by_peer(n, &first->node) == 0; n = n->next) {
            put_holding(c, (const struct holding *)n);
            TRY(call_breathe(c));
        }
        jw_arr_end(c->w);
    }
    jw_obj_end(c->w);
    return OK;
}

static err put_found(struct call *c, struct found *f)
{
    struct owner_walk walk = owner_walk_of(c, &f->args->account.v, 0, NULL);
    TRY(owner_walk_each(&walk, 0, add_object, f));
    TRY(put_sums(c, &f->obligations));
    TRY(put_holdings(c, &f->balances));
    TRY(put_holdings(c, &f->frozen));
    TRY(put_holdings(c, &f->assets));
    return put_sums(c, &f->locked);
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct slice root;
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, &args->account.v, RPC_ACT_NOT_FOUND, &root));
    CLEANUP(table_freep) struct table *obligations = table_new(sizeof(struct currency));
    CLEANUP(table_freep) struct table *locked = table_new(sizeof(struct currency));
    struct found f = {.args = args,
                      .obligations = {"obligations", obligations, {.order = by_currency}},
                      .locked = {"locked", locked, {.order = by_currency}},
                      .balances = {"balances", {.order = by_peer}},
                      .frozen = {"frozen_balances", {.order = by_peer}},
                      .assets = {"assets", {.order = by_peer}}};
    TRY(put_found(c, &f));
    put_echo(c, "account");
    call_put_ledger(c);
    return OK;
}

const struct method gateway_balances_method = {
    .name = "gateway_balances",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "What an issuer owes, by currency, and what it holds itself.",
};
