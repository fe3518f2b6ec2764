/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/ready.h"

#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "test.h"

struct item {
    struct ready ready;
    int n_runs;
    int wants;       /* runs to come */
    int64_t busy_ns; /* that each run takes */
    bool was_over;   /* the slice, at the end of a run */
};

static void spin(int64_t ns)
{
    int64_t begun_ns = clock_real_ns();
    while (clock_real_ns() - begun_ns < ns) {
    }
}

static void run_item(struct ready *r)
{
    struct item *it = container_of(r, struct item, ready);
    it->n_runs++;
    ASSERT(!ready_slice_over());
    spin(it->busy_ns);
    it->was_over = ready_slice_over();
    if (it->n_runs < it->wants)
        ready_add(r);
}

static void order_main(void *arg)
{
    struct item a = {.wants = 3}, b = {.wants = 1}, c = {.wants = 1};
    ready_init(&a.ready, run_item);
    ready_init(&b.ready, run_item);
    ready_init(&c.ready, run_item);
    ready_add(&a.ready);
    ready_add(&a.ready); /* once is enough */
    ready_add(&b.ready);
    ready_add(&c.ready);
    ASSERT_INT(0, a.n_runs); /* never from inside the call */
    ready_cancel(&c.ready);
    ASSERT(ready_queued(&a.ready) && !ready_queued(&c.ready));
    ASSERT_OK(fiber_yield());
    ASSERT_INT(1, a.n_runs); /* who comes back waits for the next turn */
    ASSERT_INT(1, b.n_runs);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(2, a.n_runs);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(3, a.n_runs);
    ASSERT_INT(0, c.n_runs);
    ASSERT(!ready_slice_over());
}

TEST(each_entry_runs_once_a_turn_and_from_the_loop_only)
{
    ASSERT_OK(core_run_fiber("t", order_main, NULL));
}

static void bound_main(void *arg)
{
    struct item items[40];
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        items[i] = (struct item){.wants = 1, .busy_ns = 300 * 1000};
        ready_init(&items[i].ready, run_item);
        ready_add(&items[i].ready);
    }
    ASSERT_OK(fiber_yield()); /* comes back although 12 ms of work are queued */
    ASSERT_INT(1, items[0].n_runs);
    ASSERT(items[0].was_over);
    ASSERT_INT(0, items[ARRAY_LEN(items) - 1].n_runs);
    while (items[ARRAY_LEN(items) - 1].n_runs == 0)
        ASSERT_OK(fiber_yield());
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        ASSERT_INT(1, items[i].n_runs);
}

TEST(a_long_queue_lets_fibers_run_between)
{
    ASSERT_OK(core_run_fiber("t", bound_main, NULL));
}
