/* SPDX-License-Identifier: Apache-2.0 */
/* amm_info: an automated market maker's pool, votes and auction slot (rpc-a 12). */
#include "ledger/funds.h"
#include "rpc/method.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

#define SLOT_S 86400u      /* how long an auction slot is held, */
#define SLOT_INTERVALS 20u /* ... and into how many parts that is divided */

struct args {
    struct param_asset_value asset, asset2;
    struct param_account amm_account;
    struct param_account account;
};

static const struct param params[] = {
    PARAM_LEDGER,
    PARAM_ASSET("asset", struct args, asset, .doc = "One asset of the pool"),
    PARAM_ASSET("asset2", struct args, asset2, .doc = "The other asset"),
    PARAM_ACCOUNT("amm_account", struct args, amm_account, .bad = {RPC_ACT_MALFORMED, NULL},
                  .doc = "The AMM's account, instead of its assets"),
    PARAM_ACCOUNT("account", struct args, account, .bad = {RPC_ACT_MALFORMED, NULL},
                  .doc = "Show how many of the AMM's tokens this account holds"),
    PARAM_END,
};

/* An AMM and what was asked of it. */
struct amm {
    struct slice object;
    struct account account;
    struct asset asset, asset2; /* in the order of the request */
    struct amount amount, amount2, lp_token;
};

/* Key of the AMM that `amm_account` names. */
static err key_by_account(struct call *c, const struct account *account, struct hash256 *ret)
{
    struct slice root;
    TRY(call_account_root(c, account, RPC_ACT_MALFORMED, &root));
    if (!sto_hash256(root, FIELD_AMMID, ret) || hash256_is_zero(ret))
        return rpc_error(c, RPC_ACT_NOT_FOUND, NULL);
    return OK;
}

static err find_key(struct call *c, const struct args *args, struct hash256 *ret)
{
    struct slice root;
    if (args->account.set)
        TRY(call_account_root(c, &args->account.v, RPC_ACT_NOT_FOUND, &root));
    if (args->amm_account.set)
        return key_by_account(c, &args->amm_account.v, ret);
    *ret = keylet_amm(&args->asset.v, &args->asset2.v);
    return OK;
}

static err read_amm(struct call *c, const struct args *args, struct amm *ret)
{
    struct hash256 key;
    struct slice root, asset, asset2;
    TRY(find_key(c, args, &key));
    TRY(call_get(c, &key, &ret->object));
    if (ret->object.n == 0)
        return rpc_error(c, RPC_ACT_NOT_FOUND, NULL);
    if (sto_entry_type(ret->object) != ENTRY_AMM ||
        !sto_account(ret->object, FIELD_Account, &ret->account) ||
        !sto_get(ret->object, FIELD_Asset, &asset) || !sto_issue(asset, &ret->asset) ||
        !sto_get(ret->object, FIELD_Asset2, &asset2) || !sto_issue(asset2, &ret->asset2))
        return FAIL(ERR_CORRUPT, "amm_info: an AMM that is none");
    if (!args->amm_account.set) {
        ret->asset = args->asset.v;
        ret->asset2 = args->asset2.v;
    }
    return call_account_root(c, &ret->account, RPC_ACT_NOT_FOUND, &root);
}

static err read_balances(struct args *args, struct funds *f, struct amm *m)
{
    struct slice tokens;
    TRY(funds_account_holds(f, &m->account, &m->asset, false, &m->amount));
    TRY(funds_account_holds(f, &m->account, &m->asset2, false, &m->amount2));
    if (!sto_get(m->object, FIELD_LPTokenBalance, &tokens))
        return FAIL(ERR_CORRUPT, "amm_info: an AMM without tokens");
    TRY(amount_decode(tokens, &m->lp_token));
    if (!args->account.set)
        return OK;
    struct currency currency = m->lp_token.asset.currency;
    return funds_lp_holds(f, &args->account.v, &currency, &m->account, &m->lp_token);
}

/* --- output --- */

static void put_amount(struct call *c, const char *key, const struct amount *a)
{
    jw_key(c->w, key);
    render_amount(c->w, a);
}

/* The array's elements, objects each: false at the end. */
static bool next_element(struct sto_iter *it, struct slice *ret)
{
    struct sto_field f;
    if (!sto_next(it, &f))
        return false;
    *ret = f.value;
    return true;
}

static void put_account_of(struct call *c, struct slice object)
{
    struct account account;
    if (sto_account(object, FIELD_Account, &account))
        call_put_account(c, "account", &account);
}

