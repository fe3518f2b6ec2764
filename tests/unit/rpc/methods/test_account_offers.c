/* SPDX-License-Identifier: Apache-2.0 */
#include "owner_world.h"
#include "test.h"

TEST(account_offers_shows_offers_with_their_quality)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = small_world_ask(o->w, "account_offers", "\"account\":\"%s\"", o->w->alice);
    ASSERT_AT("7", reply, "result.offers.0.seq");
    ASSERT_AT("131072", reply, "result.offers.0.flags");
    ASSERT_AT("700", reply, "result.offers.0.expiration");
    ASSERT_AT("\"2\"", reply, "result.offers.0.quality");
    ASSERT_AT("\"20\"", reply, "result.offers.0.taker_pays.value");
    ASSERT_AT("\"10\"", reply, "result.offers.0.taker_gets");
    ASSERT_AT("", reply, "result.offers.1");
    ASSERT_AT("", reply, "result.limit");
}

TEST(account_offers_gives_a_marker_though_no_offer_was_on_the_page)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply =
        small_world_ask(o->w, "account_offers", "\"account\":\"%s\",\"limit\":10", o->w->alice);
    ASSERT(strlen(client_at(reply, "result.marker")) == 64 + 2 + 2 + 3);
    char marker[80];
    snprintf(marker, sizeof marker, "%s", client_at(reply, "result.marker"));
    reply = small_world_ask(o->w, "account_offers", "\"account\":\"%s\",\"marker\":%s", o->w->alice,
                            marker);
    ASSERT_AT("[]", reply, "result.offers"); /* both references count what they walk */
    ASSERT_AT("", reply, "result.marker");
}

TEST(account_offers_gives_no_marker_when_the_limit_ends_the_directory)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply =
        small_world_ask(o->w, "account_offers", "\"account\":\"%s\",\"limit\":16", o->w->alice);
    ASSERT_AT("7", reply, "result.offers.0.seq");
    ASSERT_AT("", reply, "result.marker");
}
