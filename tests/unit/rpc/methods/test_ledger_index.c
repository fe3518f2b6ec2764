/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/clock.h"
#include "small_world.h"
#include "test.h"
#include "xrpl/render.h"

/* The reply for the moment `offset` seconds after ledger `seq` closed. */
static const char *at(struct small_world *w, uint32_t seq, int offset)
{
    char text[RENDER_TIME_MAX];
    render_time_iso((uint32_t)((int)FAKE_CLOSE_TIME(seq) + offset), text);
    return small_world_ask(w, "ledger_index", "\"date\":\"%s\"", text);
}

TEST(ledger_index_finds_the_newest_ledger_closed_by_then)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("30", small_world_ask(w, "ledger_index", "%s", ""), "result.ledger_index");
    ASSERT_AT("10", at(w, 10, 0), "result.ledger_index");
    ASSERT_AT("10", at(w, 10, 9), "result.ledger_index");
    ASSERT_AT("17", at(w, 18, -1), "result.ledger_index");
    ASSERT_AT("18", at(w, 18, 0), "result.ledger_index");
    ASSERT_AT("30", at(w, 30, 1000), "result.ledger_index");
    ASSERT_AT("true", at(w, 30, 0), "result.validated");
    ASSERT_AT("\"2025-05-08T06:18:20Z\"", at(w, 30, 0), "result.closed");
}

TEST(ledger_index_refuses_what_is_before_the_history_or_no_date)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("\"ledgerNotInRange\"", at(w, 10, -1), "result.error_message");
    ASSERT_AT("\"lgrNotFound\"", at(w, 10, -1), "result.error");
    const char *bad[] = {"5",
                         "null",
                         "\"\"",
                         "\"2024-01-01\"",
                         "\"2024-13-01T00:00:00Z\"",
                         "\"2024-01-01T00:00:00+01:00\"",
                         "\"2099-1-2T3:4:5Z and more\"",
                         "\"\\u0000\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT_AT("\"Invalid parameters.\"",
                  small_world_ask(w, "ledger_index", "\"date\":%s", bad[i]),
                  "result.error_message");
    ASSERT_AT("30", small_world_ask(w, "ledger_index", "\"date\":\"2099-1-2T3:4:5Z\""),
              "result.ledger_index");
}
