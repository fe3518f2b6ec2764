/* SPDX-License-Identifier: Apache-2.0 */
#include "market.h"
#include "sto_build.h"
#include "test.h"
#include "xrpl/keylet.h"

/* Issuers I and J, holders below and above them. */
#define LOW 'A'
#define HIGH 'Z'

static const char *holds(struct market *m, char holder, const struct asset *asset,
                         bool zero_if_frozen)
{
    static char text[AMOUNT_TEXT_MAX];
    struct account account = market_account(holder);
    struct amount a;
    ASSERT_OK(funds_account_holds(&m->funds, &account, asset, zero_if_frozen, &a));
    ASSERT(asset_eq(&a.asset, asset));
    amount_to_text(&a, text);
    return text;
}

static uint64_t liquid(struct market *m, char holder)
{
    struct account account = market_account(holder);
    uint64_t drops;
    ASSERT_OK(funds_xrp_liquid(&m->funds, &account, &drops));
    return drops;
}

static bool frozen(struct market *m, char holder, const struct asset *asset)
{
    struct account account = market_account(holder);
    bool is;
    ASSERT_OK(funds_is_frozen(&m->funds, &account, asset, &is));
    return is;
}

TEST(liquid_xrp_is_what_lies_above_the_reserve)
{
    for (int old_fields = 0; old_fields < 2; old_fields++) {
        struct market m;
        struct hash256 id = {{7}};
        market_init(&m);
        market_fees(&m, 3, 2, old_fields);
        market_add_root(&m, 'A', (struct market_root){.drops = 200, .owner_count = 2});
        market_add_root(&m, 'B', (struct market_root){.drops = 7, .owner_count = 2});
        market_add_root(&m, 'C', (struct market_root){.drops = 6, .owner_count = 2});
        market_add_root(
            &m, 'D',
            (struct market_root){.drops = 200, .owner_count = 9, .flags = MARKET_DEPOSIT_AUTH});
        market_add_root(&m, 'F', (struct market_root){.drops = 200, .amm_id = &id});
        market_add_root(&m, 'G',
                        (struct market_root){.drops = 200, .owner_count = 3, .vault_id = &id});
        market_add_root(&m, 'H', (struct market_root){.drops = 2, .broker_id = &id});
        market_open(&m);
        ASSERT_INT(193, liquid(&m, 'A'));
        ASSERT_INT(0, liquid(&m, 'B'));
        ASSERT_INT(0, liquid(&m, 'C'));
        ASSERT_INT(179, liquid(&m, 'D')); /* unlike Clio, see rpc-a Q5 */
        ASSERT_INT(200, liquid(&m, 'F'));
        ASSERT_INT(200, liquid(&m, 'G'));
        ASSERT_INT(2, liquid(&m, 'H'));
        ASSERT_INT(0, liquid(&m, 'E'));
        struct asset xrp = market_asset("XRP", 0);
        ASSERT_STR("193", holds(&m, 'A', &xrp, true));
        market_deinit(&m);
    }
}

TEST(sponsors_keep_the_reserve_of_what_they_pay_for)
{
    struct funds_fees fees = {.reserve_base_drops = 1000, .reserve_increment_drops = 10};
    struct funds_root plain = {.owner_count = 5}, sponsored = plain, sponsor = plain;
    ASSERT_INT(1050, funds_root_reserve(&fees, &plain));
    sponsored.is_sponsored = true;
    sponsored.sponsored_count = 2;
    ASSERT_INT(30, funds_root_reserve(&fees, &sponsored));
    sponsor.sponsoring_count = 3;
    sponsor.sponsoring_accounts = 2;
    ASSERT_INT(3080, funds_root_reserve(&fees, &sponsor));
    sponsored.sponsored_count = 9; /* more than there are: damage, no overflow */
    ASSERT_INT(0, funds_root_reserve(&fees, &sponsored));
}

TEST(a_reserve_that_overflows_leaves_nothing)
{
    struct funds_fees fees = {.reserve_base_drops = 1, .reserve_increment_drops = 1ull << 60};
    struct funds_root one = {.owner_count = 1}, sixteen = {.owner_count = 16};
    ASSERT_INT((1ll << 60) + 1, funds_root_reserve(&fees, &one));
    ASSERT(funds_root_reserve(&fees, &sixteen) == UINT64_MAX);
    fees.reserve_base_drops = UINT64_MAX;
    ASSERT(funds_root_reserve(&fees, &one) == UINT64_MAX);
}

