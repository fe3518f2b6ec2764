/* SPDX-License-Identifier: Apache-2.0 */
#include "web/held.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "test.h"
#include "web/netlist.h"

struct world {
    struct web web;
    struct web_core wc;
    struct guard_client *client, *friend;
};

static void make(struct world *w)
{
    *w = (struct world){0};
    w->wc.web = &w->web;
    w->web.whitelist = netlist_new();
    netlist_add(w->web.whitelist, "10.0.0.1");
    w->web.guard = guard_new(&(struct guard_opts){
        .max_requests = 1, .interval_ns = CLOCK_S, .whitelist = w->web.whitelist});
    w->client = guard_get(w->web.guard, "1.2.3.4");
    w->friend = guard_get(w->web.guard, "10.0.0.1");
    held_start(&w->wc);
}

static void unmake(struct world *w)
{
    held_stop(&w->wc);
    guard_put(w->web.guard, w->client);
    guard_put(w->web.guard, w->friend);
    guard_free(w->web.guard);
    netlist_free(w->web.whitelist);
}

static void bounds(void *arg)
{
    struct world w;
    make(&w);
    ASSERT(held_may_come(&w.wc, w.client, HELD_CLIENT_HARD));
    ASSERT(!held_may_come(&w.wc, w.client, HELD_CLIENT_HARD + 1));
    held_add(&w.wc, w.client, HELD_CLIENT_SOFT + 1, 0);
    ASSERT(held_may_start(&w.wc, w.client)); /* what waits keeps nobody from starting */
    held_add(&w.wc, w.client, 0, HELD_CLIENT_SOFT + 1);
    ASSERT(!held_may_start(&w.wc, w.client) && held_may_start(&w.wc, w.friend));
    ASSERT(!held_may_come(&w.wc, w.client, 1) && !held_may_grow(&w.wc, w.client, 1));
    held_add(&w.wc, w.friend, 0, HELD_CORE_SOFT);
    ASSERT(!held_may_start(&w.wc, w.friend)); /* the core's bound holds for all */
    ASSERT(!held_may_come(&w.wc, w.friend, HELD_CORE_HARD - HELD_CORE_SOFT));
    unmake(&w);
}

TEST(a_client_and_a_core_have_their_bounds)
{
    ASSERT_OK(core_run_fiber("test", bounds, NULL));
}

static size_t in_queue;

static size_t queued(const struct held *h)
{
    return in_queue;
}

static void queues(void *arg)
{
    struct world w;
    struct held h;
    make(&w);
    held_init(&h, &w.wc, queued);
    held_note(&h, w.client);
    ASSERT_INT(0, w.wc.held_bytes);
    in_queue = 1000;
    held_note(&h, w.client);
    held_note(&h, w.client);
    ASSERT(w.wc.held_bytes == 1000 && guard_running_bytes(w.client) == 1000);
    in_queue = 300; /* the client reads on, and nobody asks */
    while (w.wc.held_bytes == 1000)
        ASSERT_OK(fiber_sleep_until(clock_now_ns() + 10 * CLOCK_MS));
    ASSERT_INT(300, guard_running_bytes(w.client));
    held_drop(&h);
    held_drop(&h);
    ASSERT(w.wc.held_bytes == 0 && guard_running_bytes(w.client) == 0);
    unmake(&w);
}

TEST(queued_answers_are_counted_until_they_are_taken)
{
    ASSERT_OK(core_run_fiber("test", queues, NULL));
}
