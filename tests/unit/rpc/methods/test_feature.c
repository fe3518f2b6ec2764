/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"

#define UNHEARD "A3FEAD69FEE05ACAEB3CAAAC2193F68F6CA827A7987FDAB0D32C187A93F27652"
#define CLAWBACK "56B241D7A43D40354D02A9DC4C8DF5C7A1F930D92A9035C4E12291B3CA3E1C2B"

TEST(feature_lists_what_is_known)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "feature", " ");
    size_t n = 0;
    for (const char *p = reply; (p = strstr(p, "\"enabled\":")); p++)
        n++;
    ASSERT_INT(110 + 2, n); /* what the ledger has is shown, known or not */
    ASSERT_AT("{\"name\":\"Clawback\",\"enabled\":true,\"supported\":true}", reply,
              "result.features." CLAWBACK);
    ASSERT(strstr(reply, "{\"name\":\"Batch\",\"enabled\":false,\"supported\":false}"));
    ASSERT(strstr(reply, "{\"name\":\"AMM\",\"enabled\":false,\"supported\":true}"));
    ASSERT(strstr(reply, "{\"name\":\"BatchV1_1\",\"enabled\":true,\"supported\":false}"));
    ASSERT(strstr(reply, "\"" UNHEARD "\":{\"name\":\"" UNHEARD
                         "\",\"enabled\":true,\"supported\":false}"));
    ASSERT(!strstr(reply, "fixBatchV1_2")); /* later, and not enabled */
    ASSERT_AT("30", reply, "result.ledger_index");
}

TEST(feature_finds_one_by_name_or_id)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "feature", "\"feature\":\"Clawback\"");
    ASSERT_AT("\"Clawback\"", reply, "result." CLAWBACK ".name");
    ASSERT_AT("true", reply, "result." CLAWBACK ".enabled");
    reply = small_world_ask(w, "feature", "\"feature\":\"" CLAWBACK "\"");
    ASSERT_AT("\"Clawback\"", reply, "result." CLAWBACK ".name");
    ASSERT_AT("", reply, "result.features");
    ASSERT_AT("\"badFeature\"", small_world_ask(w, "feature", "\"feature\":\"clawback\""),
              "result.error");
    ASSERT_AT("\"badFeature\"", small_world_ask(w, "feature", "\"feature\":\"\""), "result.error");
    ASSERT_AT("\"invalidParams\"", small_world_ask(w, "feature", "\"feature\":1"), "result.error");
}

TEST(feature_finds_what_is_new_and_what_only_the_ledger_has)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "feature", "\"feature\":\"fixBatchV1_2\"");
    ASSERT(strstr(reply, "{\"name\":\"fixBatchV1_2\",\"enabled\":false,\"supported\":true}"));
    reply = small_world_ask(w, "feature", "\"feature\":\"" UNHEARD "\"");
    ASSERT_AT("true", reply, "result." UNHEARD ".enabled");
    ASSERT_AT("false", reply, "result." UNHEARD ".supported");
}

TEST(feature_does_not_vote)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "feature", "\"vetoed\":null");
    ASSERT_AT("\"noPermission\"", reply, "result.error");
    ASSERT_AT("\"The admin portion of feature API is not available through Clio.\"", reply,
              "result.error_message");
}
