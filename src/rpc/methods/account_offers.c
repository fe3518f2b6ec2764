/* SPDX-License-Identifier: Apache-2.0 */
/* account_offers: an account's offers, page by page (rpc-a 10). */
#include "rpc/method.h"
#include "rpc/owner_walk.h"
#include "rpc/put.h"
#include "xrpl/amount.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

struct args {
    struct param_account account;
    struct param_marker marker;
    struct param_u32 limit;
};

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .doc = "Address or public key of the account"),
    PARAM_LEDGER,
    PARAM_MARKER("marker", struct args, marker, .doc = "Where the page before this one ended"),
    PARAM_LIMIT("limit", struct args, limit, 10, 200, 400,
                .doc = "Objects of the account to look at"),
    PARAM_END,
};

static err put_quality(struct call *c, struct slice offer)
{
    struct hash256 directory;
    struct amount quality;
    if (!sto_hash256(offer, FIELD_BookDirectory, &directory) ||
        amount_from_quality(keylet_quality(&directory), &quality).code)
        return FAIL(ERR_CORRUPT, "rpc: an offer has no valid quality");
    jw_key(c->w, "quality");
    render_amount_value(c->w, &quality);
    return OK;
}

static err put_offer(struct owner_walk *w, void *arg, const struct hash256 *key, struct slice offer)
{
    (void)arg, (void)key;
    struct call *c = w->c;
    jw_obj_begin(c->w);
    jw_kv_u64(c->w, "seq", sto_u32(offer, FIELD_Sequence, 0));
    jw_kv_u64(c->w, "flags", sto_u32(offer, FIELD_Flags, 0));
    TRY(put_quality(c, offer));
    put_uint(c, "expiration", offer, FIELD_Expiration);
    TRY(put_amount(c, "taker_pays", offer, FIELD_TakerPays));
    TRY(put_amount(c, "taker_gets", offer, FIELD_TakerGets));
    jw_obj_end(c->w);
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct slice root;
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, &args->account.v, RPC_ACT_NOT_FOUND, &root));
    call_put_ledger(c);
    call_put_account(c, "account", &args->account.v);
    jw_key(c->w, "offers");
    jw_arr_begin(c->w);
    struct owner_walk walk = owner_walk_of(c, &args->account.v, args->limit.v, &args->marker);
    TRY(owner_walk_each(&walk, ENTRY_Offer, put_offer, NULL));
    jw_arr_end(c->w);
    owner_walk_put_marker(&walk);
    return OK;
}

const struct method account_offers_method = {
    .name = "account_offers",
    .params = params,
    .args_bytes = sizeof(struct args),
    .deprecated = (const char *const[]){"ledger", "strict", NULL},
    .run = run,
    .doc = "The offers that an account has in order books, page by page.",
};
