/* SPDX-License-Identifier: Apache-2.0 */
/* book_offers: the best offers of an order book, and what their owners can pay (rpc-a 14). */
#include "rpc/book_list.h"
#include "rpc/method.h"

struct args {
    struct param_currency gets_currency, pays_currency;
    struct param_account gets_issuer, pays_issuer; /* the zero account when not given */
    struct param_hash192 gets_mpt, pays_mpt;
    struct param_account taker;
    struct param_hash256 domain;
    struct param_u32 limit;
};

/* An MPT has neither currency nor issuer. */
static err check_members(struct call *c, const struct param *p, const struct json *v)
{
    bool mpt = json_get(v, "mpt_issuance_id") != NULL;
    if (v->type != JSON_OBJECT)
        return OK; /* the next row refuses it */
    if (!mpt && !json_get(v, "currency"))
        return rpc_error(c, RPC_INVALID_PARAMS, "Required field 'currency' missing");
    if (mpt && (json_get(v, "currency") || json_get(v, "issuer")))
        return rpc_errorf(c, RPC_INVALID_PARAMS, "Invalid field '%s'.", p->key);
    return OK;
}

static const struct param gets_members[] = {
    PARAM_CURRENCY("currency", struct args, gets_currency, .alternative = true,
                   .bad = {RPC_DST_AMT_MALFORMED, NULL}),
    PARAM_ISSUER("issuer", struct args, gets_issuer, .bad = {RPC_DST_ISR_MALFORMED, NULL}),
    PARAM_HASH192("mpt_issuance_id", struct args, gets_mpt, .alternative = true,
                  .bad = {RPC_DST_AMT_MALFORMED, NULL},
                  .doc = "Id of an MPT issuance, in the place of currency and issuer"),
    PARAM_END,
};
static const struct param pays_members[] = {
    PARAM_CURRENCY("currency", struct args, pays_currency, .alternative = true,
                   .bad = {RPC_SRC_CUR_MALFORMED, NULL}),
    PARAM_ISSUER("issuer", struct args, pays_issuer, .bad = {RPC_SRC_ISR_MALFORMED, NULL}),
    PARAM_HASH192("mpt_issuance_id", struct args, pays_mpt, .alternative = true,
                  .bad = {RPC_SRC_CUR_MALFORMED, NULL},
                  .doc = "Id of an MPT issuance, in the place of currency and issuer"),
    PARAM_END,
};
static const struct param params[] = {
    PARAM_CHECK("taker_gets", .required = true, .check = check_members),
    PARAM_OBJECT("taker_gets", gets_members, .required = true, .doc = "What takers get"),
    PARAM_CHECK("taker_pays", .required = true, .check = check_members),
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
static err make_asset(struct call *c, const struct param_hash192 *mpt,
                      const struct currency *currency, const struct account *issuer,
                      const char *name, enum rpc_code code, struct asset *ret)
{
    bool xrp = currency_is_xrp(currency), no_issuer = account_is_zero(issuer);
    *ret = (struct asset){.kind = ASSET_MPT, .mpt = mpt->v};
    if (mpt->set)
        return OK;
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
    TRY(make_asset(c, &args->pays_mpt, &args->pays_currency.v, &args->pays_issuer.v, "taker_pays",
                   RPC_SRC_ISR_MALFORMED, &pays));
    TRY(make_asset(c, &args->gets_mpt, &args->gets_currency.v, &args->gets_issuer.v, "taker_gets",
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
