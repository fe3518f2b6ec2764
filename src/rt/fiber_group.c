/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fiber_cond.h"
#include "rt/fiber_impl.h"

void fiber_group_init(struct fiber_group *g)
{
    list_init(&g->members);
    g->n_running = 0;
    g->cancelled = false;
    fiber_cond_init(&g->done);
}

struct fiber *fiber_group_spawn(struct fiber_group *g, const char *name, fiber_fn fn, void *arg)
{
    struct fiber *f = fiber_spawn(name, fn, arg);
    f->group = g;
    f->deadline_ns = fiber_deadline();
    f->cancelled = f->cancelled || g->cancelled;
    list_push_back(&g->members, &f->group_node);
    g->n_running++;
    return f;
}

void fiber_group_join(struct fiber_group *g)
{
    while (g->n_running)
        fiber_cond_wait_uncancellable(&g->done);
}

void fiber_group_cancel(struct fiber_group *g)
{
    g->cancelled = true;
    LIST_EACH(it, &g->members)
    fiber_cancel(LIST_ENTRY(it, struct fiber, group_node));
    fiber_group_join(g);
    g->cancelled = false; /* usable again */
}
