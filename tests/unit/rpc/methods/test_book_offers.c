/* SPDX-License-Identifier: Apache-2.0 */
#include "book_world.h"
#include "test.h"

#define ISSUER "rrrrrrrrrrrrrrrrrrrrBZbvji" /* account one */

#define BOOK                                                                                       \
    "\"taker_gets\":{\"currency\":\"XRP\"},\"taker_pays\":{\"currency\":\"USD\",\"issuer\":\"%"    \
    "s\"}"

TEST(book_offers_shares_an_owners_funds_among_its_offers)
{
    struct small_world *w = book_world_new(4);
    const char *reply = small_world_ask(w, "book_offers", BOOK, w->alice);
    /* bob has 100 XRP, 6 of them reserved */
    ASSERT_AT("\"94000000\"", reply, "result.offers.0.owner_funds");
    ASSERT_AT("", reply, "result.offers.0.taker_gets_funded");
    ASSERT_AT("100", reply, "result.offers.0.Sequence");
    ASSERT(*client_at(reply, "result.offers.0.index") && *client_at(reply, "result.ledger_hash"));
    ASSERT_AT("", reply, "result.offers.1.owner_funds");
    ASSERT_AT("", reply, "result.offers.2.taker_gets_funded");
    ASSERT_AT("\"4000000\"", reply, "result.offers.3.taker_gets_funded");
    ASSERT_AT("\"USD\"", reply, "result.offers.3.taker_pays_funded.currency");
    ASSERT_AT("", reply, "result.offers.4");
    ASSERT_AT("true", reply, "result.validated");
    ASSERT_AT("30", reply, "result.ledger_index");
}

TEST(book_offers_keeps_to_the_limit)
{
    struct small_world *w = book_world_new(4);
    const char *reply = small_world_ask(w, "book_offers", BOOK ",\"limit\":2", w->alice);
    ASSERT(*client_at(reply, "result.offers.1"));
    ASSERT_AT("", reply, "result.offers.2");
    reply = small_world_ask(w, "book_offers", BOOK ",\"limit\":4294967296", w->alice);
    ASSERT(*client_at(reply, "result.offers.3"));
    reply = small_world_ask(w, "book_offers", BOOK ",\"limit\":0", w->alice);
    ASSERT_AT("\"invalidParams\"", reply, "result.error");
}

TEST(book_offers_gives_a_hundred_at_most_and_sixty_unless_asked)
{
    struct small_world *w = book_world_new(105);
    const char *reply = small_world_ask(w, "book_offers", BOOK ",\"limit\":1000", w->alice);
    ASSERT(*client_at(reply, "result.offers.99"));
    ASSERT_AT("", reply, "result.offers.100");
    reply = small_world_ask(w, "book_offers", BOOK, w->alice);
    ASSERT(*client_at(reply, "result.offers.59"));
    ASSERT_AT("", reply, "result.offers.60");
}

TEST(book_offers_of_an_empty_book_or_another_domain_is_an_empty_list)
{
    struct small_world *w = book_world_new(1);
    ASSERT_AT("[]",
              small_world_ask(w, "book_offers",
                              "\"taker_pays\":{\"currency\":\"XRP\"},\"taker_gets\":{"
                              "\"currency\":\"USD\",\"issuer\":\"%s\"}",
                              w->bob),
              "result.offers");
    ASSERT_AT("[]", small_world_ask(w, "book_offers", BOOK ",\"domain\":\"0\"", w->alice),
              "result.offers");
}

static void refuses(struct small_world *w, const char *error, const char *message,
                    const char *params)
{
    const char *reply = small_world_ask(w, "book_offers", "%s", params);
    ASSERT_AT(error, reply, "result.error");
    if (message)
        ASSERT_AT(message, reply, "result.error_message");
}

TEST(book_offers_says_which_side_is_malformed)
{
    struct small_world *w = book_world_new(1);
#define XRP "{\"currency\":\"XRP\"}"
    refuses(w, "\"invalidParams\"", "\"Required field 'taker_gets' missing\"",
            "\"taker_pays\":" XRP);
    refuses(w, "\"invalidParams\"", "\"Invalid parameters.\"", "\"taker_gets\":\"XRP\"");
    refuses(w, "\"invalidParams\"", "\"Required field 'currency' missing\"", "\"taker_gets\":{}");
    refuses(w, "\"dstAmtMalformed\"", NULL,
            "\"taker_gets\":{\"currency\":\"US\"},\"taker_pays\":" XRP);
    refuses(w, "\"srcCurMalformed\"", NULL,
            "\"taker_gets\":" XRP ",\"taker_pays\":{\"currency\":1}");
    refuses(w, "\"dstIsrMalformed\"", "\"Destination issuer is malformed.\"",
            "\"taker_gets\":{\"currency\":\"USD\",\"issuer\":\"" ISSUER "\"}");
    refuses(w, "\"srcIsrMalformed\"", "\"Source issuer is malformed.\"",
            "\"taker_gets\":" XRP ",\"taker_pays\":{\"currency\":\"USD\",\"issuer\":1}");
    refuses(w, "\"srcIsrMalformed\"",
            "\"Invalid field 'taker_pays.issuer', expected non-XRP issuer.\"",
            "\"taker_gets\":" XRP ",\"taker_pays\":{\"currency\":\"USD\"}");
    refuses(w, "\"dstIsrMalformed\"",
            "\"Invalid field 'taker_gets.issuer', expected non-XRP issuer.\"",
            "\"taker_pays\":" XRP ",\"taker_gets\":{\"currency\":\"USD\"}");
    refuses(w, "\"badMarket\"", "\"badMarket\"", "\"taker_gets\":" XRP ",\"taker_pays\":" XRP);
    refuses(w, "\"invalidParams\"", "\"Invalid field 'taker'.\"",
            "\"taker_gets\":" XRP ",\"taker_pays\":" XRP ",\"taker\":5");
    refuses(w, "\"domainMalformed\"", "\"Unable to parse domain.\"",
            "\"taker_gets\":" XRP ",\"taker_pays\":" XRP ",\"domain\":5");
}

TEST(book_offers_refuses_an_issuer_of_xrp)
{
    struct small_world *w = book_world_new(1);
    const char *reply = small_world_ask(
        w, "book_offers",
        "\"taker_pays\":{\"currency\":\"XRP\",\"issuer\":\"%s\"},\"taker_gets\":" XRP, w->alice);
    ASSERT_AT("\"Unneeded field 'taker_pays.issuer' for XRP currency specification.\"", reply,
              "result.error_message");
    reply = small_world_ask(
        w, "book_offers",
        "\"taker_gets\":{\"currency\":\"XRP\",\"issuer\":\"%s\"},\"taker_pays\":" XRP, w->alice);
    ASSERT_AT("\"dstIsrMalformed\"", reply, "result.error");
}
