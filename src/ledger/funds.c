/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/funds.h"

#include "base/bits.h"
#include "base/mem.h"
#include "ledger/amendments.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

#define ROOT_GLOBAL_FREEZE 0x00400000u
#define LINE_LOW_FREEZE 0x00400000u
#define LINE_HIGH_FREEZE 0x00800000u
#define LINE_DEEP_FREEZE (0x02000000u | 0x04000000u)
#define MPT_LOCKED 0x00000001u /* of an issuance and of a holding */
#define DROPS_MASK 0x3FFFFFFFFFFFFFFFu

/* What is needed of a trust line. */
struct held_line {
    bool exists;
    uint32_t flags;
    struct amount balance; /* from the lower account's point of view */
};

struct funds funds_of(struct view *v, struct arena *a)
{
    return (struct funds){.view = v, .arena = a};
}

/* The object at `key` if it is of `type`; empty when there is none. */
static err read_entry(struct funds *f, const struct hash256 *key, uint16_t type, struct slice *ret)
{
    err e = view_get(f->view, key, f->arena, ret);
    if (e.code == ERR_NOT_FOUND) {
        *ret = SLICE_EMPTY;
        return OK;
    }
    TRY(e);
    if (sto_entry_type(*ret) != type)
        return FAIL(ERR_CORRUPT, "funds: an object of type %04x where one of type %04x belongs",
                    sto_entry_type(*ret), type);
    return OK;
}

/* --- fees --- */

/* An XRP amount field; these are never negative. */
static uint64_t drops_of(struct slice object, field_id id)
{
    return sto_u64(object, id, 0) & DROPS_MASK;
}

static struct funds_fees decode_fees(struct slice o)
{
    if (sto_has(o, FIELD_BaseFeeDrops) || sto_has(o, FIELD_ReserveBaseDrops) ||
        sto_has(o, FIELD_ReserveIncrementDrops))
        return (struct funds_fees){drops_of(o, FIELD_BaseFeeDrops),
                                   drops_of(o, FIELD_ReserveBaseDrops),
                                   drops_of(o, FIELD_ReserveIncrementDrops)};
    return (struct funds_fees){sto_u64(o, FIELD_BaseFee, 0), sto_u32(o, FIELD_ReserveBase, 0),
                               sto_u32(o, FIELD_ReserveIncrement, 0)};
}

err funds_get_fees(struct funds *f, struct funds_fees *ret)
{
    if (!f->fees_known) {
        struct hash256 key = keylet_fees();
        struct arena_pos pos = arena_mark(f->arena);
        struct slice object;
        TRY(read_entry(f, &key, ENTRY_FeeSettings, &object));
        f->fees = decode_fees(object);
        f->fees_known = true;
        arena_rewind(f->arena, pos);
    }
    *ret = f->fees;
    return OK;
}

uint64_t funds_root_reserve(const struct funds_fees *fees, const struct funds_root *root)
{
    uint64_t things = (uint64_t)root->owner_count + root->sponsoring_count, of_things, of_accounts,
             all;
    uint64_t accounts = (uint64_t)root->sponsoring_accounts + !root->is_sponsored;
    things -= MIN(things, (uint64_t)root->sponsored_count);
    if (__builtin_mul_overflow(fees->reserve_increment_drops, things, &of_things) ||
        __builtin_mul_overflow(fees->reserve_base_drops, accounts, &of_accounts) ||
        __builtin_add_overflow(of_things, of_accounts, &all))
        return UINT64_MAX;
    return all;
}

/* --- accounts --- */

