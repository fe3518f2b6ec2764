/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "token_world.h"

TEST(nft_sell_offers_are_those_of_the_other_directory)
{
    struct token_world *t = token_world_new();
    const char *reply =
        small_world_ask(t->w, "nft_sell_offers", "\"nft_id\":\"%s\"", t->token_hex[0]);
    ASSERT_AT("1", reply, "result.offers.0.flags");
    ASSERT_AT("\"EUR\"", reply, "result.offers.0.amount.currency");
    ASSERT_AT("\"2.5\"", reply, "result.offers.0.amount.value");
    ASSERT_AT("", reply, "result.offers.1");
}
