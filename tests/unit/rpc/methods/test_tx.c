/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"

TEST(tx_finds_by_hash_and_by_ctid)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "tx", "\"transaction\":\"%s\"", w->tx_hex[2]);
    ASSERT_AT("20", reply, "result.ledger_index");
    ASSERT_AT("20", reply, "result.inLedger");
    ASSERT_AT("800000200", reply, "result.date");
    ASSERT_AT("\"C00000140000535A\"", reply, "result.ctid");
    ASSERT_AT("\"Payment\"", reply, "result.TransactionType");
    reply = small_world_ask(w, "tx", "\"ctid\":\"c000000c0001535a\",\"api_version\":2");
    ASSERT_AT("\"OfferCreate\"", reply, "result.tx_json.TransactionType");
    ASSERT_AT("\"C000000C0001535A\"", reply, "result.tx_json.ctid");
    ASSERT_AT("800000120", reply, "result.tx_json.date");
    ASSERT_AT("12", reply, "result.tx_json.ledger_index");
    ASSERT(*client_at(reply, "result.close_time_iso") && *client_at(reply, "result.ledger_hash"));
    ASSERT_AT("", reply, "result.date");
}

TEST(tx_shows_bytes_under_the_names_of_the_version)
{
    struct small_world *w = small_world_new();
    const char *reply =
        small_world_ask(w, "tx", "\"transaction\":\"%s\",\"binary\":\"x\"", w->tx_hex[2]);
    ASSERT(*client_at(reply, "result.tx") && *client_at(reply, "result.meta"));
    reply = small_world_ask(w, "tx", "\"transaction\":\"%s\",\"binary\":true,\"api_version\":2",
                            w->tx_hex[2]);
    ASSERT(*client_at(reply, "result.tx_blob") && *client_at(reply, "result.meta_blob"));
}

TEST(tx_refuses_in_the_order_of_its_checks)
{
    struct small_world *w = small_world_new();
#define NONE "\"EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE\""
    static const struct {
        const char *params, *error;
    } cases[] = {
        {"\"min_ledger\":1", "\"invalidParams\""},
        {"\"transaction\":" NONE ",\"ctid\":\"C000000C0001535A\"", "\"invalidParams\""},
        {"\"transaction\":" NONE ",\"min_ledger\":5,\"max_ledger\":4", "\"invalidLgrRange\""},
        {"\"transaction\":" NONE ",\"min_ledger\":5,\"max_ledger\":1006", "\"excessiveLgrRange\""},
        {"\"transaction\":" NONE ",\"max_ledger\":1006", "\"txnNotFound\""},
        {"\"ctid\":\"B000000C0001535A\"", "\"invalidParams\""},
        {"\"ctid\":\"C000000C0001535\"", "\"invalidParams\""},
        {"\"ctid\":\"C000000C00010001\"", "\"wrongNetwork\""},
        {"\"ctid\":\"C000000C0002535A\"", "\"txnNotFound\""},
        {"\"ctid\":\"C0FFFFFF0002535A\"", "\"txnNotFound\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ASSERT_AT(cases[i].error, small_world_ask(w, "tx", "%s", cases[i].params), "result.error");
}

TEST(tx_tells_whether_the_whole_span_was_searched)
{
    struct small_world *w = small_world_new();
    ASSERT_AT(
        "true",
        small_world_ask(w, "tx", "\"transaction\":" NONE ",\"min_ledger\":10,\"max_ledger\":30"),
        "result.searched_all");
    ASSERT_AT(
        "false",
        small_world_ask(w, "tx", "\"transaction\":" NONE ",\"min_ledger\":9,\"max_ledger\":30"),
        "result.searched_all");
    ASSERT_AT(
        "false",
        small_world_ask(w, "tx", "\"transaction\":" NONE ",\"min_ledger\":10,\"max_ledger\":31"),
        "result.searched_all");
    const char *by_ctid = "\"ctid\":\"C000000C0002535A\",\"min_ledger\":%d,\"max_ledger\":30";
    ASSERT_AT("true", small_world_ask(w, "tx", by_ctid, 10), "result.searched_all");
    ASSERT_AT("false", small_world_ask(w, "tx", by_ctid, 9), "result.searched_all");
    ASSERT_AT("", small_world_ask(w, "tx", "\"transaction\":" NONE ",\"min_ledger\":10"),
              "result.searched_all");
}