TEST(without_fee_settings_there_is_no_reserve)
{
    struct market m;
    market_init(&m);
    market_add_root(&m, 'A', (struct market_root){.drops = 5, .owner_count = 1});
    market_open(&m);
    ASSERT_INT(5, liquid(&m, 'A'));
    market_deinit(&m);
}

TEST(balances_are_seen_from_the_holders_side)
{
    struct market m;
    struct asset usd = market_asset("USD", 'I');
    market_init(&m);
    market_add_root(&m, 'I', (struct market_root){.drops = 1});
    market_add_line(&m, LOW, &usd, "12.5", 0);
    market_add_line(&m, HIGH, &usd, "7", 0);
    market_add_line(&m, 'Y', &usd, "-3", 0);
    market_open(&m);
    ASSERT_STR("12.5", holds(&m, LOW, &usd, true));
    ASSERT_STR("7", holds(&m, HIGH, &usd, true));
    ASSERT_STR("-3", holds(&m, 'Y', &usd, true));
    ASSERT_STR("0", holds(&m, 'X', &usd, true));
    market_deinit(&m);
}

TEST(only_the_issuers_side_of_a_line_freezes)
{
    struct market m;
    struct asset usd = market_asset("USD", 'I');
    market_init(&m);
    market_add_root(&m, 'I', (struct market_root){.drops = 1});
    market_add_line(&m, LOW, &usd, "1", MARKET_FREEZE);
    market_add_line(&m, HIGH, &usd, "2", MARKET_FREEZE);
    market_add_line(&m, 'B', &usd, "3", MARKET_OTHER_FREEZE);
    market_add_line(&m, 'Y', &usd, "4", MARKET_OTHER_FREEZE);
    market_open(&m);
    ASSERT(frozen(&m, LOW, &usd) && frozen(&m, HIGH, &usd));
    ASSERT(!frozen(&m, 'B', &usd) && !frozen(&m, 'Y', &usd));
    ASSERT(!frozen(&m, 'I', &usd) && !frozen(&m, 'C', &usd));
    ASSERT_STR("0", holds(&m, LOW, &usd, true));
    ASSERT_STR("1", holds(&m, LOW, &usd, false));
    ASSERT_STR("0", holds(&m, HIGH, &usd, true));
    ASSERT_STR("3", holds(&m, 'B', &usd, true));
    ASSERT_STR("4", holds(&m, 'Y', &usd, true));
    market_deinit(&m);
}

TEST(a_global_freeze_freezes_every_line)
{
    struct market m;
    struct asset usd = market_asset("USD", 'I'), xrp = market_asset("XRP", 0);
    struct account issuer = market_account('I'), nobody = market_account('N'), zero = {{0}};
    bool is;
    market_init(&m);
    market_add_root(&m, 'I', (struct market_root){.flags = MARKET_GLOBAL_FREEZE});
    market_add_line(&m, LOW, &usd, "1", 0);
    market_open(&m);
    ASSERT(frozen(&m, LOW, &usd) && frozen(&m, 'C', &usd));
    ASSERT(!frozen(&m, LOW, &xrp));
    ASSERT_STR("0", holds(&m, LOW, &usd, true));
    ASSERT_STR("1", holds(&m, LOW, &usd, false));
    ASSERT_OK(funds_is_global_frozen(&m.funds, &issuer, &is));
    ASSERT(is);
    ASSERT_OK(funds_is_global_frozen(&m.funds, &nobody, &is));
    ASSERT(!is);
    ASSERT_OK(funds_is_global_frozen(&m.funds, &zero, &is));
    ASSERT(!is);
    market_deinit(&m);
}

