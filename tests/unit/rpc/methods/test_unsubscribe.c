/* SPDX-License-Identifier: Apache-2.0 */
#include "sub_world.h"
#include "test.h"

SUB_TEST(what_is_named_ends_and_the_rest_stays)
{
    char members[512], account[128];
    snprintf(account, sizeof account, "\"accounts\":[\"%s\"]", w->small->alice);
    snprintf(members, sizeof members,
             "%s,\"streams\":[\"ledger\",\"transactions\"],\"books\":[{\"taker_gets\":{"
             "\"currency\":\"XRP\"},\"taker_pays\":{\"currency\":\"USD\",\"issuer\":\"%s\"},"
             "\"both\":true}]",
             account, w->small->alice);
    sub_world_ask(w, "subscribe", members);
    ASSERT_INT(5, w->party.sub->n_ledger_entries);
    ASSERT_AT("{}", sub_world_ask(w, "unsubscribe", "\"streams\":[\"ledger\",\"book_changes\"]"),
              "result");
    ASSERT_INT(4, w->party.sub->n_ledger_entries);
    ASSERT_AT("{}", sub_world_ask(w, "unsubscribe", account), "result");
    ASSERT_AT("{}", sub_world_ask(w, "unsubscribe", account), "result"); /* ignored */
    snprintf(
        members, sizeof members,
        "\"books\":[{\"taker_pays\":{\"currency\":\"XRP\"},\"taker_gets\":{\"currency\":\"USD\","
        "\"issuer\":\"%s\"}}]",
        w->small->alice);
    ASSERT_AT("{}", sub_world_ask(w, "unsubscribe", members), "result");
    ASSERT_INT(2, w->party.sub->n_ledger_entries); /* transactions, and the book as named */
}

SUB_TEST(its_deprecated_fields_are_its_own)
{
    const char *reply = sub_world_ask(w, "unsubscribe", "\"url\":1,\"user\":2");
    ASSERT(strstr(reply, "Field 'url' is deprecated.") && !strstr(reply, "'user' is deprecated"));
}
