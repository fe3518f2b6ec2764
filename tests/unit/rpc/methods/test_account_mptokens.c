/* SPDX-License-Identifier: Apache-2.0 */
#include "owner_world.h"
#include "base/hex.h"
#include "test.h"

TEST(account_mptokens_shows_holdings_zero_when_there_is_no_amount)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply =
        small_world_ask(o->w, "account_mptokens", "\"account\":\"%s\"", o->w->alice);
    ASSERT_AT("\"0\"", reply, "result.mptokens.0.mpt_amount");
    ASSERT_AT("\"6\"", reply, "result.mptokens.0.locked_amount");
    ASSERT_AT("true", reply, "result.mptokens.0.mpt_authorized");
    ASSERT_AT("", reply, "result.mptokens.0.mpt_locked");
    ASSERT_AT("\"00000003B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0\"", reply,
              "result.mptokens.0.mpt_issuance_id");
    char hex[65] = "", id[70];
    hex_encode(hash256_slice(&o->entries[13]), hex);
    snprintf(id, sizeof id, "\"%s\"", hex);
    ASSERT_AT(id, reply, "result.mptokens.0.mpt_id");
    ASSERT_AT("", reply, "result.mptokens.1");
}

TEST(account_mptokens_answers_actmalformed_for_any_bad_account)
{
    struct owner_world *o = owner_world_new(false);
    ASSERT_AT("\"Account malformed.\"", small_world_ask(o->w, "account_mptokens", "\"account\":{}"),
              "result.error_message");
}
