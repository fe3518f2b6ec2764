/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fiber_cond.h"

#include "rt/clock.h"
#include "rt/core.h"
#include "test.h"

static struct fiber_cond cond;
static int order[8];
static int n_done;

struct waiter {
    int id;
    int64_t deadline_ns;
    struct fiber *fiber;
    err got;
};

static void wait_main(void *arg)
{
    struct waiter *w = arg;
    w->fiber = fiber_current();
    w->got = fiber_cond_wait(&cond, w->deadline_ns);
    order[n_done++] = w->id;
}

static void start(struct waiter *w, int id, int64_t deadline_ns)
{
    *w = (struct waiter){.id = id, .deadline_ns = deadline_ns};
    fiber_spawn_now("waiter", wait_main, w);
}

static void run(fiber_fn fn)
{
    int64_t now_ns = 100 * CLOCK_S;
    clock_test_set(&now_ns, 0);
    fiber_cond_init(&cond);
    ASSERT_OK(core_run_fiber("test", fn, NULL));
    ASSERT(list_empty(&cond.waiters));
}

static void signal_main(void *arg)
{
    struct waiter w[3];
    for (int i = 0; i < 3; i++)
        start(&w[i], i, CLOCK_NEVER);
    fiber_cond_signal(&cond);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(1, n_done);
    fiber_cond_broadcast(&cond);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(3, n_done);
    for (int i = 0; i < 3; i++) {
        ASSERT_INT(i, order[i]);
        ASSERT_OK(w[i].got);
    }
    fiber_cond_signal(&cond); /* nobody: not remembered */
    start(&w[0], 0, clock_now_ns() + 1);
    clock_test_advance(1);
    ASSERT_OK(fiber_yield());
    ASSERT_ERR(ERR_TIMEOUT, w[0].got);
}

TEST(a_signal_wakes_the_oldest_and_a_broadcast_all)
{
    run(signal_main);
}

static void leave_main(void *arg)
{
    struct waiter w[3];
    start(&w[0], 0, clock_now_ns() + 5);
    start(&w[1], 1, CLOCK_NEVER);
    start(&w[2], 2, CLOCK_NEVER);
    clock_test_advance(5);
    fiber_cancel(w[1].fiber);
    ASSERT_OK(fiber_yield());
    ASSERT_ERR(ERR_TIMEOUT, w[0].got);
    ASSERT_ERR(ERR_CANCELLED, w[1].got);
    fiber_cond_signal(&cond); /* must reach the one who still waits */
    ASSERT_OK(fiber_yield());
    ASSERT_OK(w[2].got);
    ASSERT_INT(3, n_done);
}

TEST(waiters_that_time_out_or_are_cancelled_leave_the_queue)
{
    run(leave_main);
}

static void handed_main(void *arg)
{
    struct waiter w;
    start(&w, 0, CLOCK_NEVER);
    fiber_cancel(w.fiber);
    ASSERT(fiber_cond_take(&cond) == w.fiber);
    ASSERT(fiber_cond_take(&cond) == NULL);
    ASSERT_OK(fiber_yield());
    ASSERT_OK(w.got);
}

TEST(a_signal_that_was_handed_over_counts_even_for_a_cancelled_waiter)
{
    run(handed_main);
}
