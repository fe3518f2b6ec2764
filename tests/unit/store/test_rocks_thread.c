/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_thread.h"

#include "rt/clock.h"
#include "unit/test.h"

#include <stdatomic.h>

static struct rocks_thread thread;
static atomic_int n_turns;

static void turn(struct rocks *r)
{
    (void)r;
    while (!rocks_thread_pause(&thread, n_turns < 3 ? CLOCK_MS : 3600 * CLOCK_S))
        n_turns++;
}

TEST(rocks_thread_works_now_and_then_until_it_is_stopped)
{
    rocks_thread_stop(&thread); /* was not started */
    ASSERT_OK(rocks_thread_start(&thread, "turn", turn, NULL));
    while (n_turns < 3)
        ;
    rocks_thread_stop(&thread); /* out of a long pause */
    ASSERT(n_turns >= 3);
    rocks_thread_stop(&thread);
}
