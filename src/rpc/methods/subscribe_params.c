/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/methods/subscribe_params.h"

#include "xrpl/names.h"

static struct feed_request *request_of(struct call *c)
{
    return &((struct subscribe_args *)c->args)->request;
}

/* --- streams --- */

err subscribe_params_streams(struct call *c, const struct param *p, const struct json *v)
{
    struct feed_request *r = request_of(c);
    for (uint32_t i = 0; i < v->n; i++) {
        enum feed_stream stream;
        if (v->items[i].type != JSON_STRING)
            return rpc_error(c, RPC_INVALID_PARAMS, "streamNotString");
        if (!feed_request_stream(v->items[i].s, &stream))
            return rpc_error(c, RPC_MALFORMED_STREAM, NULL);
        if (stream == FEED_STREAM_PEER_STATUS && !c->is_admin)
            return rpc_error(c, RPC_NO_PERMISSION, NULL);
        r->streams |= 1u << stream;
    }
    return OK;
}

/* --- accounts --- */

err subscribe_params_accounts(struct call *c, const struct param *p, const struct json *v)
{
    struct feed_request *r = request_of(c);
    if (v->n == 0)
        return rpc_errorf(c, RPC_ACT_MALFORMED, "%s malformed.", p->key);
    struct account *list = arena_try(c->arena, v->n * sizeof *list);
    if (list == NULL)
        return rpc_error(c, RPC_TOO_BUSY, NULL);
    for (uint32_t i = 0; i < v->n; i++) {
        if (v->items[i].type != JSON_STRING)
            return rpc_errorf(c, RPC_INVALID_PARAMS, "%s'sItemNotString", p->key);
        if (!account_from_text_lenient(v->items[i].s, &list[i]))
            return rpc_errorf(c, RPC_ACT_MALFORMED, "%s'sItemMalformed", p->key);
    }
    bool proposed = strcmp(p->key, "accounts_proposed") == 0;
    *(proposed ? &r->proposed : &r->accounts) = list;
    *(proposed ? &r->n_proposed : &r->n_accounts) = v->n;
    return OK;
}

/* --- books --- */

static const struct param both_only[] = {
    PARAM_BOOL("both", struct subscribe_args, both, .bad = {RPC_INVALID_PARAMS, "bothNotBool"},
               .doc = "The reversed book, too"),
    PARAM_END,
};
static const struct param book_options[] = {
    PARAM_BOOL("both", struct subscribe_args, both, .bad = {RPC_INVALID_PARAMS, "bothNotBool"},
               .doc = "The reversed book, too"),
    PARAM_BOOL("snapshot", struct subscribe_args, snapshot,
               .bad = {RPC_INVALID_PARAMS, "snapshotNotBool"}, .doc = "Reply with its best offers"),
    PARAM_ACCOUNT("taker", struct subscribe_args, taker, .bad = {RPC_BAD_ISSUER, NULL},
                  .doc = "Who would take the offers"),
    PARAM_END,
};

/* What the two sides answer with. */
struct side {
    const char *name;
    enum rpc_code bad_currency;
    enum rpc_code bad_issuer;
    const char *issuer_not_string;
    const char *issuer_unreadable; /* NULL = the code's own */
    const char *issuer_one;
};
static const struct side pays_side = {
    "taker_pays", RPC_SRC_CUR_MALFORMED, RPC_SRC_ISR_MALFORMED, "takerPaysIssuerNotString", NULL,
    NULL};
static const struct side gets_side = {"taker_gets",
                                      RPC_DST_AMT_MALFORMED,
                                      RPC_DST_ISR_MALFORMED,
                                      "taker_gets.issuer should be string",
                                      "Invalid field 'taker_gets.issuer', bad issuer.",
                                      "Invalid field 'taker_gets.issuer', bad issuer account one."};

static err read_issuer(struct call *c, const struct json *object, const struct side *side,
                       struct asset *to)
{
    static const struct account account_one = {.b = {[19] = 1}};
    if (to->kind == ASSET_MPT) /* its id names the issuer */
        return OK;
    const struct json *issuer = json_get(object, "issuer");
    if (issuer && issuer->type != JSON_STRING)
        return rpc_error(c, RPC_INVALID_PARAMS, side->issuer_not_string);
    if (issuer && !param_issuer(issuer->s, &to->issuer))
        return rpc_error(c, side->bad_issuer, side->issuer_unreadable);
    if (account_eq(&to->issuer, &account_one))
        return rpc_error(c, side->bad_issuer, side->issuer_one);
    bool xrp = currency_is_xrp(&to->currency), none = account_is_zero(&to->issuer);
    if (xrp && !none)
        return rpc_errorf(c, side->bad_issuer,
                          "Unneeded field '%s.issuer' for XRP currency specification.", side->name);
    if (!xrp && none)
        return rpc_errorf(c, side->bad_issuer,
                          "Invalid field '%s.issuer', expected non-XRP issuer.", side->name);
    to->kind = xrp ? ASSET_XRP : ASSET_IOU;
    return OK;
}

/* A currency, or an MPT issuance's id in its place. */
static err read_currency(struct call *c, const struct json *object, enum rpc_code bad,
                         struct asset *to)
{
    const struct json *currency = json_get(object, "currency"),
                      *mpt = json_get(object, "mpt_issuance_id");
    if (mpt) {
        to->kind = ASSET_MPT;
        bool fits = json_is(mpt, JSON_STRING) && mpt->s.n == 2 * sizeof to->mpt.b &&
                    param_hex(mpt->s, to->mpt.b, sizeof to->mpt.b);
        return fits && !currency && !json_get(object, "issuer") ? OK : rpc_error(c, bad, NULL);
    }
    return json_is(currency, JSON_STRING) && currency_from_text(currency->s, &to->currency)
               ? OK
               : rpc_error(c, bad, NULL);
}

