/* SPDX-License-Identifier: Apache-2.0 */
#include "owner_world.h"
#include "test.h"

TEST(account_currencies_compares_balances_with_limits)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply =
        small_world_ask(o->w, "account_currencies", "\"account\":\"%s\"", o->w->alice);
    ASSERT_AT("[\"EUR\",\"USD\"]", reply, "result.receive_currencies");
    ASSERT_AT("[\"EUR\",\"USD\"]", reply, "result.send_currencies");
    ASSERT_AT("true", reply, "result.validated");
}

TEST(account_currencies_of_an_account_without_lines_are_none)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply =
        small_world_ask(o->w, "account_currencies", "\"account\":\"%s\",\"strict\":1", o->w->bob);
    ASSERT_AT("[]", reply, "result.receive_currencies");
    ASSERT_AT("[]", reply, "result.send_currencies");
    ASSERT_AT("2004", reply, "warnings.0.id");
}
