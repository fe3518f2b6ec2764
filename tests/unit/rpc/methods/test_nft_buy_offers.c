/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "token_world.h"

TEST(nft_buy_offers_echoes_the_id_as_it_was_sent)
{
    struct token_world *t = token_world_new();
    char lower[65];
    for (int i = 0; i < 65; i++)
        lower[i] = (char)(t->token_hex[0][i] | (t->token_hex[0][i] >= 'A' ? 0x20 : 0));
    const char *reply = small_world_ask(t->w, "nft_buy_offers", "\"nft_id\":\"%s\"", lower);
    char quoted[80];
    snprintf(quoted, sizeof quoted, "\"%s\"", lower);
    ASSERT_AT(quoted, reply, "result.nft_id");
    ASSERT_AT("true", reply, "result.validated");
    ASSERT(*client_at(reply, "result.offers.119"));
}

TEST(nft_buy_offers_of_a_token_without_any_are_not_found)
{
    struct token_world *t = token_world_new();
    const char *reply =
        small_world_ask(t->w, "nft_buy_offers", "\"nft_id\":\"%s\"", t->token_hex[1]);
    ASSERT_AT("\"objectNotFound\"", reply, "result.error");
    ASSERT_AT("\"notFound\"", reply, "result.error_message");
}
