/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/ready.h"

#include "rt/clock.h"
#include "rt/core_impl.h"

#include <assert.h>

#define SLICE_NS (200 * 1000) /* an entry; as a fiber's */
#define ROUND_NS CLOCK_MS     /* all of a turn: fibers, timers and mail come next */

void ready_init(struct ready *r, void (*run)(struct ready *r))
{
    list_init(&r->node);
    r->run = run;
}

void ready_add(struct ready *r)
{
    if (!ready_queued(r))
        list_push_back(&core_current()->ready, &r->node);
}

void ready_cancel(struct ready *r)
{
    list_unlink(&r->node);
}

bool ready_slice_over(void)
{
    struct core *c = core_current();
    if (!c->in_ready)
        return false;
    int64_t now_ns = clock_real_ns();
    if (c->slice_begun_ns == 0)
        c->slice_begun_ns = now_ns;
    return now_ns - c->slice_begun_ns > SLICE_NS;
}

/* Put all of `from` before what `to` has. */
static void move_all(struct list *from, struct list *to)
{
    if (list_empty(from))
        return;
    from->prev->next = to->next;
    to->next->prev = from->prev;
    to->next = from->next;
    from->next->prev = to;
    list_init(from);
}

void ready_run(struct core *c)
{
    assert(!c->in_ready);
    if (list_empty(&c->ready))
        return;
    struct list due; /* who is added from now on waits for the next turn */
    list_init(&due);
    move_all(&c->ready, &due);
    int64_t begun_ns = 0;
    c->in_ready = true;
    for (struct list *node; (node = list_pop_front(&due)) != NULL;) {
        struct ready *r = LIST_ENTRY(node, struct ready, node);
        c->slice_begun_ns = 0;
        r->run(r);
        if (list_empty(&due))
            break;
        int64_t now_ns = clock_real_ns();
        if (begun_ns == 0)
            begun_ns = now_ns;
        if (now_ns - begun_ns > ROUND_NS)
            break;
    }
    c->in_ready = false;
    move_all(&due, &c->ready); /* those whose turn did not come stand before those added */
}
