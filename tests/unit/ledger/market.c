/* SPDX-License-Identifier: Apache-2.0 */
#include "market.h"

#include "base/bits.h"
#include "sto_build.h"
#include "store/memory.h"
#include "test.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

#include <stdlib.h>

void market_init(struct market *m)
{
    *m = (struct market){.n = 0};
    chain_init(&m->chain, 1, 50, 0);
}

void market_open(struct market *m)
{
    static unsigned n_opened;
    char name[32];
    snprintf(name, sizeof name, "market%u", ++n_opened);
    m->store = memory_new();
    m->ledgers = chain_open(m->store, name);
    chain_set(&m->chain, m->objects, m->n);
    chain_load(&m->chain, m->ledgers, 1);
    ASSERT_OK(view_open(m->ledgers, 50, &m->view));
    m->arena = arena_new(0);
    m->funds = funds_of(m->view, m->arena);
}

void market_deinit(struct market *m)
{
    view_close(m->view);
    ledgers_close(m->ledgers);
    store_close(m->store);
    arena_free(m->arena);
    chain_deinit(&m->chain);
}

struct account market_account(char name)
{
    struct account a;
    memset(a.b, name, sizeof a.b);
    return a;
}

struct asset market_asset(const char *currency, char issuer)
{
    struct asset a = {.kind = strcmp(currency, "XRP") ? ASSET_IOU : ASSET_XRP};
    if (a.kind == ASSET_IOU) {
        ASSERT(currency_from_text(slice_str(currency), &a.currency));
        a.issuer = market_account(issuer);
    }
    return a;
}

struct amount market_amount(const struct asset *asset, const char *text)
{
    struct amount a;
    uint64_t mantissa = 0;
    int32_t exponent = 0;
    bool negative = *text == '-', fraction = false;
    for (const char *p = text + negative; *p; p++) {
        if (*p == '.') {
            fraction = true;
            continue;
        }
        mantissa = mantissa * 10 + (uint64_t)(*p - '0');
        exponent -= fraction;
    }
    ASSERT_OK(amount_canonicalize(asset, negative, mantissa, exponent, &a));
    return a;
}

void market_add(struct market *m, const struct hash256 *key, const struct buf *b)
{
    ASSERT(m->n < MARKET_MAX);
    m->objects[m->n++] =
        (struct store_object){*key, arena_dup(m->chain.arena, slice_of(b->p, b->n))};
}

void market_fees(struct market *m, uint64_t reserve, uint64_t increment, bool old_fields)
{
    struct buf b = {0};
    struct hash256 key = keylet_fees();
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_FeeSettings);
    if (old_fields) {
        uint8_t base[8];
        bits_store64(base, 12);
        sto_build_u32(&b, FIELD_ReserveBase, (uint32_t)reserve);
        sto_build_u32(&b, FIELD_ReserveIncrement, (uint32_t)increment);
        sto_build_field(&b, FIELD_BaseFee, slice_of(base, 8));
    } else {
        struct amount base = amount_drops(reserve), more = amount_drops(increment);
        sto_build_amount(&b, FIELD_ReserveBaseDrops, &base);
        sto_build_amount(&b, FIELD_ReserveIncrementDrops, &more);
    }
    market_add(m, &key, &b);
    buf_deinit(&b);
}

void market_amendment(struct market *m, const char *name)
{
    struct buf b = {0};
    struct slice part = slice_str(name);
    struct hash256 ids[2] = {{{1}}, hash_sha512half(&part, 1)}, key = keylet_amendments();
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_Amendments);
    sto_build_field(&b, FIELD_Amendments, slice_of(ids, sizeof ids));
    market_add(m, &key, &b);
    buf_deinit(&b);
}

void market_add_root(struct market *m, char name, struct market_root root)
{
    struct buf b = {0};
    struct account account = market_account(name);
    struct hash256 key = keylet_account(&account);
    struct amount balance = amount_drops(root.drops);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_AccountRoot);
    sto_build_u32(&b, FIELD_Flags, root.flags);
    sto_build_u32(&b, FIELD_OwnerCount, root.owner_count);
    if (root.transfer_rate)
        sto_build_u32(&b, FIELD_TransferRate, root.transfer_rate);
    if (root.amm_id)
        sto_build_field(&b, FIELD_AMMID, hash256_slice(root.amm_id));
    if (root.vault_id)
        sto_build_field(&b, FIELD_VaultID, hash256_slice(root.vault_id));
    if (root.broker_id)
        sto_build_field(&b, FIELD_LoanBrokerID, hash256_slice(root.broker_id));
    sto_build_amount(&b, FIELD_Balance, &balance);
    sto_build_field(&b, FIELD_Account, slice_of(account.b, 20));
    market_add(m, &key, &b);
    buf_deinit(&b);
}

static uint32_t line_flags(uint32_t flags, bool issuer_is_high)
{
    uint32_t all = 0;
    if (flags & MARKET_FREEZE)
        all |= issuer_is_high ? 0x00800000u : 0x00400000u;
    if (flags & MARKET_OTHER_FREEZE)
        all |= issuer_is_high ? 0x00400000u : 0x00800000u;
    if (flags & MARKET_DEEP_FREEZE)
        all |= issuer_is_high ? 0x04000000u : 0x02000000u;
    return all;
}

void market_add_line(struct market *m, char holder, const struct asset *asset, const char *text,
                     uint32_t flags)
{
    struct buf b = {0};
    struct account account = market_account(holder);
    struct hash256 key = keylet_line(&account, &asset->issuer, &asset->currency);
    bool issuer_is_high = account_cmp(&asset->issuer, &account) > 0;
    struct amount balance = market_amount(asset, text);
    if (!issuer_is_high)
        balance = amount_negate(balance);
    memset(balance.asset.issuer.b, 0, 19); /* balances name "no account" */
    balance.asset.issuer.b[19] = 1;
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_RippleState);
    sto_build_u32(&b, FIELD_Flags, line_flags(flags, issuer_is_high));
    sto_build_amount(&b, FIELD_Balance, &balance);
    market_add(m, &key, &b);
    buf_deinit(&b);
}

static void put_issue(struct buf *b, field_id id, const struct asset *a)
{
    uint8_t wire[40] = {0};
    memcpy(wire, a->currency.b, 20);
    memcpy(wire + 20, a->issuer.b, 20);
    sto_build_field(b, id, slice_of(wire, a->kind == ASSET_XRP ? 20 : 40));
}

void market_add_amm(struct market *m, const struct hash256 *id, const struct asset *a,
                    const struct asset *b)
{
    struct buf out = {0};
    sto_build_u16(&out, FIELD_LedgerEntryType, ENTRY_AMM);
    put_issue(&out, FIELD_Asset, a);
    put_issue(&out, FIELD_Asset2, b);
    market_add(m, id, &out);
    buf_deinit(&out);
}

struct slice market_offer(struct market *m, char owner, const struct amount *gets,
                          const struct amount *pays, uint64_t quality)
{
    struct buf b = {0};
    struct account account = market_account(owner);
    struct hash256 dir = {{0xDD}};
    bits_store64(dir.b + 24, quality);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_Offer);
    sto_build_field(&b, FIELD_BookDirectory, hash256_slice(&dir));
    sto_build_amount(&b, FIELD_TakerPays, pays);
    sto_build_amount(&b, FIELD_TakerGets, gets);
    sto_build_field(&b, FIELD_Account, slice_of(account.b, 20));
    struct slice s = arena_dup(m->chain.arena, slice_of(b.p, b.n));
    buf_deinit(&b);
    return s;
}