static void put_auth_accounts(struct call *c, struct slice slot)
{
    struct slice list, element;
    if (!sto_get(slot, FIELD_AuthAccounts, &list))
        return;
    struct sto_iter it = sto_iter_of(list);
    jw_key(c->w, "auth_accounts");
    jw_arr_begin(c->w);
    while (next_element(&it, &element)) {
        jw_obj_begin(c->w);
        put_account_of(c, element);
        jw_obj_end(c->w);
    }
    jw_arr_end(c->w);
}

/* Which part of the slot's day it is; SLOT_INTERVALS outside of it. */
static uint32_t time_interval(uint32_t now, uint32_t expiration)
{
    if (expiration < SLOT_S || now < expiration - SLOT_S || now >= expiration)
        return SLOT_INTERVALS;
    return (now - (expiration - SLOT_S)) / (SLOT_S / SLOT_INTERVALS);
}

static err put_auction_slot(struct call *c, struct slice amm)
{
    struct slice slot, price;
    struct amount amount;
    char time[RENDER_TIME_MAX];
    if (!sto_get(amm, FIELD_AuctionSlot, &slot) || !sto_has(slot, FIELD_Account))
        return OK;
    uint32_t expiration = sto_u32(slot, FIELD_Expiration, 0);
    if (!sto_get(slot, FIELD_Price, &price))
        return FAIL(ERR_CORRUPT, "amm_info: an auction slot without price");
    TRY(amount_decode(price, &amount));
    jw_key(c->w, "auction_slot");
    jw_obj_begin(c->w);
    jw_kv_u64(c->w, "time_interval",
              time_interval(view_header(c->view)->parent_close_time, expiration));
    put_amount(c, "price", &amount);
    jw_kv_u64(c->w, "discounted_fee", sto_u16(slot, FIELD_DiscountedFee, 0));
    put_account_of(c, slot);
    size_t n = render_time_iso(expiration, time);
    memcpy(time + n - 1, "+0000", 6); /* instead of the Z */
    jw_kv_lit(c->w, "expiration", time);
    put_auth_accounts(c, slot);
    jw_obj_end(c->w);
    return OK;
}

static void put_vote_slots(struct call *c, struct slice amm)
{
    struct slice list, vote;
    if (!sto_get(amm, FIELD_VoteSlots, &list) || list.n == 0)
        return;
    struct sto_iter it = sto_iter_of(list);
    jw_key(c->w, "vote_slots");
    jw_arr_begin(c->w);
    while (next_element(&it, &vote)) {
        jw_obj_begin(c->w);
        put_account_of(c, vote);
        jw_kv_u64(c->w, "trading_fee", sto_u16(vote, FIELD_TradingFee, 0));
        jw_kv_u64(c->w, "vote_weight", sto_u32(vote, FIELD_VoteWeight, 0));
        jw_obj_end(c->w);
    }
    jw_arr_end(c->w);
}

/* The flag beside an amount tells of that amount's asset, in whatever order the assets were asked
 * for. (The reference reads the AMM's own order: with swapped assets it tells of the other one.) */
static err put_frozen(struct call *c, struct funds *f, const struct account *account,
                      const struct asset *asset, const char *key)
{
    bool frozen;
    if (asset->kind == ASSET_XRP)
        return OK;
    TRY(funds_is_frozen(f, account, asset, &frozen));
    jw_key(c->w, key);
    jw_bool(c->w, frozen);
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct amm m = {0};
    bool both = args->asset.set && args->asset2.set, any = args->asset.set || args->asset2.set;
    if (args->amm_account.set ? any : !both)
        return rpc_error(c, RPC_INVALID_PARAMS, NULL);
    TRY(call_open_ledger(c));
    TRY(read_amm(c, args, &m));
    struct funds funds = funds_of(c->view, c->arena);
    TRY(read_balances(args, &funds, &m));

    jw_key(c->w, "amm");
    jw_obj_begin(c->w);
    put_amount(c, "lp_token", &m.lp_token);
    put_amount(c, "amount", &m.amount);
    put_amount(c, "amount2", &m.amount2);
    call_put_account(c, "account", &m.account);
    jw_kv_u64(c->w, "trading_fee", sto_u16(m.object, FIELD_TradingFee, 0));
    TRY(put_auction_slot(c, m.object));
    put_vote_slots(c, m.object);
    TRY(put_frozen(c, &funds, &m.account, &m.asset, "asset_frozen"));
    TRY(put_frozen(c, &funds, &m.account, &m.asset2, "asset2_frozen"));
    jw_obj_end(c->w);
    call_put_ledger(c);
    return OK;
}

const struct method amm_info_method = {
    .name = "amm_info",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "An automated market maker's pool, fee, votes and auction slot.",
};