TEST(a_deep_freeze_counts_for_lp_tokens_only)
{
    struct market m;
    struct asset lp = market_asset("03930D02208264E2E40EC1B0C09E4DB96EE197B1", 'P');
    struct account low = market_account(LOW), high = market_account(HIGH),
                   amm = market_account('P');
    struct amount a;
    bool is;
    market_init(&m);
    market_add_root(&m, 'P', (struct market_root){.drops = 1});
    market_add_line(&m, LOW, &lp, "8", MARKET_DEEP_FREEZE);
    market_add_line(&m, HIGH, &lp, "9", 0);
    market_add_line(&m, 'B', &lp, "7", MARKET_FREEZE);
    market_open(&m);
    ASSERT_STR("8", holds(&m, LOW, &lp, true));
    ASSERT_OK(funds_is_deep_frozen(&m.funds, &low, &lp, &is));
    ASSERT(is);
    ASSERT_OK(funds_is_deep_frozen(&m.funds, &high, &lp, &is));
    ASSERT(!is);
    ASSERT_OK(funds_lp_holds(&m.funds, &low, &lp.currency, &amm, &a));
    ASSERT(amount_is_zero(&a));
    struct account b = market_account('B'), x = market_account('X');
    ASSERT_OK(funds_lp_holds(&m.funds, &b, &lp.currency, &amm, &a));
    ASSERT(amount_is_zero(&a));
    ASSERT_OK(funds_lp_holds(&m.funds, &x, &lp.currency, &amm, &a));
    ASSERT(amount_is_zero(&a) && asset_eq(&a.asset, &lp));
    ASSERT_OK(funds_lp_holds(&m.funds, &high, &lp.currency, &amm, &a));
    struct amount nine = market_amount(&lp, "9");
    int order;
    ASSERT_OK(amount_compare(&a, &nine, &order));
    ASSERT(order == 0 && asset_eq(&a.asset, &lp));
    market_deinit(&m);
}

/* LOW's line to the pool's USD is frozen; it holds tokens of three AMMs: of USD, of EUR, and of one
 * that is gone. */
static void lp_market(struct market *m, bool amended)
{
    static const struct hash256 usd_pool = {{1}}, eur_pool = {{2}}, lost_pool = {{3}};
    struct asset usd = market_asset("USD", 'I'), eur = market_asset("EUR", 'J');
    struct asset xrp = market_asset("XRP", 0);
    struct asset p = market_asset("LPA", 'P'), q = market_asset("LPB", 'Q');
    struct asset r = market_asset("LPC", 'R'), s = market_asset("LPD", 'S');
    market_init(m);
    if (amended)
        market_amendment(m, "fixFrozenLPTokenTransfer");
    market_add_root(m, 'I', (struct market_root){.drops = 1});
    market_add_root(m, 'J', (struct market_root){.drops = 1});
    market_add_root(m, 'P', (struct market_root){.amm_id = &usd_pool});
    market_add_root(m, 'Q', (struct market_root){.amm_id = &eur_pool});
    market_add_root(m, 'R', (struct market_root){.amm_id = &lost_pool});
    market_add_amm(m, &usd_pool, &xrp, &usd);
    market_add_amm(m, &eur_pool, &eur, &xrp);
    market_add_line(m, LOW, &usd, "1", MARKET_FREEZE);
    market_add_line(m, LOW, &eur, "1", 0);
    market_add_line(m, LOW, &p, "5", 0);
    market_add_line(m, LOW, &q, "6", 0);
    market_add_line(m, LOW, &r, "7", 0);
    market_add_line(m, LOW, &s, "8", 0); /* its issuer has no account */
    market_add_line(m, HIGH, &p, "9", 0);
    market_open(m);
}

TEST(tokens_of_an_amm_with_a_frozen_asset_count_for_nothing_once_that_is_enabled)
{
    struct asset p = market_asset("LPA", 'P'), q = market_asset("LPB", 'Q');
    struct asset r = market_asset("LPC", 'R'), s = market_asset("LPD", 'S');
    struct market m;
    lp_market(&m, true);
    ASSERT_STR("0", holds(&m, LOW, &p, true));
    ASSERT_STR("5", holds(&m, LOW, &p, false));
    ASSERT_STR("6", holds(&m, LOW, &q, true));
    ASSERT_STR("0", holds(&m, LOW, &r, true));
    ASSERT_STR("0", holds(&m, LOW, &s, true));
    ASSERT_STR("9", holds(&m, HIGH, &p, true)); /* frozen for LOW alone */
    market_deinit(&m);
    lp_market(&m, false);
    ASSERT_STR("5", holds(&m, LOW, &p, true));
    ASSERT_STR("7", holds(&m, LOW, &r, true));
    ASSERT_STR("8", holds(&m, LOW, &s, true));
    market_deinit(&m);
}

