/* SPDX-License-Identifier: Apache-2.0 */
#include "owner_world.h"
#include "test.h"

static const char *ask(struct owner_world *o, const char *more)
{
    return small_world_ask(o->w, "gateway_balances", "\"account\":\"%s\"%s", o->w->alice, more);
}

/* The value at `member`.`peer i`.0.value. */
static const char *value(struct owner_world *o, const char *reply, const char *member, int i)
{
    static char path[96];
    snprintf(path, sizeof path, "result.%s.%s.0.value", member, o->peers[i]);
    return client_at(reply, path);
}

TEST(gateway_balances_sorts_lines_into_what_is_owed_held_and_frozen)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, "");
    ASSERT_AT("{\"USD\":\"6\"}", reply, "result.obligations"); /* lines 1..3 */
    ASSERT_STR("\"4\"", value(o, reply, "frozen_balances", 0));
    ASSERT_STR("\"1\"", value(o, reply, "assets", 5));
    ASSERT_STR("\"5\"", value(o, reply, "assets", 9));
    ASSERT_STR("", value(o, reply, "assets", 4)); /* zero */
    ASSERT_AT("{\"EUR\":\"7\"}", reply, "result.locked");
    ASSERT_AT("", reply, "result.balances");
    ASSERT_AT("true", reply, "result.validated");
    ASSERT_AT("30", reply, "result.ledger_index");
}

TEST(gateway_balances_takes_hot_wallets_out)
{
    struct owner_world *o = owner_world_new(false);
    char more[160];
    snprintf(more, sizeof more, ",\"hotwallet\":[\"%s\",\"%s\",\"%s\"]", o->peers[9], o->peers[0],
             o->peers[9]);
    const char *reply = ask(o, more);
    ASSERT_STR("\"4\"", value(o, reply, "balances", 0));
    ASSERT_STR("\"-5\"", value(o, reply, "balances", 9)); /* the wallet owes */
    ASSERT_AT("", reply, "result.frozen_balances");
    snprintf(more, sizeof more, ",\"hotwallet\":\"%s\"", o->peers[2]);
    reply = ask(o, more);
    ASSERT_STR("\"2\"", value(o, reply, "balances", 2));
    ASSERT_AT("{\"USD\":\"4\"}", reply, "result.obligations");
    ASSERT_AT("", ask(o, ",\"hotwallet\":[]"), "result.balances");
}

TEST(gateway_balances_names_bad_hot_wallets_by_version)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, ",\"hotwallet\":5");
    ASSERT_AT("30", reply, "result.error_code");
    ASSERT_AT("\"hotwalletNotStringOrArray\"", reply, "result.error_message");
    reply = ask(o, ",\"hotwallet\":[5],\"api_version\":2");
    ASSERT_AT("31", reply, "result.error_code");
    ASSERT_AT("\"hotwalletMalformed\"", reply, "result.error_message");
    reply = ask(o, ",\"hotwallet\":\"ED0102030000000000000000000000000000000000000000000000000000"
                   "00000000\"");
    ASSERT_AT("\"hotwalletMalformed\"", reply,
              "result.error_message"); /* keys in hex are not taken */
}
