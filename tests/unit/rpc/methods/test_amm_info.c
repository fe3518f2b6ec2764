/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "sto_build.h"
#include "test.h"
#include "xrpl/keylet.h"

#define SLOT_END (FAKE_CLOSE_TIME(29) + 86400u - 2u * 4320u - 5u)

struct pool {
    struct small_world *w;
    struct account amm, alice, bob;
    struct asset xrp, usd, lp;
};

static void put(struct pool *p, const struct hash256 *key, struct buf *b)
{
    fake_put(p->w->ledgers, key, buf_slice(b), 10, 30);
    fake_keep(b->p);
}

static struct amount amount_of(const struct asset *asset, uint64_t n)
{
    struct amount a;
    ASSERT_OK(amount_canonicalize(asset, false, n, 0, &a));
    return a;
}

static void add_line(struct pool *p, const struct account *holder, const struct asset *asset,
                     uint64_t n, bool frozen)
{
    struct buf b = {0};
    struct hash256 key = keylet_line(holder, &asset->issuer, &asset->currency);
    bool issuer_is_high = account_cmp(&asset->issuer, holder) > 0;
    struct amount balance = amount_of(asset, n);
    balance.negative = !issuer_is_high;
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_RippleState);
    sto_build_u32(&b, FIELD_Flags, frozen ? issuer_is_high ? 0x00800000 : 0x00400000 : 0);
    sto_build_amount(&b, FIELD_Balance, &balance);
    put(p, &key, &b);
}

static void add_slots(struct pool *p, struct buf *b)
{
    struct buf slot = {0}, list = {0}, element = {0};
    struct amount price = amount_of(&p->lp, 3);
    sto_build_u16(&element, FIELD_TradingFee, 100);
    sto_build_u32(&element, FIELD_VoteWeight, 9000);
    sto_build_account(&element, FIELD_Account, &p->bob);
    sto_build_nest(&list, FIELD_VoteEntry, &element);
    sto_build_account(&element, FIELD_Account, &p->alice); /* votes for no fee */
    sto_build_nest(&list, FIELD_VoteEntry, &element);
    sto_build_nest(b, FIELD_VoteSlots, &list);
    sto_build_u32(&slot, FIELD_Expiration, SLOT_END);
    sto_build_amount(&slot, FIELD_Price, &price);
    sto_build_account(&slot, FIELD_Account, &p->bob);
    sto_build_account(&element, FIELD_Account, &p->alice);
    sto_build_nest(&list, FIELD_AuthAccount, &element);
    sto_build_nest(&slot, FIELD_AuthAccounts, &list);
    sto_build_nest(b, FIELD_AuctionSlot, &slot);
}

static void put_issue(struct buf *b, field_id id, const struct asset *a)
{
    uint8_t wire[40];
    memcpy(wire, a->currency.b, 20);
    memcpy(wire + 20, a->issuer.b, 20);
    sto_build_field(b, id, slice_of(wire, a->kind == ASSET_XRP ? 20 : 40));
}

/* 1000 drops and 70 USD of bob, the latter frozen by bob. */
static struct pool pool_new(bool slots)
{
    struct pool p = {.w = small_world_new(), .usd = {.kind = ASSET_IOU}};
    struct buf root = {0}, b = {0};
    memset(p.amm.b, 0xC3, 20);
    memset(p.alice.b, ALICE_BYTE, 20);
    memset(p.bob.b, BOB_BYTE, 20);
    ASSERT(currency_from_text(slice_str("USD"), &p.usd.currency));
    p.usd.issuer = p.bob;
    p.lp = (struct asset){ASSET_IOU, keylet_amm_lp_currency(&p.xrp, &p.usd), p.amm, {{0}}};
    struct hash256 id = keylet_amm(&p.xrp, &p.usd), key = keylet_account(&p.amm);
    struct amount drops = amount_drops(1000), tokens = amount_of(&p.lp, 250);
    sto_build_u16(&root, FIELD_LedgerEntryType, ENTRY_AccountRoot);
    sto_build_u32(&root, FIELD_Flags, 0x01000000);
    sto_build_field(&root, FIELD_AMMID, hash256_slice(&id));
    sto_build_amount(&root, FIELD_Balance, &drops);
    put(&p, &key, &root);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_AMM);
    if (slots)
        sto_build_u16(&b, FIELD_TradingFee, 600);
    sto_build_amount(&b, FIELD_LPTokenBalance, &tokens);
    sto_build_account(&b, FIELD_Account, &p.amm);
    if (slots)
        add_slots(&p, &b);
    put_issue(&b, FIELD_Asset, &p.xrp);
    put_issue(&b, FIELD_Asset2, &p.usd);
    put(&p, &id, &b);
    add_line(&p, &p.amm, &p.usd, 70, true);
    add_line(&p, &p.alice, &p.lp, 40, false);
    return p;
}

#define ASK_XRP "{\"currency\":\"XRP\"}"
#define ASK_USD "{\"currency\":\"USD\",\"issuer\":\"%s\"}"

