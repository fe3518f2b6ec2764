/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "token_world.h"

static const char *ask(struct token_world *t, const char *more)
{
    return small_world_ask(t->w, "nft_history", "\"nft_id\":\"%s\"%s", t->token_hex[0], more);
}

static const char *shown(const char *reply)
{
    static char text[64];
    char path[64];
    text[0] = 0;
    for (int i = 0; i < 10; i++) {
        snprintf(path, sizeof path, "result.transactions.%d.ledger_index", i);
        const char *seq = client_at(reply, path);
        if (*seq)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", seq);
    }
    return text;
}

TEST(nft_history_goes_backward_or_forward)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, ",\"binary\":true");
    ASSERT_STR("30 20 12 12", shown(reply));
    ASSERT_AT("10", reply, "result.ledger_index_min");
    ASSERT_AT("30", reply, "result.ledger_index_max");
    ASSERT_AT("", reply, "result.marker");
    ASSERT_AT("", reply, "result.limit");
    ASSERT_STR("12 12 20 30", shown(ask(t, ",\"binary\":true,\"forward\":true")));
    reply = small_world_ask(t->w, "nft_history", "\"nft_id\":\"%s\"", t->token_hex[1]);
    ASSERT_AT("[]", reply, "result.transactions");
    ASSERT_AT("", ask(t, ",\"binary\":true,\"limit\":4"), "result.marker"); /* nothing follows */
    reply = small_world_ask(t->w, "nft_history", "\"nft_id\":\"%064d\"", 7);
    ASSERT_AT("\"objectNotFound\"", reply, "result.error");
    ASSERT_AT("\"NFT not found\"", reply, "result.error_message");
}

TEST(nft_history_goes_on_at_its_marker)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, ",\"binary\":true,\"limit\":3");
    ASSERT_STR("30 20 12", shown(reply));
    ASSERT_AT("{\"ledger\":12,\"seq\":1}", reply, "result.marker");
    ASSERT_AT("3", reply, "result.limit");
    ASSERT_STR("12",
               shown(ask(t, ",\"binary\":true,\"limit\":3,\"marker\":{\"ledger\":12,\"seq\":1}")));
    /* forward a marker names the row to begin with */
    reply = ask(t, ",\"binary\":true,\"limit\":1,\"forward\":true");
    ASSERT_AT("{\"ledger\":12,\"seq\":1}", reply, "result.marker");
    reply = ask(t, ",\"binary\":true,\"limit\":2,\"forward\":true,"
                   "\"marker\":{\"ledger\":12,\"seq\":1}");
    ASSERT_STR("12 20", shown(reply));
    ASSERT_AT("{\"ledger\":20,\"seq\":1}", reply, "result.marker");
}

TEST(nft_history_s_limit_is_1_to_100)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, ",\"binary\":true,\"limit\":1");
    ASSERT_STR("30", shown(reply));
    ASSERT_AT("1", reply, "result.limit");
    ASSERT_AT("100", ask(t, ",\"limit\":101"), "result.limit");
    ASSERT_AT("\"invalidParams\"", ask(t, ",\"limit\":0"), "result.error");
}

TEST(nft_history_keeps_to_its_range)
{
    struct token_world *t = token_world_new();
    const char *range = ",\"binary\":true,\"limit\":2,\"ledger_index_min\":13,"
                        "\"ledger_index_max\":29";
    ASSERT_STR("20", shown(ask(t, range)));
    ASSERT_AT("", ask(t, range), "result.marker");
    ASSERT_STR("12 12", shown(ask(t, ",\"binary\":true,\"ledger_index\":12")));
    ASSERT_AT("12", ask(t, ",\"ledger_index\":12"), "result.ledger_index_max");
    ASSERT_AT("30", ask(t, ",\"ledger_index\":\"validated\",\"ledger_index_min\":12"),
              "result.ledger_index_max");
}

TEST(nft_history_refuses_bad_ranges)
{
    struct token_world *t = token_world_new();
    static const struct {
        const char *more, *message;
    } cases[] = {
        {",\"ledger_index_min\":9", "\"ledgerSeqMinOutOfRange\""},
        {",\"ledger_index_min\":-2", "\"ledgerSeqMinOutOfRange\""},
        {",\"ledger_index_max\":31", "\"ledgerSeqMaxOutOfRange\""},
        {",\"ledger_index_min\":20,\"ledger_index_max\":19", "\"Ledger indexes invalid.\""},
        {",\"ledger_index_min\":20,\"ledger_index\":20", "\"containsLedgerSpecifierAndRange\""},
        {",\"ledger_index\":31", "\"ledgerNotFound\""},
        {",\"binary\":1", "\"Invalid parameters.\""},
        {",\"marker\":\"x\"", "\"invalidMarker\""},
        {",\"marker\":{\"ledger\":1}", "\"Required field 'seq' missing\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ASSERT_AT(cases[i].message, ask(t, cases[i].more), "result.error_message");
}

TEST(nft_history_shows_entries_as_the_version_says)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, ",\"limit\":1");
    ASSERT_AT("800000300", reply, "result.transactions.0.tx.date");
    ASSERT_AT("30", reply, "result.transactions.0.tx.ledger_index");
    ASSERT_AT("", reply, "result.transactions.0.tx.ctid");
    ASSERT_AT("", reply, "result.transactions.0.tx.inLedger");
    ASSERT_AT("", reply, "result.transactions.0.hash");
    reply = ask(t, ",\"limit\":1,\"api_version\":2");
    ASSERT(*client_at(reply, "result.transactions.0.hash"));
    ASSERT(*client_at(reply, "result.transactions.0.close_time_iso"));
    ASSERT_AT("", reply, "result.transactions.0.tx_json.hash");
    reply = ask(t, ",\"limit\":1,\"api_version\":2,\"binary\":true");
    ASSERT(*client_at(reply, "result.transactions.0.meta_blob"));
    ASSERT_AT("800000300", reply, "result.transactions.0.date");
}
