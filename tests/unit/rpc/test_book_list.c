/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/book_list.h"
#include "sub_world.h"
#include "test.h"

/* Several books in one array: the list has no begin and no end of its own. */
SUB_TEST(books_follow_each_other_in_one_array)
{
    char members[512];
    snprintf(
        members, sizeof members,
        "\"books\":[{\"taker_gets\":{\"currency\":\"XRP\"},\"taker_pays\":{\"currency\":\"USD\","
        "\"issuer\":\"%s\"},\"snapshot\":true},{\"taker_gets\":{\"currency\":\"XRP\"},"
        "\"taker_pays\":{\"currency\":\"EUR\",\"issuer\":\"%s\"},\"snapshot\":true},{"
        "\"taker_gets\":{\"currency\":\"XRP\"},\"taker_pays\":{\"currency\":\"USD\","
        "\"issuer\":\"%s\"},\"snapshot\":true}]",
        w->small->alice, w->small->alice, w->small->alice);
    const char *reply = sub_world_ask(w, "subscribe", members);
    ASSERT_AT("\"94000000\"", reply, "result.offers.0.owner_funds");
    ASSERT_AT("\"4000000\"", reply, "result.offers.3.taker_gets_funded");
    ASSERT_AT("\"94000000\"", reply, "result.offers.4.owner_funds");
    ASSERT(*client_at(reply, "result.offers.7") && !*client_at(reply, "result.offers.8"));
}
