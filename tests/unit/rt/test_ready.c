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
    bool was_over;   /* the slice, at the end of a run, */
    int n_late;      /* and at the beginning: the machine was at something else */
};

static void spin(int64_t ns)
{
    int64_t begun_ns = clock_cpu_ns(); /* of long runs that is what counts */
    while (clock_cpu_ns() - begun_ns < ns) {
    }
}

static void run_item(struct ready *r)
{
    struct item *it = container_of(r, struct item, ready);
    it->n_runs++;
    it->n_late += ready_slice_over();
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
    ASSERT(a.n_late < 3);
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
        ready_set_share(&items[i].ready, 7);
        ready_add(&items[i].ready);
    }
    for (int i = 0; i < 2; i++)
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

/* Entries that take long each time, for ever. */
struct greedy {
    struct item items[10];
};

static void greedy_begin(struct greedy *g, uint16_t share)
{
    for (size_t i = 0; i < ARRAY_LEN(g->items); i++) {
        g->items[i] = (struct item){.wants = INT32_MAX, .busy_ns = 300 * 1000};
        ready_init(&g->items[i].ready, run_item);
        ready_set_share(&g->items[i].ready, share);
        ready_add(&g->items[i].ready);
    }
}

static int greedy_runs(const struct greedy *g)
{
    int n = 0;
    for (size_t i = 0; i < ARRAY_LEN(g->items); i++)
        n += g->items[i].n_runs;
    return n;
}

static void greedy_end(struct greedy *g)
{
    for (size_t i = 0; i < ARRAY_LEN(g->items); i++)
        ready_cancel(&g->items[i].ready);
}

/* Six clients. */

static void six_begin(struct greedy six[6])
{
    for (uint8_t i = 0; i < 6; i++)
        greedy_begin(&six[i], 10 + i);
}

static void six_end(struct greedy six[6])
{
    for (int i = 0; i < 6; i++)
        greedy_end(&six[i]);
}

/* Turns until the small one has run once more. */
static int turns_until_run(struct item *small)
{
    int n = 0, before = small->n_runs;
    ready_add(&small->ready);
    for (; small->n_runs == before; n++)
        ASSERT_OK(fiber_yield());
    return n;
}

/* Also where one address stands for all. */
static void dear_main(void *arg)
{
    struct greedy dear;
    struct item small = {0};
    greedy_begin(&dear, 7);
    while (dear.items[9].n_runs == 0)
        ASSERT_OK(fiber_yield());
    ready_init(&small.ready, run_item);
    ready_set_share(&small.ready, 7);
    int n_late = 0, before = greedy_runs(&dear);
    for (int i = 0; i < 60; i++) {
        small.ready.is_dear = false; /* the machine may have been at something else */
        n_late += turns_until_run(&small) > 2;
    }
    ASSERT(n_late <= 6); /* the same */
    ASSERT(greedy_runs(&dear) >= before + 30);
    for (size_t i = 0; i < ARRAY_LEN(dear.items); i++)
        ASSERT(dear.items[i].n_runs >= 2); /* each in its turn */
    greedy_end(&dear);
}

TEST(who_takes_long_waits_behind_the_others)
{
    ASSERT_OK(core_run_fiber("t", dear_main, NULL));
}

/* Greedy clients, and one who is dear himself but comes seldom. */
static void shares_main(void *arg)
{
    struct greedy greedy[6];
    struct item modest = {.busy_ns = 100 * 1000};
    int before[6], n_late = 0;
    six_begin(greedy);
    while (greedy_runs(&greedy[5]) < 10)
        ASSERT_OK(fiber_yield());
    for (int i = 0; i < 6; i++)
        before[i] = greedy_runs(&greedy[i]);
    ready_init(&modest.ready, run_item);
    ready_set_share(&modest.ready, 200);
    modest.ready.is_dear = true;
    for (int i = 0; i < 30; i++) {
        n_late += turns_until_run(&modest) > 2;
        for (int k = 0; k < 7; k++)
            ASSERT_OK(fiber_yield());
    }
    ASSERT(n_late <= 3);
    for (int i = 0; i < 6; i++) { /* 240 turns of one greedy entry each */
        int n = greedy_runs(&greedy[i]) - before[i];
        if (n < 20 || n > 60)
            test_fail(__FILE__, __LINE__, "share %d ran %d times", i, n);
    }
    six_end(greedy);
}

TEST(the_share_that_has_used_least_comes_next)
{
    ASSERT_OK(core_run_fiber("t", shares_main, NULL));
}

/* Who ran for long once and has rested since waits for a round of the others, not for each to have
 * had as much. */
