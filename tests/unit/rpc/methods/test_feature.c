/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"

#define CLAWBACK "56B241D7A43D40354D02A9DC4C8DF5C7A1F930D92A9035C4E12291B3CA3E1C2B"

TEST(feature_lists_what_is_known)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "feature", " ");
    size_t n = 0;
    for (const char *p = reply; (p = strstr(p, "\"enabled\":")); p++)
        n++;
    ASSERT_INT(110, n);
    ASSERT_AT("{\"name\":\"Clawback\",\"enabled\":true,\"supported\":true}", reply,
              "result.features." CLAWBACK);
    ASSERT(strstr(reply, "{\"name\":\"Batch\",\"enabled\":false,\"supported\":false}"));
    ASSERT(strstr(reply, "{\"name\":\"AMM\",\"enabled\":false,\"supported\":true}"));
    ASSERT(!strstr(reply, "BatchV1_1"));
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

TEST(feature_does_not_vote)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "feature", "\"vetoed\":null");
    ASSERT_AT("\"noPermission\"", reply, "result.error");
    ASSERT_AT("\"The admin portion of feature API is not available through Clio.\"", reply,
              "result.error_message");
}
