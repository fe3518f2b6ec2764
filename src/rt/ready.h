/* SPDX-License-Identifier: Apache-2.0 */
/* The ready queue of a core: what has something to do on the loop. Each entry runs from the loop
 * only, never from inside the call that put it there, and for a slice of time; who has more to do
 * puts itself at the end again. So nothing re-enters its caller, and nobody holds a core. Who was
 * dear in its last run stands in a queue of its own, from which a turn takes little: however many
 * floods there are, the others wait for one or two slices. */
#pragma once
#include "base/list.h"

#include <stdbool.h>

struct core;

/* Embedded by its owner, on one core. `run` must not yield; it may free its owner. */
struct ready {
    struct list node;
    bool is_dear;  /* its last run took long, while others waited */
    bool is_minor; /* stands there in any case */
    void (*run)(struct ready *r);
};

void ready_init(struct ready *r, void (*run)(struct ready *r));
/* Have r run on the current core, after the next poll. Does nothing if it is queued already. */
void ready_add(struct ready *r);
/* From the next time on r stands behind all others, with those that are dear. */
void ready_set_minor(struct ready *r);
/* Take r out of the queue, if it is in it; also from inside run(), before its owner is freed. */
void ready_cancel(struct ready *r);
static inline bool ready_queued(const struct ready *r)
{
    return !list_empty(&r->node);
}

/* For an entry that does many small things (the requests in one read): true once it has run for its
 * slice (100 us, beginning at the first call) and should put the rest off. False off the queue. */
bool ready_slice_over(void);

/* core.c: is anything queued? */
bool ready_waiting(const struct core *c);
/* Run what was queued before the call, for a bounded time; the rest keeps its place. */
void ready_run(struct core *c);
