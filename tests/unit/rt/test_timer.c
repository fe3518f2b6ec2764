/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/timer.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "test.h"

#include <stdlib.h>

#define N_TIMERS 300

struct numbered {
    struct timer timer;
    int64_t fired_ns;
};

static int n_fired;
static int64_t last_deadline_ns;

static void on_fire(struct timer *t)
{
    struct numbered *n = container_of(t, struct numbered, timer);
    ASSERT(!timer_armed(t));
    ASSERT(t->deadline_ns >= last_deadline_ns && t->deadline_ns <= clock_now_ns());
    last_deadline_ns = t->deadline_ns;
    n->fired_ns = clock_now_ns();
    n_fired++;
}

static void frozen(void (*fn)(void *arg))
{
    int64_t now_ns = 100 * CLOCK_S;
    clock_test_set(&now_ns, 0);
    ASSERT_OK(core_run_fiber("test", fn, NULL));
}

static void advance(int64_t ns)
{
    clock_test_advance(ns);
    ASSERT_OK(fiber_yield());
}

static void random_timers(void *arg)
{
    static struct numbered t[N_TIMERS];
    int64_t start_ns = clock_now_ns();
    srand(7);
    for (int i = 0; i < N_TIMERS; i++)
        timer_init(&t[i].timer, on_fire);
    for (int i = 0; i < 5 * N_TIMERS; i++) { /* start, move and stop at random */
        struct timer *one = &t[rand() % N_TIMERS].timer;
        if (rand() % 3 == 0)
            timer_stop(one);
        else
            timer_start(one, start_ns + rand() % 1000 * CLOCK_MS);
    }
    int n_armed = 0;
    for (int i = 0; i < N_TIMERS; i++)
        n_armed += timer_armed(&t[i].timer);
    for (int ms = 0; ms < 1000; ms++) {
        advance(CLOCK_MS);
        for (int i = 0; i < N_TIMERS; i++)
            ASSERT(!timer_armed(&t[i].timer) || t[i].timer.deadline_ns > clock_now_ns());
    }
    ASSERT_INT(n_armed, n_fired);
}

TEST(timers_fire_once_in_order_and_not_before_their_time)
{
    frozen(random_timers);
}

static struct numbered again;
static int n_again;

static void fire_again(struct timer *t)
{
    n_again++;
    timer_start(t, clock_now_ns() - 1);
}

static void rearm(void *arg)
{
    timer_init(&again.timer, fire_again);
    timer_start(&again.timer, clock_now_ns());
    advance(1);
    advance(1);
    ASSERT(n_again >= 2);
    timer_stop(&again.timer);
    timer_stop(&again.timer);
    ASSERT(!timer_armed(&again.timer));
}

TEST(a_timer_that_rearms_itself_in_the_past_does_not_hold_the_loop)
{
    frozen(rearm);
}

static void real_time(void *arg)
{
    static struct numbered t;
    timer_init(&t.timer, on_fire);
    int64_t deadline_ns = clock_now_ns() + 20 * CLOCK_MS;
    timer_start(&t.timer, deadline_ns + CLOCK_S);
    timer_start(&t.timer, deadline_ns); /* earlier than libuv has been told */
    ASSERT_OK(fiber_sleep_until(deadline_ns + 5 * CLOCK_MS));
    ASSERT_INT(1, n_fired);
    ASSERT(t.fired_ns >= deadline_ns);
}

TEST(timers_follow_the_real_clock)
{
    ASSERT_OK(core_run_fiber("test", real_time, NULL));
}

static struct numbered left_armed;

static void leave_armed(void *arg)
{
    timer_init(&left_armed.timer, on_fire);
    timer_start(&left_armed.timer, clock_now_ns() + CLOCK_S);
}

TEST(a_timer_left_armed_is_stopped_by_the_end_of_its_core)
{
    ASSERT_OK(core_run_fiber("test", leave_armed, NULL));
    ASSERT(!timer_armed(&left_armed.timer));
    timer_stop(&left_armed.timer);
}
