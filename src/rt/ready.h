/* SPDX-License-Identifier: Apache-2.0 */
/* The ready queue of a core: socks that have something to do, and fibers that were woken. Each
 * entry runs from the loop only, never from inside the call that put it there, and for a slice of
 * time; who has more to do puts itself at the end again. So nothing re-enters its caller, and
 * nobody holds a core.
 *
 * Entries belong to shares, one for all connections of a client and the fibers that work for it.
 * The share that has used the least time comes next; one that had nothing to do for a while counts
 * as if it had used little less than the others, so that resting saves up nothing. Entries whose
 * last run took long have a share of their own for each client: those who ask for little need not
 * wait for them either, also where one address stands for many (a proxy). Whatever number of
 * connections others have, and however dear they are, who asks for little waits for one slice. What
 * the server does for itself (SHARE_OWN) counts less than it takes: others cannot keep it from its
 * work. */
#pragma once
#include "base/list.h"
#include "rt/share.h"

#include <stdbool.h>
#include <stdint.h>

#define READY_N_QUEUES (2 * SHARE_N) /* of each share: those that ask for little, and the dear */

struct core;

/* Embedded by its owner, on one core. `run` must not yield; it may free its owner. */
struct ready {
    struct list node;
    uint16_t share;
    bool is_dear;  /* its last run took long, while others waited */
    bool is_minor; /* behind all shares */
    bool is_later; /* queued with ready_add_later */
    uint32_t turn; /* of the core, in which it was added: it waits for the next */
    void (*run)(struct ready *r);
};

/* Of a core. */
struct ready_queue {
    struct list queues[READY_N_QUEUES];
    int64_t used_ns[READY_N_QUEUES];
    uint32_t ran[READY_N_QUEUES];          /* turn in which one of it ran last */
    uint64_t waiting[READY_N_QUEUES / 64]; /* which of them have entries, or had some, */
    uint64_t groups;                       /* ... and which words of that are not 0 */
    int64_t least_ns;                      /* that the one that ran last had used */
    struct list minor;
    struct list later; /* what the next turn begins with adding */
    uint32_t turn;
    uint16_t share_now; /* of what runs */
    struct ready *runs; /* NULL: none, or it is no more */
};

void ready_queue_init(struct ready_queue *q);

void ready_init(struct ready *r, void (*run)(struct ready *r));
/* Whose time it takes; SHARE_OWN if that is not said. Only while it is not queued. */
void ready_set_share(struct ready *r, uint16_t share);
/* Have r run on the current core, after the next poll. Does nothing if it is queued already. */
void ready_add(struct ready *r);
/* The same; it may run in this turn still. For what something that runs now has woken. */
void ready_add_soon(struct ready *r);
/* The same, behind what will be woken until the next turn: for who lets others go first. */
void ready_add_later(struct ready *r);
/* From the next time on r stands behind all others: a turn takes one slice of such. */
void ready_set_minor(struct ready *r);
/* Take r out of the queue, if it is in it; also from inside run(), before its owner is freed. */
void ready_cancel(struct ready *r);
static inline bool ready_queued(const struct ready *r)
{
    return !list_empty(&r->node);
}

/* Whose time it is that runs on the current core: new fibers work for him, too. */
uint16_t ready_share_now(void);
/* Say so where no entry runs: for mail. Gives what it was before, to be put back. */
uint16_t ready_set_share_now(uint16_t share);

/* For an entry that does many small things (the requests in one read): true once it has run for its
 * slice (100 us, beginning at the first call) and should put the rest off. False off the queue. */
bool ready_slice_over(void);

/* core.c: is anything queued? */
bool ready_waiting(const struct core *c);
/* Run what is queued and need not wait for the next turn, for a bounded time; the rest keeps its
 * place. */
void ready_run(struct core *c);
