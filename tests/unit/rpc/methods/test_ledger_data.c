/* SPDX-License-Identifier: Apache-2.0 */
#include "book_world.h"
#include "test.h"

TEST(ledger_data_pages_through_the_whole_state)
{
    struct small_world *w = small_world_new();
    char marker[80] = "";
    int pages = 0, objects = 0;
    for (; pages < 10; pages++) {
        const char *reply =
            small_world_ask(w, "ledger_data", "\"limit\":2,\"ledger_index\":30%s", marker);
        ASSERT_AT(pages ? "" : "\"30\"", reply, "result.ledger.ledger_index");
        objects += *client_at(reply, "result.state.0") != 0;
        objects += *client_at(reply, "result.state.1") != 0;
        const char *next = client_at(reply, "result.marker");
        if (!*next)
            break;
        snprintf(marker, sizeof marker, ",\"marker\":%s", next);
    }
    ASSERT_INT(5, objects); /* two roots, fees, amendments, signer list; not the deleted offer */
    ASSERT_INT(2, pages);
}

/* Objects are read 64 at a time. */
TEST(ledger_data_has_as_many_objects_as_were_asked_for)
{
    struct small_world *w = book_world_new(200);
    const char *reply = small_world_ask(w, "ledger_data", "\"limit\":100");
    ASSERT(*client_at(reply, "result.state.99"));
    ASSERT_AT("", reply, "result.state.100");
    ASSERT(strcmp(client_at(reply, "result.state.99.index"), client_at(reply, "result.marker")) ==
           0);
}

TEST(ledger_data_shows_bytes_or_one_type)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "ledger_data", "\"binary\":true,\"type\":\"fee\"");
    ASSERT_AT("", reply, "result.state.1");
    ASSERT(strncmp(client_at(reply, "result.state.0.data"), "\"110073", 7) == 0);
    ASSERT_INT(66, strlen(client_at(reply, "result.state.0.index")));
    ASSERT(*client_at(reply, "result.ledger.ledger_data"));
    ASSERT_AT("\"Offer\"",
              small_world_ask(w, "ledger_data", "\"type\":\"offer\",\"ledger_index\":17"),
              "result.state.0.LedgerEntryType");
}

TEST(ledger_data_checks_its_marker)
{
    struct small_world *w = small_world_new();
#define ZERO_HASH "0000000000000000000000000000000000000000000000000000000000000001"
    static const struct {
        const char *params, *message;
    } cases[] = {
        {"\"marker\":\"x\"", "\"markerMalformed\""},
        {"\"marker\":true", "\"Invalid parameters.\""},
        {"\"marker\":5", "\"markerNotString\""},
        {"\"marker\":\"" ZERO_HASH "\"", "\"markerDoesNotExist\""},
        {"\"marker\":\"" ZERO_HASH "\",\"out_of_order\":true", "\"outOfOrderMarkerNotInt\""},
        {"\"marker\":\"" ZERO_HASH "\",\"ledger_index\":9", "\"ledgerNotFound\""},
        {"\"limit\":0", "\"Invalid parameters.\""},
        {"\"type\":5", "\"Invalid field 'type', not string.\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ASSERT_AT(cases[i].message, small_world_ask(w, "ledger_data", "%s", cases[i].params),
                  "result.error_message");
}

TEST(ledger_data_out_of_order_walks_the_newest_keys)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(
        w, "ledger_data", "\"out_of_order\":true,\"ledger_index\":17,\"binary\":true");
    ASSERT_AT("30", reply, "result.marker");
    ASSERT_AT("true", reply, "result.cache_full");
    ASSERT(*client_at(reply, "result.state.4"));
    ASSERT_AT("", reply, "result.state.5"); /* the offer is no key of the newest ledger */
    reply = small_world_ask(w, "ledger_data",
                            "\"out_of_order\":true,\"ledger_index\":17,\"marker\":19");
    ASSERT_AT("18", reply, "result.marker");
    ASSERT_AT("", reply, "result.ledger");
    reply = small_world_ask(w, "ledger_data",
                            "\"out_of_order\":true,\"ledger_index\":17,\"marker\":17");
    ASSERT_AT("", reply, "result.marker");
}
