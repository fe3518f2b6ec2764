/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/clock.h"
#include "rt/fiber.h"
#include "sub_world.h"
#include "test.h"

SUB_TEST(subscribing_to_ledgers_tells_of_the_newest)
{
    const char *reply = sub_world_ask(w, "subscribe", "\"streams\":[\"ledger\"]");
    ASSERT_AT("30", reply, "result.ledger_index");
    ASSERT_AT("10", reply, "result.fee_base");
    ASSERT_AT("5000000", reply, "result.reserve_base");
    ASSERT_AT("1000000", reply, "result.reserve_inc");
    ASSERT_AT("\"10-30\"", reply, "result.validated_ledgers");
    ASSERT_AT("0", reply, "result.network_id");
    ASSERT_AT("", reply, "result.type");
    ASSERT_AT("", reply, "result.txn_count");
    reply = sub_world_ask(w, "subscribe", "\"streams\":[\"ledger\"]"); /* each time */
    ASSERT_AT("30", reply, "result.ledger_index");
    ASSERT_AT("{}", sub_world_ask(w, "subscribe", "\"streams\":[\"transactions\"]"), "result");
    ASSERT_AT("{}", sub_world_ask(w, "subscribe", "\"streams\":[],\"books\":[]"), "result");
    ASSERT_AT("{}", sub_world_ask(w, "subscribe", ""), "result");
}

SUB_TEST(deprecated_fields_only_bring_a_warning)
{
    const char *reply = sub_world_ask(w, "subscribe", "\"user\":1,\"rt_accounts\":2,\"url\":\"x\"");
    ASSERT_AT("{}", reply, "result");
    ASSERT_AT("2004", reply, "warnings.0.id");
    ASSERT(strstr(reply, "Field 'user' is deprecated. Field 'rt_accounts' is deprecated."));
    ASSERT(!strstr(reply, "'url'"));
}

SUB_TEST(peer_status_is_for_admins)
{
    sub_world_refuses(w, "subscribe", "\"streams\":[\"peer_status\"]", 6, "noPermission", NULL);
    w->client.request.is_admin = true;
    ASSERT_AT("{}", sub_world_ask(w, "subscribe", "\"streams\":[\"peer_status\"]"), "result");
    ASSERT_AT("{}", sub_world_ask(w, "subscribe", "\"streams\":[\"server\",\"consensus\"]"),
              "result");
}

SUB_TEST(both_sides_of_a_book_stand_in_bids_and_asks)
{
    char members[512];
    snprintf(
        members, sizeof members,
        "\"books\":[{\"taker_gets\":{\"currency\":\"XRP\"},\"taker_pays\":{\"currency\":\"USD\","
        "\"issuer\":\"%s\"},\"snapshot\":true,\"both\":true}]",
        w->small->alice);
    const char *reply = sub_world_ask(w, "subscribe", members);
    ASSERT_AT("\"94000000\"", reply, "result.bids.0.owner_funds");
    ASSERT_AT("[]", reply, "result.asks");
    ASSERT_AT("", reply, "result.offers");
    ASSERT_INT(2, w->party.sub->n_of[FEED_KIND_BOOK]);
}

SUB_TEST(a_replay_is_announced_and_sent)
{
    const char *reply =
        sub_world_ask(w, "subscribe", "\"streams\":[\"ledger\"],\"from_ledger\":21");
    ASSERT_AT("21", reply, "result.replay.first");
    ASSERT_AT("30", reply, "result.replay.last");
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    ASSERT_INT(10, w->n_sent);
    reply = sub_world_ask(w, "subscribe", "\"streams\":[\"book_changes\"],\"from_ledger\":31");
    ASSERT_AT("31", reply, "result.replay.first");
    ASSERT_AT("30", reply, "result.replay.last");
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    ASSERT_INT(10, w->n_sent);
}

SUB_TEST(a_ledger_outside_of_the_store_is_named_with_the_range)
{
    sub_world_refuses(w, "subscribe", "\"streams\":[\"ledger\"],\"from_ledger\":9", 21,
                      "lgrNotFound", "Ledger 9 is not held: this server has ledgers 10 to 30.");
    const char *reply =
        sub_world_ask(w, "subscribe", "\"streams\":[\"ledger\"],\"from_ledger\":32");
    ASSERT_AT("\"lgrNotFound\"", reply, "error");
    ASSERT_AT("10", reply, "ledger_index_min");
    ASSERT_AT("30", reply, "ledger_index_max");
}

SUB_TEST(too_many_subscriptions_are_too_busy)
{
    char members[2048] = "\"accounts\":[";
    size_t n = strlen(members);
    for (int i = 0; i < 6; i++) {
        struct account a = {{(uint8_t)(i + 1)}};
        char text[ACCOUNT_TEXT_MAX];
        account_to_text(&a, text);
        n += (size_t)snprintf(members + n, sizeof members - n, "%s\"%s\"", i ? "," : "", text);
    }
    snprintf(members + n, sizeof members - n, "]");
    sub_world_refuses(w, "subscribe", members, 9, "tooBusy", NULL);
}

SUB_TEST(without_a_connection_nobody_subscribes)
{
    w->client.request.session = NULL;
    sub_world_refuses(w, "subscribe", "\"streams\":[\"ledger\"]", 75, "notSupported", NULL);
    sub_world_refuses(w, "unsubscribe", "\"streams\":[\"ledger\"]", 75, "notSupported", NULL);
}
