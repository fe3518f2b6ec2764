/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"

TEST(ledger_range_is_what_is_held)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("{\"ledger_index_min\":10,\"ledger_index_max\":30,\"validated\":true,\"status\":"
              "\"success\"}",
              small_world_ask(w, "ledger_range", "\"ledger_index\":5"), "result");
}
