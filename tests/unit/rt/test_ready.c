/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/ready.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "test.h"

#include <stdlib.h>

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

/* Some that take long each time, for ever, and one that has little to do each turn. (It may be
 * found dear itself, if the machine was at something else while it ran.) */
static void dear_main(void *arg)
{
    struct item dear[10], small = {.wants = 1000};
    for (size_t i = 0; i < ARRAY_LEN(dear); i++) {
        dear[i] = (struct item){.wants = 1000, .busy_ns = 300 * 1000};
        ready_init(&dear[i].ready, run_item);
        ready_add(&dear[i].ready);
    }
    while (dear[ARRAY_LEN(dear) - 1].n_runs == 0)
        ASSERT_OK(fiber_yield());
    ready_init(&small.ready, run_item);
    ready_add(&small.ready);
    int before = 0;
    for (size_t i = 0; i < ARRAY_LEN(dear); i++)
        before += dear[i].n_runs;
    for (bool all = false; !all;) { /* one of them a turn at most, and each in its turn */
        int after = 0, n_small = small.n_runs;
        bool is_dear = small.ready.is_dear;
        ASSERT_OK(fiber_yield());
        ASSERT(is_dear || small.n_runs == n_small + 1);
        all = true;
        for (size_t i = 0; i < ARRAY_LEN(dear); i++) {
            after += dear[i].n_runs;
            all = all && dear[i].n_runs >= 3;
        }
        ASSERT(after <= before + 1);
        before = after;
    }
    for (size_t i = 0; i < ARRAY_LEN(dear); i++)
        ready_cancel(&dear[i].ready);
    ready_cancel(&small.ready);
}

TEST(who_takes_long_waits_behind_the_others)
{
    ASSERT_OK(core_run_fiber("t", dear_main, NULL));
}

static void minor_main(void *arg)
{
    struct item minor = {.wants = 5}, other = {.wants = 1};
    ready_init(&minor.ready, run_item);
    ready_init(&other.ready, run_item);
    ready_set_minor(&minor.ready);
    ready_add(&minor.ready);
    ready_add(&other.ready);
    while (minor.n_runs < 5 || other.n_runs == 0) {
        ASSERT(minor.ready.is_dear);
        ASSERT_OK(fiber_yield());
    }
    ASSERT(minor.ready.is_dear);
}

TEST(who_is_minor_stays_so)
{
    ASSERT_OK(core_run_fiber("t", minor_main, NULL));
}

struct mortal {
    struct ready ready;
    int *n_ends;
};

static void end_mortal(struct ready *r)
{
    struct mortal *m = container_of(r, struct mortal, ready);
    ++*m->n_ends;
    ready_cancel(r);
    free(m);
}

static void mortal_main(void *arg)
{
    int n_ends = 0;
    for (int i = 0; i < 3; i++) {
        struct mortal *m = xmalloc(sizeof *m);
        m->n_ends = &n_ends;
        ready_init(&m->ready, end_mortal);
        ready_add(&m->ready);
    }
    ASSERT_OK(fiber_yield());
    ASSERT_INT(3, n_ends);
}

TEST(an_entry_may_free_its_owner)
{
    ASSERT_OK(core_run_fiber("t", mortal_main, NULL));
}
