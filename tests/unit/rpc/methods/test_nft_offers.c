/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "token_world.h"
#include "xrpl/keylet.h"

static const char *ask(struct token_world *t, const char *more)
{
    return small_world_ask(t->w, "nft_buy_offers", "\"nft_id\":\"%s\"%s", t->token_hex[0], more);
}

static int count(const char *reply)
{
    char path[64];
    for (int n = 0;; n++) {
        snprintf(path, sizeof path, "result.offers.%d", n);
        if (!*client_at(reply, path))
            return n;
    }
}

TEST(nft_offers_are_shown_with_what_they_have)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, "");
    ASSERT_INT(TOKEN_N_OFFERS, count(reply));
    ASSERT_AT("\"1000\"", reply, "result.offers.0.amount");
    ASSERT_AT("0", reply, "result.offers.0.flags");
    ASSERT_AT("900000000", reply, "result.offers.0.expiration");
    ASSERT(*client_at(reply, "result.offers.0.destination"));
    ASSERT_AT("", reply, "result.offers.1.expiration");
    ASSERT_AT("", reply, "result.offers.1.destination");
    ASSERT_AT("", reply, "result.limit");
    ASSERT_AT("", reply, "result.marker");
    ASSERT_AT("30", reply, "result.ledger_index");
}

TEST(nft_offers_come_in_pages_each_begun_by_the_marked_offer)
{
    struct token_world *t = token_world_new();
    char more[120] = ",\"limit\":1", path[64], quoted[80];
    static const int sizes[] = {50, 50, 20};
    int at = 0;
    for (int page = 0; page < 3; page++) {
        const char *reply = ask(t, more);
        ASSERT_INT(sizes[page], count(reply));
        for (int i = 0; i < sizes[page]; i++, at++) {
            snprintf(path, sizeof path, "result.offers.%d.nft_offer_index", i);
            snprintf(quoted, sizeof quoted, "\"%s\"", t->offer_hex[at]);
            ASSERT_AT(quoted, reply, path);
        }
        ASSERT_AT(page < 2 ? "50" : "", reply, "result.limit");
        snprintf(more, sizeof more, ",\"limit\":50,\"marker\":%s",
                 client_at(reply, "result.marker"));
    }
    ASSERT_INT(TOKEN_N_OFFERS, at);
    ASSERT_STR(",\"limit\":50,\"marker\":", more);
}

TEST(nft_offers_that_just_fill_a_page_have_no_marker)
{
    struct token_world *t = token_world_new();
    char more[120];
    const char *reply = ask(t, ",\"limit\":120");
    ASSERT_INT(120, count(reply));
    ASSERT_AT("", reply, "result.marker");
    snprintf(more, sizeof more, ",\"limit\":50,\"marker\":\"%s\"", t->offer_hex[70]);
    reply = ask(t, more);
    ASSERT_INT(50, count(reply));
    ASSERT_AT("", reply, "result.marker");
    snprintf(more, sizeof more, ",\"limit\":50,\"marker\":\"%s\"", t->offer_hex[69]);
    ASSERT(*client_at(ask(t, more), "result.marker"));
}

TEST(nft_offers_refuse_markers_of_something_else)
{
    struct token_world *t = token_world_new();
    const char *markers[] = {"0", t->token_hex[0], t->w->tx_hex[0]};
    char more[200];
    for (int i = 0; i < 3; i++) {
        snprintf(more, sizeof more, ",\"marker\":\"%s\"", markers[i]);
        ASSERT_AT("\"Invalid parameters.\"", ask(t, more), "result.error_message");
    }
    /* an offer of the token, but on the other side */
    snprintf(more, sizeof more, "\"nft_id\":\"%s\",\"marker\":\"%s\"", t->token_hex[0],
             t->offer_hex[0]);
    const char *reply = small_world_ask(t->w, "nft_sell_offers", "%s", more);
    ASSERT_AT("\"Invalid marker.\"", reply, "result.error_message");
    /* an offer for another token, though this token's directory should name it */
    struct hash256 root = keylet_nft_buys(&t->tokens[1]);
    struct buf page = {0};
    buf_put(&page, "\x11\x00\x64\x01\x13\x20", 6);
    buf_put(&page, t->offers[0].b, 32);
    fake_put(t->w->ledgers, &root, buf_slice(&page), 10, 30);
    snprintf(more, sizeof more, "\"nft_id\":\"%s\",\"marker\":\"%s\"", t->token_hex[1],
             t->offer_hex[0]);
    reply = small_world_ask(t->w, "nft_buy_offers", "%s", more);
    ASSERT_AT("\"Invalid parameters.\"", reply, "result.error_message");
    buf_deinit(&page);
}
