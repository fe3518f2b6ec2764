/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "token_world.h"

static const char *ask(struct token_world *t, int token, const char *more)
{
    return small_world_ask(t->w, "nft_info", "\"nft_id\":\"%s\"%s", t->token_hex[token], more);
}

TEST(nft_info_shows_the_newest_state_and_the_parts_of_the_id)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, 0, "");
    ASSERT_AT("25", reply, "result.ledger_index");
    ASSERT_AT("true", reply, "result.is_burned");
    ASSERT_AT("\"CD\"", reply, "result.uri");
    ASSERT_AT("9", reply, "result.flags");
    ASSERT_AT("314", reply, "result.transfer_fee");
    ASSERT_AT("5", reply, "result.nft_taxon");
    ASSERT_AT("1", reply, "result.nft_serial");
    ASSERT_AT("true", reply, "result.validated");
    ASSERT_STR(client_at(reply, "result.owner"), client_at(ask(t, 1, ""), "result.owner"));
    ASSERT_AT("\"\"", ask(t, 1, ""), "result.uri");
}

TEST(nft_info_shows_the_state_of_an_old_ledger)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, 0, ",\"ledger_index\":14");
    ASSERT_AT("10", reply, "result.ledger_index"); /* rows of the first ledger stand at 0 */
    ASSERT_AT("false", reply, "result.is_burned");
    ASSERT_AT("\"AB01\"", reply, "result.uri");
    ASSERT_STR(client_at(reply, "result.issuer"), client_at(reply, "result.owner"));
    ASSERT_AT("15", ask(t, 0, ",\"ledger_index\":15"), "result.ledger_index");
}

TEST(nft_info_does_not_know_tokens_before_they_were_there)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, 1, ",\"ledger_index\":19");
    ASSERT_AT("\"objectNotFound\"", reply, "result.error");
    ASSERT_AT("\"NFT not found\"", reply, "result.error_message");
    ASSERT_AT("\"lgrNotFound\"", ask(t, 1, ",\"ledger_index\":31"), "result.error");
}
