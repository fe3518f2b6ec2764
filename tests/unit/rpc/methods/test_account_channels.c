/* SPDX-License-Identifier: Apache-2.0 */
#include "owner_world.h"
#include "test.h"

static const char *ask(struct owner_world *o, const char *more)
{
    return small_world_ask(o->w, "account_channels", "\"account\":\"%s\"%s", o->w->alice, more);
}

TEST(account_channels_shows_channels_that_the_account_pays_into)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, "");
    ASSERT_AT("\"1000\"", reply, "result.channels.0.amount");
    ASSERT_AT("\"40\"", reply, "result.channels.0.balance");
    ASSERT_AT("60", reply, "result.channels.0.settle_delay");
    ASSERT_AT("0", reply, "result.channels.0.destination_tag");
    ASSERT_AT("", reply, "result.channels.0.source_tag");
    ASSERT_AT("\"ED01020300000000000000000000000000000000000000000000000000000000"
              "00\"",
              reply, "result.channels.0.public_key_hex");
    ASSERT_AT("", reply, "result.channels.1");
}

TEST(account_channels_filters_by_destination)
{
    struct owner_world *o = owner_world_new(false);
    char more[96];
    snprintf(more, sizeof more, ",\"destination_account\":\"%s\"", o->w->bob);
    ASSERT_AT("\"1000\"", ask(o, more), "result.channels.0.amount");
    snprintf(more, sizeof more, ",\"destination_account\":\"%s\"", o->w->nobody);
    ASSERT_AT("[]", ask(o, more), "result.channels");
    ASSERT_AT("\"Invalid parameters.\"", ask(o, ",\"destination_account\":1"),
              "result.error_message");
    ASSERT_AT("\"destination_accountMalformed\"", ask(o, ",\"destination_account\":\"x\""),
              "result.error_message");
}
