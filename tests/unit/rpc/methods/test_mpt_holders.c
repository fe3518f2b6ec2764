/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "sto_build.h"
#include "test.h"
#include "token_world.h"

static const char *ask(struct token_world *t, const char *more)
{
    return small_world_ask(t->w, "mpt_holders", "\"mpt_issuance_id\":\"%s\"%s", t->issuance_hex,
                           more);
}

TEST(mpt_holders_shows_who_holds_what)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, ",\"ledger_index\":12");
    ASSERT_AT("\"3\"", reply, "result.mptokens.0.mpt_amount");
    ASSERT_AT("\"500\"", reply, "result.mptokens.1.mpt_amount");
    ASSERT_AT("0", reply, "result.mptokens.1.flags");
    ASSERT_AT("\"0\"", reply, "result.mptokens.2.mpt_amount");
    ASSERT_AT("1", reply, "result.mptokens.2.flags");
    ASSERT_INT(66, strlen(client_at(reply, "result.mptokens.2.mptoken_index")));
    ASSERT_AT("12", reply, "result.ledger_index");
    ASSERT_AT("50", reply, "result.limit");
    ASSERT_AT("", reply, "result.marker");
    ASSERT_INT(66, strlen(client_at(reply, "result.ledger_hash")));
}

TEST(mpt_holders_leaves_out_who_holds_nothing_any_more)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, ",\"limit\":1");
    ASSERT_AT("\"500\"", reply, "result.mptokens.0.mpt_amount"); /* behind one who is gone */
    ASSERT_AT("", reply, "result.mptokens.1");
    ASSERT_AT("\"B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0\"", reply, "result.marker");
    reply = ask(t, ",\"limit\":2,\"marker\":\"0909090909090909090909090909090909090909\"");
    ASSERT_AT("\"500\"", reply, "result.mptokens.0.mpt_amount");
    ASSERT_AT("", reply, "result.marker"); /* nothing follows */
    reply = ask(t, ",\"marker\":\"F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0\"");
    ASSERT_AT("[]", reply, "result.mptokens");
    ASSERT_AT("", reply, "result.marker");
    /* never given: between two holders, behind the last one */
    reply = ask(t, ",\"marker\":\"0A09090909090909090909090909090909090909\"");
    ASSERT_AT("\"Invalid marker.\"", reply, "result.error_message");
    ASSERT_AT("\"500\"", ask(t, ",\"marker\":\"0\""), "result.mptokens.0.mpt_amount");
    reply = ask(t, ",\"marker\":\"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\"");
    ASSERT_AT("\"Invalid marker.\"", reply, "result.error_message");
}

/* An MPToken with balances that nobody can read, in place of the one of bob. */
TEST(mpt_holders_shows_what_confidential_transfers_keep)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, "");
    struct hash256 key;
    struct buf b = {0};
    char text[65] = "";
    snprintf(text, sizeof text, "%.64s", client_at(reply, "result.mptokens.0.mptoken_index") + 1);
    ASSERT(hex_decode(slice_str(text), key.b, 32));
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_MPToken);
    sto_build_u32(&b, FIELD_ConfidentialBalanceVersion, 4);
    sto_build_u64(&b, FIELD_MPTAmount, 500);
    sto_build_u64(&b, FIELD_LockedAmount, 12345678901234567);
    sto_build_field(&b, FIELD_ConfidentialBalanceInbox, slice_of("\x01\x02", 2));
    sto_build_field(&b, FIELD_ConfidentialBalanceSpending, slice_of("\x03\x04", 2));
    sto_build_field(&b, FIELD_IssuerEncryptedBalance, slice_of("\x05\x06", 2));
    sto_build_field(&b, FIELD_AuditorEncryptedBalance, slice_of("\x07", 1));
    sto_build_field(&b, FIELD_HolderEncryptionKey, slice_of("\x08", 1));
    fake_drop(t->w->ledgers, &key);
    fake_put(t->w->ledgers, &key, buf_slice(&b), 10, 30);
    fake_keep(b.p);
    reply = ask(t, "");
    ASSERT_AT("\"500\"", reply, "result.mptokens.0.mpt_amount");
    ASSERT_AT("\"12345678901234567\"", reply, "result.mptokens.0.locked_amount");
    ASSERT_AT("\"0102\"", reply, "result.mptokens.0.confidential_balance_inbox");
    ASSERT_AT("\"0304\"", reply, "result.mptokens.0.confidential_balance_spending");
    ASSERT_AT("\"0506\"", reply, "result.mptokens.0.issuer_encrypted_balance");
    ASSERT_AT("\"07\"", reply, "result.mptokens.0.auditor_encrypted_balance");
    ASSERT_AT("\"08\"", reply, "result.mptokens.0.holder_encryption_key");
    ASSERT_AT("4", reply, "result.mptokens.0.confidential_balance_version");
    snprintf(text, sizeof text, "%.64s", client_at(reply, "result.mptokens.0.mptoken_index") + 1);
    reply = small_world_ask(t->w, "ledger_entry", "\"index\":\"%s\"", text);
    ASSERT_AT("\"0102\"", reply, "result.node.ConfidentialBalanceInbox");
    ASSERT_AT("\"12345678901234567\"", reply, "result.node.LockedAmount");
}

TEST(mpt_holders_needs_an_issuance)
{
    struct token_world *t = token_world_new();
    const char *reply = small_world_ask(t->w, "mpt_holders", "\"mpt_issuance_id\":\"0\"");
    ASSERT_AT("\"objectNotFound\"", reply, "result.error");
    ASSERT_AT("\"objectNotFound\"", reply, "result.error_message");
    reply = small_world_ask(t->w, "mpt_holders", "\"mpt_issuance_id\":\"00\"");
    ASSERT_AT("\"mpt_issuance_idMalformed\"", reply, "result.error_message");
}