static void debt_main(void *arg)
{
    struct greedy greedy[6];
    struct item modest = {.busy_ns = 6 * CLOCK_MS};
    six_begin(greedy);
    ready_init(&modest.ready, run_item);
    ready_set_share(&modest.ready, 200);
    modest.ready.is_dear = true;
    for (int i = 0; i < 30; i++)
        ASSERT_OK(fiber_yield());
    for (int i = 0; i < 8; i++) {
        int n = turns_until_run(&modest);
        if (n > 14)
            test_fail(__FILE__, __LINE__, "after %d turns", n);
        for (int k = 0; k < 4; k++)
            ASSERT_OK(fiber_yield());
    }
    six_end(greedy);
}

TEST(a_long_run_is_not_held_against_who_has_rested_since)
{
    ASSERT_OK(core_run_fiber("t", debt_main, NULL));
}

/* One who has rested for long is not owed the time: the other goes on meanwhile. */
static void rest_main(void *arg)
{
    struct greedy busy, rested;
    greedy_begin(&busy, 20);
    while (greedy_runs(&busy) < 60)
        ASSERT_OK(fiber_yield());
    int before = greedy_runs(&busy);
    greedy_begin(&rested, 21);
    while (greedy_runs(&rested) < 40)
        ASSERT_OK(fiber_yield());
    ASSERT(greedy_runs(&busy) - before >= 15);
    greedy_end(&busy);
    greedy_end(&rested);
}

TEST(a_share_saves_up_nothing)
{
    ASSERT_OK(core_run_fiber("t", rest_main, NULL));
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
        ASSERT(minor.ready.is_minor);
        ASSERT_OK(fiber_yield());
    }
    ASSERT(minor.ready.is_minor && other.n_runs == 1);
}

TEST(who_is_minor_stays_so)
{
    ASSERT_OK(core_run_fiber("t", minor_main, NULL));
}

/* What wakes something runs it in the same turn; but not for ever. */
struct waker {
    struct ready ready;
    struct waker *other;
    int n_runs;
};

static void run_waker(struct ready *r)
{
    struct waker *w = container_of(r, struct waker, ready);
    w->n_runs++;
    ready_add_soon(&w->other->ready);
}

static void soon_main(void *arg)
{
    struct waker a = {.other = NULL}, b = {.other = &a};
    a.other = &b;
    ready_init(&a.ready, run_waker);
    ready_init(&b.ready, run_waker);
    ready_set_share(&a.ready, 7);
    ready_set_share(&b.ready, 8);
    ready_add(&a.ready);
    int n_yields = 0;
    for (; b.n_runs < 200; n_yields++) /* that we are here again and again shows that it ends */
        ASSERT_OK(fiber_yield());
    ASSERT(n_yields < 100); /* many a turn */
    ready_cancel(&a.ready);
    ready_cancel(&b.ready);
}

TEST(what_is_woken_runs_in_the_same_turn_for_its_time)
{
    ASSERT_OK(core_run_fiber("t", soon_main, NULL));
}

/* A fiber of a client that computes and yields stays where it is until the next poll, also when its
 * run turned out to be long. */
struct yielder {
    int n_runs;
};

static void long_yielder(void *arg)
{
    struct yielder *y = arg;
    for (; y->n_runs < 6; y->n_runs++) {
        spin(100 * 1000);
        ASSERT_OK(fiber_yield());
    }
}

static void yielder_main(void *arg)
{
    struct yielder y = {0};
    int most = 0, n_turns = 0;
    fiber_set_share(7);
    fiber_spawn("yielder", long_yielder, &y);
    while (y.n_runs < 6) {
        int before = y.n_runs;
        struct item it = {.wants = 1};
        ready_init(&it.ready, run_item);
        ready_add(&it.ready);
        while (it.n_runs == 0)
            ASSERT_OK(fiber_yield());
        most = MAX(most, y.n_runs - before);
        n_turns++;
    }
    ASSERT(most <= 2 && n_turns >= 3);
}

TEST(who_yields_waits_for_the_next_turn)
{
    ASSERT_OK(core_run_fiber("t", yielder_main, NULL));
}

/* The server's own work goes on beside clients that want all there is, and has more than a share.
 */
static void own_main(void *arg)
{
    static struct greedy greedy[6], own;
    six_begin(greedy);
    greedy_begin(&own, SHARE_OWN);
    while (greedy_runs(&greedy[5]) < 5)
        ASSERT_OK(fiber_yield());
    int before = 0, after = 0, own_before = greedy_runs(&own);
    for (int i = 0; i < 6; i++)
        before += greedy_runs(&greedy[i]);
    for (int i = 0; i < 140; i++)
        ASSERT_OK(fiber_yield());
    for (int i = 0; i < 6; i++)
        after += greedy_runs(&greedy[i]);
    int n_own = greedy_runs(&own) - own_before, n = after - before; /* 8 to 6 if all goes well */
    if (n_own < n / 2 || n < n_own / 4)
        test_fail(__FILE__, __LINE__, "own %d, theirs %d", n_own, n);
    six_end(greedy);
    greedy_end(&own);
}

TEST(our_own_work_has_more_than_a_share)
{
    ASSERT_OK(core_run_fiber("t", own_main, NULL));
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
