/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/progress.h"
#include "rt/clock.h"
#include "test.h"

static const char *text_of(int64_t elapsed_ns, uint64_t n, uint32_t permille)
{
    static char out[200];
    struct progress p = progress_of(false, 1000);
    progress_text(&p, 5, n, permille, 1000 + elapsed_ns, out, sizeof out);
    return out;
}

TEST(progress_tells_rate_and_time_left)
{
    ASSERT_STR("load of ledger 5: 1000 objects, 100/s, 10 % of the keys, about 90 s left",
               text_of(10 * CLOCK_S, 1000, 100));
    ASSERT_STR("load of ledger 5: 40000 objects, 400/s, 5 % of the keys, about 31 min left",
               text_of(100 * CLOCK_S, 40000, 50));
    ASSERT_STR("load of ledger 5: 0 objects, 0/s, 0 % of the keys, about unknown time left",
               text_of(0, 0, 0));
    ASSERT_STR("load of ledger 5: 10 objects, 0/s, 0 % of the keys, about 27 h 45 min left",
               text_of(100 * CLOCK_S, 10, 1));
}
