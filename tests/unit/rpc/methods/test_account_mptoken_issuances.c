/* SPDX-License-Identifier: Apache-2.0 */
#include "owner_world.h"
#include "base/hex.h"
#include "test.h"
#include "xrpl/keylet.h"

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
    ASSERT_AT("", reply, "result.mpt_issuances.0.mpt_can_mutate_can_lock"); /* is immutable */
    ASSERT_AT("", reply, "result.mpt_issuances.0.mpt_can_mutate_metadata");
    ASSERT_AT("true", reply, "result.mpt_issuances.0.mpt_can_mutate_can_trade");
    ASSERT_AT("true", reply, "result.mpt_issuances.0.mpt_can_mutate_can_hold_confidential_balance");
    ASSERT_AT("true", reply, "result.mpt_issuances.0.mpt_can_mutate_transfer_fee");
    ASSERT_AT("", reply, "result.mpt_issuances.1");
}

static struct hash256 amendment(const char *name)
{
    struct slice text = slice_str(name);
    return hash_sha512half(&text, 1);
}

/* An issuance without ImmutableFlags: all can be changed where DynamicMPT is enabled, else nothing.
 */
TEST(account_mptoken_issuances_can_be_changed_with_the_amendment_only)
{
    struct owner_world *o = owner_world_new(false);
    struct buf b = {0}, amendments = {0};
    struct hash256 id = amendment("DynamicMPT"), key = keylet_amendments();
    small_world_u16(&b, FIELD_LedgerEntryType, ENTRY_MPTokenIssuance);
    small_world_u32(&b, FIELD_Sequence, 9);
    fake_drop(o->w->ledgers, &o->entries[12]);
    fake_put(o->w->ledgers, &o->entries[12], buf_slice(&b), 10, 30);
    fake_keep(b.p);
    const char *reply =
        small_world_ask(o->w, "account_mptoken_issuances", "\"account\":\"%s\"", o->w->alice);
    ASSERT_AT("9", reply, "result.mpt_issuances.0.sequence");
    ASSERT_AT("", reply, "result.mpt_issuances.0.mpt_can_mutate_can_lock");
    small_world_u16(&amendments, FIELD_LedgerEntryType, ENTRY_Amendments);
    small_world_field(&amendments, FIELD_Amendments, hash256_slice(&id));
    fake_drop(o->w->ledgers, &key);
    fake_put(o->w->ledgers, &key, buf_slice(&amendments), 10, 30);
    fake_keep(amendments.p);
    reply = small_world_ask(o->w, "account_mptoken_issuances", "\"account\":\"%s\"", o->w->alice);
    ASSERT_AT("true", reply, "result.mpt_issuances.0.mpt_can_mutate_can_lock");
    ASSERT_AT("true", reply, "result.mpt_issuances.0.mpt_can_mutate_metadata");
}

TEST(account_mptoken_issuances_is_not_forwarded)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply =
        small_world_ask(o->w, "account_mptoken_issuances",
                        "\"account\":\"%s\",\"ledger_index\":\"current\"", o->w->alice);
    ASSERT_AT("\"ledgerIndexMalformed\"", reply, "result.error_message");
}