static bool has_currency(const struct json *object)
{
    return json_is(json_get(object, "currency"), JSON_STRING) ||
           json_get(object, "mpt_issuance_id") != NULL;
}

static err read_currencies(struct call *c, const struct json *pays, const struct json *gets,
                           const struct json *domain, struct asset *ret_pays,
                           struct asset *ret_gets)
{
    if (!has_currency(pays))
        return rpc_error(c, RPC_SRC_CUR_MALFORMED, NULL);
    if (!has_currency(gets))
        return rpc_error(c, RPC_DST_AMT_MALFORMED, NULL);
    if (domain && domain->type != JSON_STRING)
        return rpc_error(c, RPC_DOMAIN_MALFORMED, NULL);
    TRY(read_currency(c, pays, RPC_SRC_CUR_MALFORMED, ret_pays));
    return read_currency(c, gets, RPC_DST_AMT_MALFORMED, ret_gets);
}

/* The book of an element, checked in the order of A.12. */
static err read_book(struct call *c, const struct json *v, struct feed_book *ret)
{
    const struct json *pays = json_get(v, "taker_pays"), *gets = json_get(v, "taker_gets"),
                      *domain = json_get(v, "domain");
    struct asset p = {0}, g = {0};
    struct hash256 id;
    if (!pays)
        return rpc_error(c, RPC_INVALID_PARAMS, "Missing field 'taker_pays'");
    if (!gets)
        return rpc_error(c, RPC_INVALID_PARAMS, "Missing field 'taker_gets'");
    if (pays->type != JSON_OBJECT)
        return rpc_error(c, RPC_INVALID_PARAMS, "Field 'taker_pays' is not an object");
    if (gets->type != JSON_OBJECT)
        return rpc_error(c, RPC_INVALID_PARAMS, "Field 'taker_gets' is not an object");
    TRY(read_currencies(c, pays, gets, domain, &p, &g));
    TRY(read_issuer(c, pays, &pays_side, &p));
    TRY(read_issuer(c, gets, &gets_side, &g));
    if (asset_eq(&p, &g))
        return rpc_error(c, RPC_BAD_MARKET, "badMarket");
    if (domain && !param_hex(domain->s, id.b, sizeof id.b))
        return rpc_error(c, RPC_DOMAIN_MALFORMED, NULL);
    *ret = feed_request_book(&p, &g, domain ? &id : NULL);
    return OK;
}

static err read_books(struct call *c, const struct json *v, const struct param *options)
{
    struct subscribe_args *args = c->args;
    struct feed_book *list = arena_try(c->arena, (2 * v->n + 1) * sizeof *list);
    args->asked = arena_try(c->arena, (v->n + 1) * sizeof *args->asked);
    if (list == NULL || args->asked == NULL)
        return rpc_error(c, RPC_TOO_BUSY, NULL);
    for (uint32_t i = 0; i < v->n; i++) {
        struct subscribe_book *b = &args->asked[i];
        if (v->items[i].type != JSON_OBJECT)
            return rpc_error(c, RPC_INVALID_PARAMS, "booksItemNotObject");
        args->both = args->snapshot = false;
        args->taker = (struct param_account){0};
        TRY(param_check(c, options, &v->items[i]));
        TRY(read_book(c, &v->items[i], &b->book));
        b->both = args->both;
        b->snapshot = args->snapshot;
        b->taker = args->taker.v;
        list[args->request.n_books++] = b->book;
        if (b->both)
            list[args->request.n_books++] = feed_request_book(
                &b->book.gets, &b->book.pays, b->book.has_domain ? &b->book.domain : NULL);
    }
    args->n_asked = v->n;
    args->request.books = list;
    return OK;
}

err subscribe_params_books(struct call *c, const struct param *p, const struct json *v)
{
    return read_books(c, v, book_options);
}

err subscribe_params_books_named(struct call *c, const struct param *p, const struct json *v)
{
    return read_books(c, v, both_only);
}

/* --- filters --- */

err subscribe_params_tx_types(struct call *c, const struct param *p, const struct json *v)
{
    struct feed_request *r = request_of(c);
    uint16_t *list = arena_try(c->arena, (v->n + 1) * sizeof *list);
    if (list == NULL)
        return rpc_error(c, RPC_TOO_BUSY, NULL);
    for (uint32_t i = 0; i < v->n; i++) {
        int type =
            v->items[i].type == JSON_STRING ? names_tx_by_name(tables_of(c->w), v->items[i].s) : -1;
        if (type < 0)
            return rpc_error(c, RPC_INVALID_PARAMS, "Invalid field 'tx_types'.");
        list[i] = (uint16_t)type;
    }
    r->tx_types = list;
    r->n_tx_types = v->n;
    return OK;
}

err subscribe_params_issuances(struct call *c, const struct param *p, const struct json *v)
{
    struct feed_request *r = request_of(c);
    struct mpt_id *list = arena_try(c->arena, (v->n + 1) * sizeof *list);
    if (list == NULL)
        return rpc_error(c, RPC_TOO_BUSY, NULL);
    for (uint32_t i = 0; i < v->n; i++)
        if (v->items[i].type != JSON_STRING ||
            !param_hex(v->items[i].s, list[i].b, sizeof list[i].b))
            return rpc_error(c, RPC_INVALID_PARAMS, "Invalid field 'mpt_issuance_ids'.");
    r->issuances = list;
    r->n_issuances = v->n;
    return OK;
}
