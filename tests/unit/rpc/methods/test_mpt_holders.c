/* SPDX-License-Identifier: Apache-2.0 */
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

TEST(mpt_holders_needs_an_issuance)
{
    struct token_world *t = token_world_new();
    const char *reply = small_world_ask(t->w, "mpt_holders", "\"mpt_issuance_id\":\"0\"");
    ASSERT_AT("\"objectNotFound\"", reply, "result.error");
    ASSERT_AT("\"objectNotFound\"", reply, "result.error_message");
    reply = small_world_ask(t->w, "mpt_holders", "\"mpt_issuance_id\":\"00\"");
    ASSERT_AT("\"mpt_issuance_idMalformed\"", reply, "result.error_message");
}
