/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap per core. One uv_timer follows its top, lazily: it is moved only when the top gets
 * earlier, so that the many deadlines that are set and never reached cost libuv nothing. */
#include "rt/timer.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core_impl.h"

#include <assert.h>

static void place(struct core *c, uint32_t i, struct timer *t)
{
    c->heap[i] = t;
    t->heap_index = i;
}

static void sift_up(struct core *c, uint32_t i, struct timer *t)
{
    while (i > 1 && c->heap[i / 2]->deadline_ns > t->deadline_ns) {
        place(c, i, c->heap[i / 2]);
        i /= 2;
    }
    place(c, i, t);
}

static void sift_down(struct core *c, uint32_t i, struct timer *t)
{
    for (uint32_t child; (child = 2 * i) <= c->n_timers; i = child) {
        if (child < c->n_timers && c->heap[child + 1]->deadline_ns < c->heap[child]->deadline_ns)
            child++;
        if (c->heap[child]->deadline_ns >= t->deadline_ns)
            break;
        place(c, i, c->heap[child]);
    }
    place(c, i, t);
}

static void settle(struct core *c, uint32_t i, struct timer *t)
{
    if (i > 1 && c->heap[i / 2]->deadline_ns > t->deadline_ns)
        sift_up(c, i, t);
    else
        sift_down(c, i, t);
}

static struct core *own_core(void)
{
    struct core *c = core_current();
    assert(c);
    return c;
}

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
    *t = (struct timer){.fire = fire};
}

void timer_start(struct timer *t, int64_t deadline_ns)
{
    struct core *c = own_core();
    t->deadline_ns = deadline_ns;
    if (t->heap_index) {
        assert(c->heap[t->heap_index] == t);
        settle(c, t->heap_index, t);
        return;
    }
    if (c->n_timers + 1 >= c->heap_cap) {
        c->heap_cap = c->heap_cap ? c->heap_cap * 2 : 64;
        c->heap = xrealloc(c->heap, c->heap_cap * sizeof *c->heap);
    }
    sift_up(c, ++c->n_timers, t);
}

void timer_stop(struct timer *t)
{
    if (t->heap_index == 0)
        return;
    struct core *c = own_core();
    uint32_t i = t->heap_index;
    assert(c->heap[i] == t);
    struct timer *last = c->heap[c->n_timers--];
    if (last != t)
        settle(c, i, last);
    t->heap_index = 0;
}

void timer_disarm_all(struct core *c)
{
    while (c->n_timers)
        c->heap[c->n_timers--]->heap_index = 0;
}

void timer_fire_due(struct core *c)
{
    if (c->n_timers == 0)
        return;
    int64_t now_ns = clock_now_ns();
    /* Bounded: a timer that re-arms itself in the past must not hold the loop. */
    for (uint32_t n = c->n_timers; n && c->n_timers && c->heap[1]->deadline_ns <= now_ns; n--) {
        struct timer *t = c->heap[1];
        timer_stop(t);
        t->fire(t);
    }
}

static void on_uv_timer(uv_timer_t *h)
{
    struct core *c = h->data;
    c->armed_ns = CLOCK_NEVER;
    timer_fire_due(c);
}

void timer_arm_loop(struct core *c)
{
    if (c->n_timers == 0 || c->heap[1]->deadline_ns >= c->armed_ns || clock_test_frozen())
        return;
    c->armed_ns = c->heap[1]->deadline_ns;
    int64_t left_ns = c->armed_ns - clock_now_ns();
    uint64_t ms = left_ns <= 0 ? 0 : (uint64_t)((left_ns - 1) / CLOCK_MS + 1);
    uv_timer_start(&c->uv_timer, on_uv_timer, ms, 0);
}
