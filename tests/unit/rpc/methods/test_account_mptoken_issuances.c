/* SPDX-License-Identifier: Apache-2.0 */
#include "owner_world.h"
#include "base/hex.h"
#include "test.h"

TEST(account_mptoken_issuances_shows_amounts_as_text_and_flags_that_are_set)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply =
        small_world_ask(o->w, "account_mptoken_issuances", "\"account\":\"%s\"", o->w->alice);
    char hex[65] = "", id[70];
    hex_encode(hash256_slice(&o->entries[12]), hex);
    snprintf(id, sizeof id, "\"%s\"", hex);
    ASSERT_AT(id, reply, "result.mpt_issuances.0.mpt_issuance_id");
    ASSERT_AT("9", reply, "result.mpt_issuances.0.sequence");
    ASSERT_AT("300", reply, "result.mpt_issuances.0.transfer_fee");
    ASSERT_AT("\"18446744073709551615\"", reply, "result.mpt_issuances.0.maximum_amount");
    ASSERT_AT("\"5\"", reply, "result.mpt_issuances.0.outstanding_amount");
    ASSERT_AT("", reply, "result.mpt_issuances.0.locked_amount");
    ASSERT_AT("true", reply, "result.mpt_issuances.0.mpt_can_lock");
    ASSERT_AT("true", reply, "result.mpt_issuances.0.mpt_can_transfer");
    ASSERT_AT("", reply, "result.mpt_issuances.0.mpt_locked");
    ASSERT_AT("true", reply, "result.mpt_issuances.0.mpt_can_mutate_can_lock");
    ASSERT_AT("true", reply, "result.mpt_issuances.0.mpt_can_mutate_metadata");
    ASSERT_AT("", reply, "result.mpt_issuances.0.mpt_can_mutate_can_trade");
    ASSERT_AT("", reply, "result.mpt_issuances.1");
}

TEST(account_mptoken_issuances_is_not_forwarded)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply =
        small_world_ask(o->w, "account_mptoken_issuances",
                        "\"account\":\"%s\",\"ledger_index\":\"current\"", o->w->alice);
    ASSERT_AT("\"ledgerIndexMalformed\"", reply, "result.error_message");
}
