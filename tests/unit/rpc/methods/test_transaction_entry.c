/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"

TEST(transaction_entry_looks_in_one_ledger_only)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "transaction_entry",
                                        "\"tx_hash\":\"%s\",\"ledger_index\":20", w->tx_hex[2]);
    ASSERT_AT("\"Payment\"", reply, "result.tx_json.TransactionType");
    ASSERT(*client_at(reply, "result.tx_json.hash") && *client_at(reply, "result.metadata"));
    ASSERT_AT("", reply, "result.tx_json.date");
    reply =
        small_world_ask(w, "transaction_entry",
                        "\"tx_hash\":\"%s\",\"ledger_index\":20,\"api_version\":2", w->tx_hex[2]);
    ASSERT(*client_at(reply, "result.hash") && *client_at(reply, "result.meta") &&
           *client_at(reply, "result.close_time_iso"));
    ASSERT_AT("", reply, "result.tx_json.hash");
    reply = small_world_ask(w, "transaction_entry", "\"tx_hash\":\"%s\",\"ledger_index\":21",
                            w->tx_hex[2]);
    ASSERT_AT("\"transactionNotFound\"", reply, "result.error");
    ASSERT_AT("29", reply, "result.error_code");
}

TEST(transaction_entry_needs_a_hash_first_and_a_ledger_second)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("\"fieldNotFoundTransaction\"",
              small_world_ask(w, "transaction_entry", "\"ledger_index\":\"x\""), "result.error");
    ASSERT_AT("\"tx_hashNotString\"", small_world_ask(w, "transaction_entry", "\"tx_hash\":5"),
              "result.error_message");
    ASSERT_AT("\"lgrNotFound\"",
              small_world_ask(w, "transaction_entry", "\"tx_hash\":\"%s\",\"ledger_index\":5",
                              w->tx_hex[2]),
              "result.error");
}
