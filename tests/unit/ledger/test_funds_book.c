/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/funds_book.h"
#include "market.h"
#include "test.h"

/* Pays 2 drops for 1 USD (rpc-a 23). */
#define QUALITY_2 0x55071AFD498D0000u

struct book {
    struct market m;
    struct asset usd, xrp;
    struct funds_book b;
};

struct options {
    uint32_t rate, issuer_flags, line_flags;
    const char *balance; /* of A */
    char taker;
    bool xrp_out;
};

static void book_init(struct book *k, struct options o)
{
    *k = (struct book){.usd = market_asset("USD", 'I'), .xrp = market_asset("XRP", 0)};
    market_init(&k->m);
    market_fees(&k->m, 3, 2, false);
    market_add_root(&k->m, 'I',
                    (struct market_root){.transfer_rate = o.rate, .flags = o.issuer_flags});
    market_add_root(&k->m, 'A', (struct market_root){.drops = 200, .owner_count = 2});
    market_add_root(&k->m, 'B', (struct market_root){.drops = 1000});
    if (o.balance)
        market_add_line(&k->m, 'A', &k->usd, o.balance, o.line_flags);
    market_open(&k->m);
    struct account taker = o.taker ? market_account(o.taker) : (struct account){{0}};
    ASSERT_OK(funds_book_init(&k->b, &k->m.funds, o.xrp_out ? &k->xrp : &k->usd,
                              o.xrp_out ? &k->usd : &k->xrp, &taker, 100));
}

static struct slice offer_of(struct book *k, char owner, const char *gets, const char *pays)
{
    struct amount g = market_amount(&k->b.gets, gets), p = market_amount(&k->b.pays, pays);
    return market_offer(&k->m, owner, &g, &p, QUALITY_2);
}

/* One offer, told as "funds|gets funded|pays funded"; "-" for what is not shown. */
static const char *next(struct book *k, char owner, const char *gets, const char *pays)
{
    static char text[3 * AMOUNT_TEXT_MAX];
    char part[3][AMOUNT_TEXT_MAX] = {"-", "-", "-"};
    struct funds_offer f;
    bool usable;
    ASSERT_OK(funds_book_offer(&k->b, offer_of(k, owner, gets, pays), &f, &usable));
    ASSERT(usable);
    amount_to_text(&f.quality, part[0]);
    ASSERT_STR("2", part[0]);
    memcpy(part[0], "-", 2);
    if (f.has_funds)
        amount_to_text(&f.funds, part[0]);
    if (f.partial) {
        amount_to_text(&f.gets_funded, part[1]);
        amount_to_text(&f.pays_funded, part[2]);
        ASSERT(asset_eq(&f.gets_funded.asset, &k->b.gets));
        ASSERT(asset_eq(&f.pays_funded.asset, &k->b.pays));
    }
    snprintf(text, sizeof text, "%s|%s|%s", part[0], part[1], part[2]);
    return text;
}

TEST(a_transfer_fee_comes_out_of_what_the_owner_holds)
{
    struct book k;
    book_init(&k, (struct options){.rate = 2000000000, .balance = "8"});
    ASSERT_STR("8|4|8", next(&k, 'A', "10", "20"));
    ASSERT_STR("-|0|0", next(&k, 'A', "10", "20"));
    market_deinit(&k.m);
}

TEST(offers_of_one_owner_share_its_balance)
{
    struct book k;
    book_init(&k, (struct options){.rate = 2000000000, .balance = "30"});
    ASSERT_STR("30|-|-", next(&k, 'A', "10", "20"));
    ASSERT_STR("-|5|10", next(&k, 'A', "10", "20"));
    ASSERT_STR("-|0|0", next(&k, 'A', "10", "20"));
    market_deinit(&k.m);
}

TEST(a_taker_that_issues_pays_no_fee)
{
    struct book k;
    book_init(&k, (struct options){.rate = 2000000000, .balance = "12", .taker = 'I'});
    ASSERT_STR("12|-|-", next(&k, 'A', "10", "20"));
    ASSERT_STR("-|2|4", next(&k, 'A', "10", "20"));
    market_deinit(&k.m);
}

TEST(an_issuer_is_always_good_for_its_own)
{
    struct book k;
    book_init(&k, (struct options){.rate = 1005000000});
    ASSERT_STR("10|-|-", next(&k, 'I', "10", "20"));
    ASSERT_STR("11|-|-", next(&k, 'I', "11", "22"));
    market_deinit(&k.m);
}

