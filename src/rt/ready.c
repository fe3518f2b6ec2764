/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/ready.h"

#include "rt/clock.h"
#include "rt/core_impl.h"

#include <assert.h>

#define SLICE_NS (100 * 1000) /* an entry */
#define ROUND_NS CLOCK_MS     /* all of a turn: fibers, timers and mail come next */
#define DEAR_NS (50 * 1000)   /* a run that took as long: some ten small requests */
#define DEAR_ROUND_NS SLICE_NS

void ready_init(struct ready *r, void (*run)(struct ready *r))
{
    list_init(&r->node);
    r->is_dear = r->is_minor = false;
    r->run = run;
}

void ready_set_minor(struct ready *r)
{
    r->is_dear = r->is_minor = true;
}

static struct list *queue_of(struct core *c, const struct ready *r)
{
    return r->is_dear ? &c->ready_dear : &c->ready;
}

void ready_add(struct ready *r)
{
    if (!ready_queued(r))
        list_push_back(queue_of(core_current(), r), &r->node);
}

void ready_cancel(struct ready *r)
{
    struct core *c = core_current();
    list_unlink(&r->node);
    if (c && c->ready_runs == r)
        c->ready_runs = NULL;
}

bool ready_waiting(const struct core *c)
{
    return !list_empty(&c->ready) || !list_empty(&c->ready_dear);
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

/* It is judged by what it took, whether it had more to do or its peer will see to that. */
static void judge(struct core *c, struct ready *r, int64_t ns)
{
    bool is_dear = r->is_minor || ns > DEAR_NS;
    if (is_dear == r->is_dear)
        return;
    r->is_dear = is_dear;
    if (!ready_queued(r))
        return;
    list_unlink(&r->node);
    list_push_back(queue_of(c, r), &r->node);
}

/* Run what `queue` has now, until the time is up; who is added meanwhile waits for the next turn.
 * Time is read only where somebody waits for it. */
static void run_queue(struct core *c, struct list *queue, int64_t round_ns)
{
    struct list due;
    list_init(&due);
    move_all(queue, &due);
    int64_t begun_ns = 0, now_ns = 0;
    for (struct list *node; (node = list_pop_front(&due)) != NULL;) {
        struct ready *r = c->ready_runs = LIST_ENTRY(node, struct ready, node);
        bool others = now_ns || !list_empty(&due) || !list_empty(&c->ready_dear);
        if (others && now_ns == 0)
            begun_ns = now_ns = clock_real_ns();
        c->slice_begun_ns = now_ns;
        r->run(r);
        if (!others)
            break;
        int64_t then_ns = now_ns;
        now_ns = clock_real_ns();
        if (c->ready_runs)
            judge(c, r, now_ns - then_ns);
        if (now_ns - begun_ns > round_ns)
            break;
    }
    c->ready_runs = NULL;
    move_all(&due, queue); /* those whose turn did not come stand before those added */
}

void ready_run(struct core *c)
{
    assert(!c->in_ready);
    c->in_ready = true;
    run_queue(c, &c->ready, ROUND_NS);
    if (!list_empty(&c->ready_dear))
        run_queue(c, &c->ready_dear, DEAR_ROUND_NS);
    c->in_ready = false;
}
