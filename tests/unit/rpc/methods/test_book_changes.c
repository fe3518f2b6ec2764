/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"

TEST(book_changes_of_a_ledger_without_trades_are_none)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "book_changes", "\"ledger_index\":12");
    ASSERT_AT("[]", reply, "result.changes");
    ASSERT_AT("\"bookChanges\"", reply, "result.type");
    ASSERT_AT("12", reply, "result.ledger_index");
    ASSERT_AT("800000120", reply, "result.ledger_time");
    ASSERT_AT("true", reply, "result.validated");
    ASSERT_AT("\"lgrNotFound\"", small_world_ask(w, "book_changes", "\"ledger_index\":9"),
              "result.error");
}