static void decode_root(struct slice object, struct funds_root *r)
{
    struct sto_iter it = sto_iter_of(object);
    struct sto_field field;
    r->transfer_rate = AMOUNT_RATE_PARITY;
    while (sto_next(&it, &field)) {
        const uint8_t *p = field.value.p;
        if (field.id == FIELD_Flags)
            r->flags = bits_load32(p);
        else if (field.id == FIELD_OwnerCount)
            r->owner_count = bits_load32(p);
        else if (field.id == FIELD_TransferRate)
            r->transfer_rate = bits_load32(p);
        else if (field.id == FIELD_SponsoredOwnerCount)
            r->sponsored_count = bits_load32(p);
        else if (field.id == FIELD_SponsoringOwnerCount)
            r->sponsoring_count = bits_load32(p);
        else if (field.id == FIELD_SponsoringAccountCount)
            r->sponsoring_accounts = bits_load32(p);
        else if (field.id == FIELD_Sponsor)
            r->is_sponsored = true;
        else if (field.id == FIELD_Balance && field.value.n == 8)
            r->balance_drops = bits_load64(p) & DROPS_MASK;
        else if (field.id == FIELD_AMMID) {
            r->amm_id = hash256_of(p);
            r->is_amm = r->is_pseudo = true;
        } else if (field.id == FIELD_VaultID || field.id == FIELD_LoanBrokerID) {
            r->is_pseudo = true;
        }
    }
}

err funds_root_get(struct funds *f, const struct account *account, const struct funds_root **ret)
{
    struct funds_root *slot = &f->roots[account->b[19] % FUNDS_N_ROOTS];
    if (!slot->known || !account_eq(&slot->account, account)) {
        struct funds_root root = {.account = *account, .known = true};
        struct hash256 key = keylet_account(account);
        struct arena_pos pos = arena_mark(f->arena);
        struct slice object;
        TRY(read_entry(f, &key, ENTRY_AccountRoot, &object));
        root.exists = object.n > 0;
        decode_root(object, &root);
        arena_rewind(f->arena, pos);
        *slot = root;
    }
    *ret = slot;
    return OK;
}

struct account funds_issuer(const struct asset *asset)
{
    return asset->kind == ASSET_MPT ? account_of(asset->mpt.b + 4) : asset->issuer;
}

err funds_transfer_rate(struct funds *f, const struct account *issuer, uint32_t *ret)
{
    const struct funds_root *root;
    if (account_is_zero(issuer)) {
        *ret = AMOUNT_RATE_PARITY;
        return OK;
    }
    TRY(funds_root_get(f, issuer, &root));
    *ret = root->transfer_rate;
    return OK;
}

static err read_issuance(struct funds *f, const struct mpt_id *id, uint32_t *ret_flags,
                         uint16_t *ret_fee)
{
    struct hash256 key = keylet_mpt_issuance(id);
    struct arena_pos pos = arena_mark(f->arena);
    struct slice issuance;
    TRY(read_entry(f, &key, ENTRY_MPTokenIssuance, &issuance));
    *ret_flags = sto_u32(issuance, FIELD_Flags, 0);
    *ret_fee = sto_u16(issuance, FIELD_TransferFee, 0);
    arena_rewind(f->arena, pos);
    return OK;
}

err funds_asset_rate(struct funds *f, const struct asset *asset, uint32_t *ret)
{
    const uint32_t fee_unit =
        AMOUNT_RATE_PARITY / 100000; /* of an MPT: a thousandth of a percent */
    uint32_t flags;
    uint16_t fee;
    if (asset->kind != ASSET_MPT)
        return funds_transfer_rate(f, &asset->issuer, ret);
    TRY(read_issuance(f, &asset->mpt, &flags, &fee));
    *ret = AMOUNT_RATE_PARITY + fee * fee_unit;
    return OK;
}

err funds_asset_frozen(struct funds *f, const struct asset *asset, bool *ret)
{
    uint32_t flags;
    uint16_t fee;
    if (asset->kind != ASSET_MPT)
        return funds_is_global_frozen(f, &asset->issuer, ret);
    TRY(read_issuance(f, &asset->mpt, &flags, &fee));
    *ret = (flags & MPT_LOCKED) != 0;
    return OK;
}

err funds_xrp_liquid(struct funds *f, const struct account *account, uint64_t *ret_drops)
{
    const struct funds_root *root;
    struct funds_fees fees;
    TRY(funds_get_fees(f, &fees));
    TRY(funds_root_get(f, account, &root));
    uint64_t reserve = root->is_pseudo ? 0 : funds_root_reserve(&fees, root);
    *ret_drops = root->balance_drops > reserve ? root->balance_drops - reserve : 0;
    return OK;
}

/* --- trust lines --- */