TEST(amm_info_shows_the_pool_in_the_order_asked_for)
{
    struct pool p = pool_new(true);
    const char *reply =
        small_world_ask(p.w, "amm_info", "\"asset\":" ASK_XRP ",\"asset2\":" ASK_USD, p.w->bob);
    ASSERT_AT("\"1000\"", reply, "result.amm.amount");
    ASSERT_AT("\"70\"", reply, "result.amm.amount2.value");
    ASSERT_AT("\"250\"", reply, "result.amm.lp_token.value");
    ASSERT_AT("600", reply, "result.amm.trading_fee");
    ASSERT_AT("", reply, "result.amm.asset_frozen");
    ASSERT_AT("true", reply, "result.amm.asset2_frozen");
    ASSERT_AT("30", reply, "result.ledger_index");
    ASSERT_AT("true", reply, "result.validated");
    reply = small_world_ask(p.w, "amm_info", "\"asset\":" ASK_USD ",\"asset2\":" ASK_XRP, p.w->bob);
    ASSERT_AT("\"1000\"", reply, "result.amm.amount2");
    ASSERT_AT("\"70\"", reply, "result.amm.amount.value");
    ASSERT_AT("true", reply, "result.amm.asset_frozen"); /* told of USD, as it should */
    ASSERT_AT("", reply, "result.amm.asset2_frozen");
}

TEST(amm_info_shows_votes_and_the_auction_slot)
{
    struct pool p = pool_new(true);
    char amm[ACCOUNT_TEXT_MAX];
    account_to_text(&p.amm, amm);
    const char *reply = small_world_ask(p.w, "amm_info", "\"amm_account\":\"%s\"", amm);
    ASSERT_AT("100", reply, "result.amm.vote_slots.0.trading_fee");
    ASSERT_AT("9000", reply, "result.amm.vote_slots.0.vote_weight");
    ASSERT_AT("0", reply, "result.amm.vote_slots.1.trading_fee");
    ASSERT_AT("2", reply, "result.amm.auction_slot.time_interval");
    ASSERT_AT("\"3\"", reply, "result.amm.auction_slot.price.value");
    ASSERT_AT("0", reply, "result.amm.auction_slot.discounted_fee");
    ASSERT(*client_at(reply, "result.amm.auction_slot.auth_accounts.0.account"));
    const char *expiration = client_at(reply, "result.amm.auction_slot.expiration");
    ASSERT_INT(26, strlen(expiration));
    ASSERT(strstr(expiration, "+0000\""));
    /* ledger 11: 180 s and more before, the slot had not begun to count that far */
    reply = small_world_ask(p.w, "amm_info", "\"amm_account\":\"%s\",\"ledger_index\":11", amm);
    ASSERT_AT("1", reply, "result.amm.auction_slot.time_interval");
}

TEST(amm_info_leaves_out_what_the_pool_does_not_have)
{
    struct pool p = pool_new(false);
    char amm[ACCOUNT_TEXT_MAX];
    account_to_text(&p.amm, amm);
    const char *reply = small_world_ask(p.w, "amm_info", "\"amm_account\":\"%s\"", amm);
    ASSERT_AT("0", reply, "result.amm.trading_fee");
    ASSERT_AT("", reply, "result.amm.vote_slots");
    ASSERT_AT("", reply, "result.amm.auction_slot");
}

TEST(amm_info_shows_the_tokens_of_one_holder)
{
    struct pool p = pool_new(false);
    char amm[ACCOUNT_TEXT_MAX];
    account_to_text(&p.amm, amm);
#define HOLDER "\"amm_account\":\"%s\",\"account\":\"%s\""
    const char *reply = small_world_ask(p.w, "amm_info", HOLDER, amm, p.w->alice);
    ASSERT_AT("\"40\"", reply, "result.amm.lp_token.value");
    reply = small_world_ask(p.w, "amm_info", HOLDER, amm, p.w->bob);
    ASSERT_AT("\"0\"", reply, "result.amm.lp_token.value");
    reply = small_world_ask(p.w, "amm_info", HOLDER, amm, p.w->nobody);
    ASSERT_AT("\"actNotFound\"", reply, "result.error");
}

TEST(amm_info_refuses_what_names_no_pool)
{
    struct pool p = pool_new(false);
    struct small_world *w = p.w;
    ASSERT_AT("\"invalidParams\"", small_world_ask(w, "amm_info", " "), "result.error");
    ASSERT_AT("\"invalidParams\"", small_world_ask(w, "amm_info", "\"asset\":" ASK_XRP),
              "result.error");
    ASSERT_AT("\"invalidParams\"",
              small_world_ask(w, "amm_info", "\"amm_account\":\"%s\",\"asset2\":" ASK_XRP, w->bob),
              "result.error");
    ASSERT_AT("\"issueMalformed\"", small_world_ask(w, "amm_info", "\"asset\":\"XRP\""),
              "result.error");
    ASSERT_AT("\"Account malformed.\"", small_world_ask(w, "amm_info", "\"amm_account\":5"),
              "result.error_message");
    ASSERT_AT("\"actMalformed\"",
              small_world_ask(w, "amm_info", "\"amm_account\":\"%s\"", w->nobody), "result.error");
    ASSERT_AT("\"actNotFound\"", small_world_ask(w, "amm_info", "\"amm_account\":\"%s\"", w->bob),
              "result.error");
    ASSERT_AT("\"actNotFound\"",
              small_world_ask(w, "amm_info", "\"asset\":" ASK_XRP ",\"asset2\":" ASK_USD, w->alice),
              "result.error");
}
