/* SPDX-License-Identifier: Apache-2.0 */
/* book_offers: the best offers of an order book, and what their owners can pay (rpc-a 14). */
#include "ledger/funds_book.h"
#include "ledger/walk.h"
#include "rpc/method.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"

#define OFFERS_A_BREATH 16 /* an offer takes about a microsecond */

struct args {
    struct param_currency gets_currency, pays_currency;
    struct param_account gets_issuer, pays_issuer; /* the zero account when not given */
    struct param_account taker;
    struct param_hash256 domain;
    struct param_u32 limit;
};

static const struct param gets_members[] = {
    PARAM_CURRENCY("currency", struct args, gets_currency, .required = true,
                   .bad = {RPC_DST_AMT_MALFORMED, NULL}),
    PARAM_ISSUER("issuer", struct args, gets_issuer, .bad = {RPC_DST_ISR_MALFORMED, NULL}),
    PARAM_END,
};
static const struct param pays_members[] = {
    PARAM_CURRENCY("currency", struct args, pays_currency, .required = true,
                   .bad = {RPC_SRC_CUR_MALFORMED, NULL}),
    PARAM_ISSUER("issuer", struct args, pays_issuer, .bad = {RPC_SRC_ISR_MALFORMED, NULL}),
    PARAM_END,
};
static const struct param params[] = {
    PARAM_OBJECT("taker_gets", gets_members, .required = true, .doc = "What takers get"),
    PARAM_OBJECT("taker_pays", pays_members, .required = true, .doc = "What takers pay"),
    PARAM_ACCOUNT("taker", struct args, taker,
                  .bad = {RPC_INVALID_PARAMS, "Invalid field 'taker'."},
                  .doc = "Who would take the offers: issuers pay no transfer fee"),
    PARAM_HASH256("domain", struct args, domain,
                  .bad = {RPC_DOMAIN_MALFORMED, "Unable to parse domain."},
                  .doc = "Permissioned domain of the book"),
    PARAM_LIMIT("limit", struct args, limit, 1, 60, 100, .doc = "Most offers to return"),
    PARAM_LEDGER,
    PARAM_END,
};

/* A currency and its issuer have to fit; `name` and `code` are those of the side. */
static err make_asset(struct call *c, const struct currency *currency, const struct account *issuer,
                      const char *name, enum rpc_code code, struct asset *ret)
{
    bool xrp = currency_is_xrp(currency), no_issuer = account_is_zero(issuer);
    if (xrp && !no_issuer)
        return rpc_errorf(c, code, "Unneeded field '%s.issuer' for XRP currency specification.",
                          name);
    if (!xrp && no_issuer)
        return rpc_errorf(c, code, "Invalid field '%s.issuer', expected non-XRP issuer.", name);
    *ret = (struct asset){
        .kind = xrp ? ASSET_XRP : ASSET_IOU, .currency = *currency, .issuer = *issuer};
    return OK;
}

static void put_amount_text(struct jw *w, const struct amount *a)
{
    char text[AMOUNT_TEXT_MAX];
    size_t n = amount_to_text(a, text);
    jw_ascii(w, text, n);
}

static err put_offer(struct call *c, const struct hash256 *key, struct slice offer,
                     const struct funds_offer *f)
{
    jw_obj_begin(c->w);
    TRY(render_entry_members(c->w, offer, key));
    if (f->partial) {
        jw_key(c->w, "taker_gets_funded");
        render_amount(c->w, &f->gets_funded);
        jw_key(c->w, "taker_pays_funded");
        render_amount(c->w, &f->pays_funded);
    }
    if (f->has_funds) {
        jw_key(c->w, "owner_funds");
        put_amount_text(c->w, &f->funds);
    }
    jw_key(c->w, "quality");
    put_amount_text(c->w, &f->quality);
    jw_obj_end(c->w);
    return OK;
}

static err put_batch(struct call *c, struct funds_book *book, const struct walk_batch *batch)
{
    struct funds_offer f;
    bool usable;
    for (size_t i = 0; i < batch->n; i++) {
        TRY(funds_book_offer(book, batch->objects[i], &f, &usable));
        if (usable)
            TRY(put_offer(c, &batch->keys[i], batch->objects[i], &f));
        if (i % OFFERS_A_BREATH == 0)
            TRY(call_breathe(c));
    }
    return OK;
}

static err put_offers(struct call *c, const struct args *args, struct funds_book *book,
                      const struct hash256 *base)
{
    struct walk_book walk = walk_book_of(c->view, base, args->limit.v);
    struct walk_batch batch;
    jw_key(c->w, "offers");
    jw_arr_begin(c->w);
    while (walk.end == WALK_GOING) {
        TRY(walk_book_next(&walk, c->arena, &batch));
        TRY(put_batch(c, book, &batch));
        TRY(call_breathe(c)); /* a batch may be empty */
    }
    jw_arr_end(c->w);
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct asset pays, gets;
    struct funds_book book;
    TRY(make_asset(c, &args->pays_currency.v, &args->pays_issuer.v, "taker_pays",
                   RPC_SRC_ISR_MALFORMED, &pays));
    TRY(make_asset(c, &args->gets_currency.v, &args->gets_issuer.v, "taker_gets",
                   RPC_DST_ISR_MALFORMED, &gets));
    if (asset_eq(&pays, &gets))
        return rpc_error(c, RPC_BAD_MARKET, "badMarket");
    struct hash256 base = keylet_book(&pays, &gets, args->domain.set ? &args->domain.v : NULL);
    TRY(call_open_ledger(c));
    struct funds funds = funds_of(c->view, c->arena);
    TRY(funds_book_init(&book, &funds, &gets, &pays, &args->taker.v, args->limit.v));
    call_put_hash(c, "ledger_hash", &view_header(c->view)->hash);
    jw_kv_u64(c->w, "ledger_index", view_seq(c->view));
    return put_offers(c, args, &book, &base);
}

const struct method book_offers_method = {
    .name = "book_offers",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The best offers of an order book, and what their owners can pay.",
};