static err read_line(struct funds *f, const struct account *account, const struct asset *asset,
                     struct held_line *ret)
{
    struct hash256 key = keylet_line(account, &asset->issuer, &asset->currency);
    struct arena_pos pos = arena_mark(f->arena);
    struct slice object, balance = SLICE_EMPTY;
    *ret = (struct held_line){0};
    TRY(read_entry(f, &key, ENTRY_RippleState, &object));
    if (object.n == 0)
        return OK;
    ret->exists = true;
    ret->flags = sto_u32(object, FIELD_Flags, 0);
    if (!sto_get(object, FIELD_Balance, &balance) ||
        err_failed(amount_decode(balance, &ret->balance)))
        return FAIL(ERR_CORRUPT, "funds: a trust line without a balance");
    arena_rewind(f->arena, pos);
    return OK;
}

static bool line_is_frozen(const struct held_line *line, const struct account *account,
                           const struct account *issuer)
{
    int order = account_cmp(issuer, account);
    if (order == 0)
        return false;
    return (line->flags & (order > 0 ? LINE_HIGH_FREEZE : LINE_LOW_FREEZE)) != 0;
}

static struct amount line_balance(const struct held_line *line, const struct account *account,
                                  const struct asset *asset)
{
    if (!line->exists)
        return amount_zero(asset);
    struct amount a = line->balance;
    if (account_cmp(account, &asset->issuer) > 0)
        a = amount_negate(a);
    a.asset = *asset;
    return a;
}

/* --- MPT --- */

struct mpt_holding {
    uint64_t units;
    bool locked; /* as a whole, or for this holder */
};

static err read_mpt(struct funds *f, const struct account *account, const struct asset *asset,
                    struct mpt_holding *ret)
{
    struct hash256 issuance_key = keylet_mpt_issuance(&asset->mpt);
    struct hash256 key = keylet_mptoken(&issuance_key, account);
    struct arena_pos pos = arena_mark(f->arena);
    struct slice issuance, token;
    TRY(read_entry(f, &issuance_key, ENTRY_MPTokenIssuance, &issuance));
    TRY(read_entry(f, &key, ENTRY_MPToken, &token));
    ret->units = sto_u64(token, FIELD_MPTAmount, 0);
    ret->locked =
        ((sto_u32(issuance, FIELD_Flags, 0) | sto_u32(token, FIELD_Flags, 0)) & MPT_LOCKED) != 0;
    arena_rewind(f->arena, pos);
    return OK;
}

/* --- freezes --- */

err funds_is_global_frozen(struct funds *f, const struct account *issuer, bool *ret)
{
    const struct funds_root *root;
    *ret = false;
    if (account_is_zero(issuer))
        return OK;
    TRY(funds_root_get(f, issuer, &root));
    *ret = (root->flags & ROOT_GLOBAL_FREEZE) != 0;
    return OK;
}

err funds_is_frozen(struct funds *f, const struct account *account, const struct asset *asset,
                    bool *ret)
{
    struct mpt_holding holding;
    struct held_line line;
    *ret = false;
    if (asset->kind == ASSET_XRP)
        return OK;
    if (asset->kind == ASSET_MPT) {
        TRY(read_mpt(f, account, asset, &holding));
        *ret = holding.locked;
        return OK;
    }
    TRY(funds_is_global_frozen(f, &asset->issuer, ret));
    if (*ret || account_eq(account, &asset->issuer))
        return OK;
    TRY(read_line(f, account, asset, &line));
    *ret = line_is_frozen(&line, account, &asset->issuer);
    return OK;
}

err funds_is_deep_frozen(struct funds *f, const struct account *account, const struct asset *asset,
                         bool *ret)
{
    struct held_line line;
    *ret = false;
    if (asset->kind != ASSET_IOU || account_eq(account, &asset->issuer))
        return OK;
    TRY(read_line(f, account, asset, &line));
    *ret = (line.flags & LINE_DEEP_FREEZE) != 0;
    return OK;
}

/* Amendment fixFrozenLPTokenTransfer: an AMM's tokens cannot be moved while one of its assets is
 * frozen. */