TEST(a_transfer_rate_is_parity_unless_the_issuer_sets_one)
{
    struct market m;
    struct account issuer = market_account('I'), none = market_account('J'), zero = {{0}};
    struct account absent = market_account('N');
    uint32_t rate;
    market_init(&m);
    market_add_root(&m, 'I', (struct market_root){.transfer_rate = 1002000000});
    market_add_root(&m, 'J', (struct market_root){.drops = 1});
    market_open(&m);
    ASSERT_OK(funds_transfer_rate(&m.funds, &issuer, &rate));
    ASSERT_INT(1002000000, rate);
    ASSERT_OK(funds_transfer_rate(&m.funds, &none, &rate));
    ASSERT_INT(AMOUNT_RATE_PARITY, rate);
    ASSERT_OK(funds_transfer_rate(&m.funds, &absent, &rate));
    ASSERT_INT(AMOUNT_RATE_PARITY, rate);
    ASSERT_OK(funds_transfer_rate(&m.funds, &zero, &rate));
    ASSERT_INT(AMOUNT_RATE_PARITY, rate);
    market_deinit(&m);
}

TEST(accounts_that_share_a_place_in_the_cache_are_told_apart)
{
    struct market m;
    market_init(&m);
    market_add_root(&m, 'A', (struct market_root){.drops = 10});
    market_add_root(&m, 'A' + FUNDS_N_ROOTS, (struct market_root){.drops = 20});
    market_open(&m);
    for (int i = 0; i < 3; i++) {
        ASSERT_INT(10, liquid(&m, 'A'));
        ASSERT_INT(20, liquid(&m, 'A' + FUNDS_N_ROOTS));
        ASSERT_INT(0, liquid(&m, 'A' + 2 * FUNDS_N_ROOTS));
    }
    market_deinit(&m);
}

TEST(holdings_of_an_mpt_are_the_tokens_unless_locked)
{
    struct market m;
    struct account issuer = market_account('I');
    struct asset mpt = {.kind = ASSET_MPT, .mpt = keylet_mpt_id(7, &issuer)};
    struct hash256 issuance = keylet_mpt_issuance(&mpt.mpt);
    uint8_t units[8] = {0, 0, 0, 0, 0, 0, 1, 2};
    market_init(&m);
    for (int i = 0; i < 2; i++) { /* A's is free, B's is locked */
        struct buf b = {0};
        struct account holder = market_account((char)('A' + i));
        struct hash256 key = keylet_mptoken(&issuance, &holder);
        sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_MPToken);
        sto_build_u32(&b, FIELD_Flags, (uint32_t)i);
        sto_build_field(&b, FIELD_MPTAmount, slice_of(units, 8));
        market_add(&m, &key, &b);
        buf_deinit(&b);
    }
    market_open(&m);
    struct account got = funds_issuer(&mpt);
    ASSERT(account_eq(&got, &issuer));
    ASSERT_STR("258", holds(&m, 'A', &mpt, true));
    ASSERT_STR("0", holds(&m, 'B', &mpt, true));
    ASSERT_STR("258", holds(&m, 'B', &mpt, false));
    ASSERT_STR("0", holds(&m, 'C', &mpt, true));
    ASSERT(!frozen(&m, 'A', &mpt) && frozen(&m, 'B', &mpt));
    market_deinit(&m);
}

TEST(something_else_at_a_lines_key_is_damage)
{
    struct market m;
    struct asset usd = market_asset("USD", 'I');
    struct account low = market_account(LOW);
    struct hash256 key = keylet_line(&low, &usd.issuer, &usd.currency);
    struct buf b = {0};
    struct amount a;
    market_init(&m);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_Offer);
    market_add(&m, &key, &b);
    buf_deinit(&b);
    market_open(&m);
    ASSERT_ERR(ERR_CORRUPT, funds_account_holds(&m.funds, &low, &usd, true, &a));
    market_deinit(&m);
}
