/* SPDX-License-Identifier: Apache-2.0 */
/* book_offers: the best offers of an order book, and what their owners can pay (rpc-a 14). */
#include "rpc/book_list.h"
#include "rpc/method.h"

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

static err run(struct call *c)
{
    struct args *args = c->args;
    struct asset pays, gets;
    TRY(make_asset(c, &args->pays_currency.v, &args->pays_issuer.v, "taker_pays",
                   RPC_SRC_ISR_MALFORMED, &pays));
    TRY(make_asset(c, &args->gets_currency.v, &args->gets_issuer.v, "taker_gets",
                   RPC_DST_ISR_MALFORMED, &gets));
    if (asset_eq(&pays, &gets))
        return rpc_error(c, RPC_BAD_MARKET, "badMarket");
    TRY(call_open_ledger(c));
    call_put_ledger(c);
    jw_key(c->w, "offers");
    jw_arr_begin(c->w);
    TRY(book_list_put(c, &(struct book_list){.pays = &pays,
                                             .gets = &gets,
                                             .domain = args->domain.set ? &args->domain.v : NULL,
                                             .taker = &args->taker.v,
                                             .limit = args->limit.v}));
    jw_arr_end(c->w);
    return OK;
}

const struct method book_offers_method = {
    .name = "book_offers",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The best offers of an order book, and what their owners can pay.",
};
