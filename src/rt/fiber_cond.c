/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fiber_cond.h"

void fiber_cond_init(struct fiber_cond *c)
{
    list_init(&c->waiters);
}

err fiber_cond_wait(struct fiber_cond *c, int64_t deadline_ns)
{
    struct fiber_cond_waiter w = {.fiber = fiber_current()};
    list_push_back(&c->waiters, &w.node);
    err e = fiber_park_for(&w.signalled, deadline_ns);
    list_unlink(&w.node);
    return e;
}

void fiber_cond_wait_uncancellable(struct fiber_cond *c)
{
    struct fiber_cond_waiter w = {.fiber = fiber_current()};
    list_push_back(&c->waiters, &w.node);
    fiber_park_for_uncancellable(&w.signalled);
}

struct fiber *fiber_cond_take(struct fiber_cond *c)
{
    struct list *node = list_pop_front(&c->waiters);
    if (node == NULL)
        return NULL;
    struct fiber_cond_waiter *w = LIST_ENTRY(node, struct fiber_cond_waiter, node);
    w->signalled = true;
    fiber_wake(w->fiber);
    return w->fiber;
}

void fiber_cond_signal(struct fiber_cond *c)
{
    fiber_cond_take(c);
}

void fiber_cond_broadcast(struct fiber_cond *c)
{
    while (fiber_cond_take(c)) {
    }
}