TEST(frozen_holders_have_nothing_to_give)
{
    struct book k;
    book_init(&k, (struct options){.balance = "8", .line_flags = MARKET_FREEZE});
    ASSERT_STR("0|0|0", next(&k, 'A', "10", "20"));
    ASSERT_STR("-|0|0", next(&k, 'A', "10", "20"));
    market_deinit(&k.m);
}

TEST(in_a_globally_frozen_book_every_offer_shows_its_funds)
{
    struct book k;
    for (int xrp_out = 0; xrp_out < 2; xrp_out++) {
        book_init(&k, (struct options){.balance = "8",
                                       .issuer_flags = MARKET_GLOBAL_FREEZE,
                                       .xrp_out = xrp_out});
        ASSERT_STR("0|0|0", next(&k, 'A', "10", "20"));
        ASSERT_STR("0|0|0", next(&k, 'A', "10", "20"));
        market_deinit(&k.m);
    }
}

TEST(debts_count_as_nothing)
{
    struct book k;
    book_init(&k, (struct options){.balance = "-5"});
    ASSERT_STR("0|0|0", next(&k, 'A', "10", "20"));
    ASSERT_STR("0|0|0", next(&k, 'B', "10", "20")); /* no line at all */
    market_deinit(&k.m);
}

TEST(an_owner_of_xrp_keeps_the_reserve)
{
    struct book k;
    book_init(&k, (struct options){.xrp_out = true});
    ASSERT_STR("193|-|-", next(&k, 'A', "100", "200"));
    ASSERT_STR("997|-|-", next(&k, 'B', "100", "200"));
    ASSERT_STR("-|93|186", next(&k, 'A', "100", "200"));
    ASSERT_STR("-|-|-", next(&k, 'B', "897", "1794"));
    ASSERT_STR("-|0|0", next(&k, 'B', "1", "2"));
    market_deinit(&k.m);
}

TEST(a_part_never_costs_more_than_the_whole_offer)
{
    struct book k;
    book_init(&k, (struct options){.balance = "9"});
    ASSERT_STR("9|9|17", next(&k, 'A', "10", "17")); /* 9 at a quality of 2 would cost 18 */
    market_deinit(&k.m);
}

TEST(fees_are_rounded_as_the_ledger_rounds)
{
    struct book k;
    book_init(&k, (struct options){.rate = 1005000000, .balance = "1"});
    /* pays are whole drops: twice 0.995... is 1.99, rounded */
    ASSERT_STR("1|0.9950248756218906|2", next(&k, 'A', "10", "20"));
    market_deinit(&k.m);
    book_init(&k, (struct options){.rate = 1002000000, .balance = "100"});
    ASSERT_STR("100|99.80039920159681|200", next(&k, 'A', "1000", "2000"));
    market_deinit(&k.m);
}

TEST(offers_that_make_no_sense_are_passed_over)
{
    struct book k;
    struct funds_offer f;
    bool usable = true;
    book_init(&k, (struct options){.balance = "8"});
    struct asset eur = market_asset("EUR", 'J');
    struct amount gets = market_amount(&eur, "1"), pays = market_amount(&k.xrp, "2");
    struct slice other = market_offer(&k.m, 'A', &gets, &pays, QUALITY_2);
    ASSERT_OK(funds_book_offer(&k.b, other, &f, &usable));
    ASSERT(!usable);
    struct slice good = offer_of(&k, 'A', "1", "2");
    for (size_t n = 0; n < good.n; n++) { /* cut anywhere */
        ASSERT_OK(funds_book_offer(&k.b, slice_of(good.p, n), &f, &usable));
        ASSERT(!usable);
    }
    ASSERT_STR("8|-|-", next(&k, 'A', "1", "2"));
    market_deinit(&k.m);
}

TEST(more_owners_than_announced_are_refused)
{
    struct book k;
    struct funds_offer f;
    bool usable;
    int n = 0;
    book_init(&k, (struct options){.balance = "8"});
    for (; n < 300; n++) {
        struct amount gets = market_amount(&k.usd, "1"), pays = market_amount(&k.xrp, "2");
        uint8_t offer[256];
        struct slice s = market_offer(&k.m, 'C', &gets, &pays, QUALITY_2);
        memcpy(offer, s.p, s.n);
        offer[s.n - 1] = (uint8_t)n; /* the owner stands at the end */
        offer[s.n - 2] = (uint8_t)(n >> 8);
        err e = funds_book_offer(&k.b, slice_of(offer, s.n), &f, &usable);
        if (err_failed(e)) {
            ASSERT_INT(ERR_LIMIT, e.code);
            break;
        }
    }
    ASSERT(n >= 100 && n < 300);
    market_deinit(&k.m);
}
