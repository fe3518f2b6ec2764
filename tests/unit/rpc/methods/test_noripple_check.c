/* SPDX-License-Identifier: Apache-2.0 */
#include "owner_world.h"
#include "test.h"

static const char *ask(struct owner_world *o, const char *more)
{
    return small_world_ask(o->w, "noripple_check", "\"account\":\"%s\"%s", o->w->alice, more);
}

TEST(noripple_check_tells_a_gateway_what_to_clear)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, ",\"role\":\"gateway\",\"transactions\":true");
    char want[160];
    ASSERT_AT("\"You should immediately set your default ripple flag\"", reply,
              "result.problems.0");
    snprintf(want, sizeof want, "\"You should clear the no ripple flag on your USD line to %s\"",
             o->peers[0]);
    ASSERT_AT(want, reply, "result.problems.1");
    ASSERT_AT("", reply, "result.problems.3");
    ASSERT_AT("8", reply, "result.transactions.0.SetFlag");
    ASSERT_AT("5", reply, "result.transactions.0.Sequence");
    ASSERT_AT("\"10\"", reply, "result.transactions.0.Fee");
    ASSERT_AT("262144", reply, "result.transactions.2.Flags");
    ASSERT_AT("7", reply, "result.transactions.2.Sequence");
    snprintf(want, sizeof want, "{\"currency\":\"USD\",\"issuer\":\"%s\",\"value\":\"2\"}",
             o->peers[1]);
    ASSERT_AT(want, reply, "result.transactions.2.LimitAmount");
    ASSERT_AT("", reply, "result.transactions.3");
}

TEST(noripple_check_tells_a_user_what_to_set_up_to_the_limit)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, ",\"role\":\"user\",\"limit\":3,\"transactions\":1");
    char want[160];
    snprintf(want, sizeof want,
             "\"You should probably set the no ripple flag on your USD line to %s\"", o->peers[2]);
    ASSERT_AT(want, reply, "result.problems.0");
    ASSERT_AT("", reply, "result.problems.3");
    ASSERT_AT("131072", reply, "result.transactions.2.Flags");
    reply = ask(o, ",\"role\":\"user\",\"limit\":500");
    ASSERT(strstr(client_at(reply, "result.problems.7"), o->peers[9]) != NULL);
    ASSERT_AT("", reply, "result.problems.8");
    ASSERT_AT("", reply, "result.transactions");
    reply =
        small_world_ask(o->w, "noripple_check",
                        "\"account\":\"%s\",\"role\":\"user\",\"transactions\":true", o->w->bob);
    ASSERT(strstr(client_at(reply, "result.problems.0"), "even though") != NULL);
    ASSERT_AT("[]", reply, "result.transactions");
}

TEST(noripple_check_refuses_other_roles)
{
    struct owner_world *o = owner_world_new(false);
    const char *const roles[] = {"\"owner\"", "5", "null", "{}"};
    for (int i = 0; i < 4; i++) {
        char more[32];
        snprintf(more, sizeof more, ",\"role\":%s", roles[i]);
        ASSERT_AT("\"role field is invalid\"", ask(o, more), "result.error_message");
    }
    ASSERT_AT("\"Required field 'role' missing\"", ask(o, ""), "result.error_message");
    ASSERT_AT("\"invalidParams\"",
              ask(o, ",\"role\":\"user\",\"transactions\":1,\"api_version\":2"), "result.error");
}