static err lp_freeze_enabled(struct funds *f, bool *ret)
{
    if (!f->lp_freeze_known) {
        TRY(amendments_enabled(f->view, f->arena, "fixFrozenLPTokenTransfer", &f->lp_freeze));
        f->lp_freeze_known = true;
    }
    *ret = f->lp_freeze;
    return OK;
}

static err amm_asset_frozen(struct funds *f, const struct account *account, struct slice issue,
                            bool *ret)
{
    struct asset asset;
    if (!sto_issue(issue, &asset))
        return FAIL(ERR_CORRUPT, "funds: an AMM with an asset of %zu bytes", issue.n);
    return funds_is_frozen(f, account, &asset, ret);
}

/* Is one of the assets of the AMM at `id` frozen for `account`? So it is when there is no AMM. */
static err amm_frozen(struct funds *f, const struct account *account, const struct hash256 *id,
                      bool *ret)
{
    struct slice amm, asset = SLICE_EMPTY, asset2 = SLICE_EMPTY;
    struct arena_pos pos = arena_mark(f->arena);
    *ret = true;
    TRY(read_entry(f, id, ENTRY_AMM, &amm));
    if (amm.n == 0)
        return OK;
    (void)sto_get(amm, FIELD_Asset, &asset); /* absent: no asset, told below */
    (void)sto_get(amm, FIELD_Asset2, &asset2);
    TRY(amm_asset_frozen(f, account, asset, ret));
    if (!*ret)
        TRY(amm_asset_frozen(f, account, asset2, ret));
    arena_rewind(f->arena, pos);
    return OK;
}

static err lp_token_frozen(struct funds *f, const struct account *account,
                           const struct account *issuer, bool *ret)
{
    const struct funds_root *root;
    TRY(lp_freeze_enabled(f, ret));
    if (!*ret)
        return OK;
    TRY(funds_root_get(f, issuer, &root));
    if (!root->exists || !root->is_amm) {
        *ret = !root->exists;
        return OK;
    }
    struct hash256 id = root->amm_id;
    return amm_frozen(f, account, &id, ret);
}

/* --- holdings --- */

static err holds_issued(struct funds *f, const struct account *account, const struct asset *asset,
                        bool zero_if_frozen, struct amount *ret)
{
    struct held_line line;
    bool frozen = false;
    TRY(read_line(f, account, asset, &line));
    *ret = line_balance(&line, account, asset);
    if (!line.exists || !zero_if_frozen)
        return OK;
    TRY(funds_is_global_frozen(f, &asset->issuer, &frozen));
    frozen = frozen || line_is_frozen(&line, account, &asset->issuer);
    if (!frozen)
        TRY(lp_token_frozen(f, account, &asset->issuer, &frozen));
    if (frozen)
        *ret = amount_zero(asset);
    return OK;
}

err funds_account_holds(struct funds *f, const struct account *account, const struct asset *asset,
                        bool zero_if_frozen, struct amount *ret)
{
    struct mpt_holding holding;
    uint64_t drops;
    switch (asset->kind) {
    case ASSET_XRP:
        TRY(funds_xrp_liquid(f, account, &drops));
        *ret = amount_drops(drops);
        return OK;
    case ASSET_MPT:
        TRY(read_mpt(f, account, asset, &holding));
        *ret = amount_zero(asset);
        ret->mantissa = holding.locked && zero_if_frozen ? 0 : holding.units;
        return OK;
    case ASSET_IOU: break;
    }
    return holds_issued(f, account, asset, zero_if_frozen, ret);
}

err funds_lp_holds(struct funds *f, const struct account *account,
                   const struct currency *lp_currency, const struct account *amm_account,
                   struct amount *ret)
{
    struct asset asset = {.kind = ASSET_IOU, .currency = *lp_currency, .issuer = *amm_account};
    struct held_line line;
    bool frozen;
    TRY(read_line(f, account, &asset, &line));
    *ret = line_balance(&line, account, &asset);
    if (!line.exists)
        return OK;
    TRY(funds_is_global_frozen(f, amm_account, &frozen));
    bool deep = !account_eq(account, amm_account) && (line.flags & LINE_DEEP_FREEZE) != 0;
    if (frozen || deep || line_is_frozen(&line, account, amm_account))
        *ret = amount_zero(&asset);
    return OK;
}
