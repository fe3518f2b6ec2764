/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "test.h"

static struct fiber_mutex mutex;
static int order[8];
static int n_locked;
static bool inside;

static void lock_main(void *arg)
{
    ASSERT_OK(fiber_mutex_lock(&mutex, CLOCK_NEVER));
    ASSERT(!inside);
    inside = true;
    order[n_locked++] = *(int *)arg;
    ASSERT_OK(fiber_yield());
    inside = false;
    fiber_mutex_unlock(&mutex);
}

static void fifo_main(void *arg)
{
    int ids[5] = {0, 1, 2, 3, 4};
    for (int i = 0; i < 5; i++)
        fiber_spawn("locker", lock_main, &ids[i]);
    while (n_locked < 5 || inside)
        ASSERT_OK(fiber_yield());
    for (int i = 0; i < 5; i++)
        ASSERT_INT(i, order[i]);
    ASSERT(mutex.owner == NULL);
}

TEST(a_mutex_is_given_in_the_order_of_asking)
{
    fiber_mutex_init(&mutex);
    ASSERT_OK(core_run_fiber("test", fifo_main, NULL));
}

static err got;

static void lock_until(void *arg)
{
    got = fiber_mutex_lock(&mutex, clock_now_ns() + 10);
}

static void timeout_main(void *arg)
{
    ASSERT_OK(fiber_mutex_lock(&mutex, CLOCK_NEVER));
    fiber_spawn_now("late", lock_until, NULL);
    clock_test_advance(10);
    ASSERT_OK(fiber_yield());
    ASSERT_ERR(ERR_TIMEOUT, got);
    fiber_mutex_unlock(&mutex);
    ASSERT(mutex.owner == NULL); /* not given to one who has left */
}

TEST(waiting_for_a_mutex_ends_at_the_deadline)
{
    int64_t now_ns = 100 * CLOCK_S;
    clock_test_set(&now_ns, 0);
    fiber_mutex_init(&mutex);
    ASSERT_OK(core_run_fiber("test", timeout_main, NULL));
}

static void lock_cancelled(void *arg)
{
    fiber_cancel(fiber_current());
    got = fiber_mutex_lock(&mutex, CLOCK_NEVER);
}

static void cancelled_main(void *arg)
{
    fiber_spawn_now("cancelled", lock_cancelled, NULL);
    ASSERT_ERR(ERR_CANCELLED, got);
    ASSERT(mutex.owner == NULL);
}

TEST(a_cancelled_fiber_does_not_get_a_mutex)
{
    fiber_mutex_init(&mutex);
    ASSERT_OK(core_run_fiber("test", cancelled_main, NULL));
}
