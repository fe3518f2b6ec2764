/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"
#include "xrpl/learn.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

TEST(server_definitions_tells_the_tables_and_their_hash)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "server_definitions", "%s", "");
    ASSERT_AT("0", reply, "result.TRANSACTION_TYPES.Payment");
    ASSERT_AT("97", reply, "result.LEDGER_ENTRY_TYPES.AccountRoot");
    ASSERT_AT("200", reply, "result.TRANSACTION_RESULTS.tecNO_SPONSOR_PERMISSION");
    ASSERT_AT("\"success\"", reply, "result.status");
    ASSERT_INT(66, strlen(client_at(reply, "result.hash")));
    ASSERT_AT("", reply, "forwarded");
    ASSERT_AT("0", small_world_ask(w, "server_definitions", "\"hash\":\"" ZEROS "\""),
              "result.TRANSACTION_TYPES.Payment");
}

TEST(server_definitions_says_only_the_hash_to_who_has_them)
{
    struct small_world *w = small_world_new();
    const char *hash = fake_keep(strdup(tables_now()->definitions_hash));
    const char *reply = small_world_ask(w, "server_definitions", "\"hash\":\"%s\"", hash);
    ASSERT_AT("", reply, "result.TRANSACTION_TYPES");
    ASSERT(strstr(client_at(reply, "result.hash"), hash));
    struct learn_news news;
    ASSERT_OK(learn_definitions(SLICE_LIT("{\"TRANSACTION_TYPES\":{\"NewThingSet\":400}}"), "test",
                                NULL, &news));
    reply = small_world_ask(w, "server_definitions", "\"hash\":\"%s\"", hash);
    ASSERT_AT("400", reply, "result.TRANSACTION_TYPES.NewThingSet");
    ASSERT(!strstr(client_at(reply, "result.hash"), hash));
}

TEST(server_definitions_refuses_what_is_no_hash)
{
    struct small_world *w = small_world_new();
    const char *const wrong[] = {"5", "\"zz\"", "\"\"", "null", "[]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *reply = small_world_ask(w, "server_definitions", "\"hash\":%s", wrong[i]);
        ASSERT_AT("\"invalidParams\"", reply, "result.error");
        ASSERT_AT("\"Invalid field 'hash'.\"", reply, "result.error_message");
    }
}
