/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/clock.h"

#include "test.h"

TEST(the_monotonic_clock_does_not_run_backwards)
{
    int64_t last_ns = clock_now_ns();
    for (int i = 0; i < 1000; i++) {
        int64_t now_ns = clock_now_ns();
        ASSERT(now_ns >= last_ns);
        last_ns = now_ns;
    }
    ASSERT(clock_cpu_ns() > 0);
}

TEST(ledger_time_counts_from_2000)
{
    int64_t now_ns = 5 * CLOCK_S;
    clock_test_set(&now_ns, (CLOCK_LEDGER_EPOCH_S + 1000) * CLOCK_S + 999999999);
    ASSERT_INT(1000, clock_ledger_s());
    clock_test_set(&now_ns, 0);
    ASSERT_INT(0, clock_ledger_s());
    clock_test_set(&now_ns, INT64_MAX);
    ASSERT_INT(INT64_MAX / CLOCK_S - CLOCK_LEDGER_EPOCH_S > UINT32_MAX
                   ? UINT32_MAX
                   : INT64_MAX / CLOCK_S - CLOCK_LEDGER_EPOCH_S,
               clock_ledger_s());
}

TEST(a_frozen_clock_moves_only_when_told)
{
    int64_t now_ns = 1000;
    clock_test_set(&now_ns, 2000);
    ASSERT(clock_test_frozen());
    ASSERT_INT(1000, clock_now_ns());
    clock_test_advance(500);
    ASSERT_INT(1500, clock_now_ns());
    ASSERT_INT(2500, clock_wall_ns());
    clock_test_set(NULL, 0);
    ASSERT(!clock_test_frozen() && clock_now_ns() != 1500);
}
