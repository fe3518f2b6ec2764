/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "rpc/server_impl.h"
#include "rt/core.h"
#include "small_world.h"
#include "test.h"
#include "xrpl/tables.h"

TEST(ledger_lists_transactions_by_hash)
{
    struct small_world *w = small_world_new();
    bool first = hash256_cmp(&w->txs[0], &w->txs[1]) < 0;
    char expected[160];
    snprintf(expected, sizeof expected, "[\"%s\",\"%s\"]", w->tx_hex[!first], w->tx_hex[first]);
    const char *reply = small_world_ask(w, "ledger", "\"ledger_index\":12,\"transactions\":true");
    ASSERT_AT(expected, reply, "result.ledger.transactions");
    ASSERT_AT("[]", small_world_ask(w, "ledger", "\"ledger_index\":13,\"transactions\":true"),
              "result.ledger.transactions");
    ASSERT_AT("", small_world_ask(w, "ledger", "\"ledger_index\":12,\"expand\":true"),
              "result.ledger.transactions");
}

TEST(ledger_expands_transactions_as_the_version_says)
{
    struct small_world *w = small_world_new();
#define EXPAND "\"ledger_index\":30,\"transactions\":true,\"expand\":true"
    const char *reply = small_world_ask(w, "ledger", EXPAND);
    char hash[80];
    snprintf(hash, sizeof hash, "\"%s\"", w->tx_hex[3]);
    ASSERT_AT(hash, reply, "result.ledger.transactions.0.hash");
    ASSERT_AT("\"C000001E0000535A\"", reply, "result.ledger.transactions.0.ctid");
    ASSERT_AT("\"Payment\"", reply, "result.ledger.transactions.0.TransactionType");
    ASSERT_AT("\"1234\"", reply, "result.ledger.transactions.0.Amount");
    ASSERT_AT("\"1234\"", reply, "result.ledger.transactions.0.DeliverMax");
    ASSERT_AT("\"tesSUCCESS\"", reply, "result.ledger.transactions.0.metaData.TransactionResult");
    reply = small_world_ask(w, "ledger", EXPAND ",\"api_version\":2");
    ASSERT_AT("", reply, "result.ledger.transactions.0.tx_json.Amount");
    ASSERT_AT("", reply, "result.ledger.transactions.0.tx_json.hash");
    ASSERT_AT("30", reply, "result.ledger.transactions.0.ledger_index");
    ASSERT_AT("\"C000001E0000535A\"", reply, "result.ledger.transactions.0.ctid");
    ASSERT_AT("0", reply, "result.ledger.transactions.0.meta.TransactionIndex");
    ASSERT(*client_at(reply, "result.ledger.transactions.0.close_time_iso"));
    reply = small_world_ask(w, "ledger", EXPAND ",\"binary\":true");
    ASSERT(*client_at(reply, "result.ledger.transactions.0.meta") &&
           *client_at(reply, "result.ledger.ledger_data"));
    ASSERT_AT(hash, reply, "result.ledger.transactions.0.hash");
    ASSERT_AT("\"C000001E0000535A\"", reply, "result.ledger.transactions.0.ctid");
    reply = small_world_ask(w, "ledger", EXPAND ",\"binary\":true,\"api_version\":3");
    ASSERT(*client_at(reply, "result.ledger.transactions.0.meta_blob"));
    ASSERT_AT(hash, reply, "result.ledger.transactions.0.hash");
    ASSERT_AT("\"C000001E0000535A\"", reply, "result.ledger.transactions.0.ctid");
}

TEST(ledger_shows_what_makers_of_offers_hold)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "ledger",
                                        "\"ledger_index\":12,\"transactions\":true,\"expand\":true,"
                                        "\"owner_funds\":true,\"binary\":true");
    bool first = hash256_cmp(&w->txs[0], &w->txs[1]) < 0;
    /* 100 XRP less a reserve of 5 and 1 for the one thing it owns */
    ASSERT_AT("\"94000000\"", reply,
              first ? "result.ledger.transactions.1.owner_funds"
                    : "result.ledger.transactions.0.owner_funds");
    ASSERT_AT("", reply,
              first ? "result.ledger.transactions.0.owner_funds"
                    : "result.ledger.transactions.1.owner_funds");
}

TEST(ledger_refuses_what_is_not_supported)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("\"Not supported field 'full's value 'true'\"",
              small_world_ask(w, "ledger", "\"full\":true"), "result.error_message");
    ASSERT_AT("\"notSupported\"", small_world_ask(w, "ledger", "\"accounts\":true"),
              "result.error");
    ASSERT_AT("\"invalidParams\"", small_world_ask(w, "ledger", "\"expand\":1"), "result.error");
    ASSERT_AT("\"ledgerNotFound\"", small_world_ask(w, "ledger", "\"ledger_index\":31"),
              "result.error_message");
    ASSERT_AT("[]", small_world_ask(w, "ledger", "\"diff\":true,\"full\":false"),
              "result.ledger.diff");
}

static void expand_again(void *arg)
{
    struct small_world *w = arg;
    static const char *const more[] = {"", ",\"owner_funds\":true", ",\"api_version\":2",
                                       ",\"api_version\":2,\"owner_funds\":true"};
    const char *first[4];
    for (size_t i = 0; i < 4; i++)
        first[i] = small_world_ask(
            w, "ledger", "\"ledger_index\":12,\"transactions\":true,\"expand\":true%s", more[i]);
    ASSERT(strcmp(first[0], first[2]) != 0);
    for (size_t i = 0; i < 12; i++)
        ASSERT_STR(first[i % 4],
                   small_world_ask(w, "ledger",
                                   "\"ledger_index\":12,\"transactions\":true,\"expand\":true%s",
                                   more[i % 4]));
    struct tx_texts_key key = {{12, 1}, 0x202, 21338, tables_now()};
    struct slice text;
    ASSERT(tx_texts_get(w->server->texts, &key, &text));
    ASSERT(text.p[0] == '{' && text.p[text.n - 1] != '}'); /* funds may follow */
}

TEST(ledger_remembers_how_it_wrote_a_transaction)
{
    struct small_world *w = small_world_new();
    ASSERT_OK(core_run_fiber("test", expand_again, w));
}
