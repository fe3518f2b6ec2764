/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/ready.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core_impl.h"

#include <assert.h>

#define SLICE_NS (100 * 1000) /* an entry */
#define ROUND_NS (250 * 1000) /* all of a turn: fibers, timers and the poll come next */
#define DEAR_NS (50 * 1000)   /* a run that took as long: some ten small requests */
#define GROUP 64              /* queues */
_Static_assert(READY_N_QUEUES == GROUP * 64, "a word for the groups");
#define MAX_CHARGE_NS (4 * SLICE_NS) /* for one run */
#define SMALL_COUNTS 4               /* times less than it took */
#define REST_NS SLICE_NS             /* what a share that comes back is ahead of the others */

void ready_queue_init(struct ready_queue *q)
{
    memset(q, 0, sizeof *q);
    list_init(&q->minor);
    for (size_t i = 0; i < READY_N_QUEUES; i++)
        list_init(&q->queues[i]);
}

void ready_init(struct ready *r, void (*run)(struct ready *r))
{
    *r = (struct ready){.share = SHARE_OWN, .run = run};
    list_init(&r->node);
}

void ready_set_share(struct ready *r, uint16_t share)
{
    assert(!ready_queued(r));
    r->share = share;
}

void ready_set_minor(struct ready *r)
{
    r->is_minor = true;
}

static void push(struct ready_queue *q, struct ready *r)
{
    size_t i = 2 * (size_t)r->share + r->is_dear;
    r->turn = q->turn;
    if (r->is_minor) {
        list_push_back(&q->minor, &r->node);
        return;
    }
    if (list_empty(&q->queues[i]))
        q->used_ns[i] = MAX(q->used_ns[i], q->least_ns - REST_NS);
    list_push_back(&q->queues[i], &r->node);
    q->waiting[i / GROUP] |= UINT64_C(1) << i % GROUP;
    q->groups |= UINT64_C(1) << i / GROUP;
}

void ready_add(struct ready *r)
{
    if (!ready_queued(r))
        push(&core_current()->ready, r);
}

void ready_cancel(struct ready *r)
{
    struct core *c = core_current();
    list_unlink(&r->node);
    if (c && c->ready.runs == r)
        c->ready.runs = NULL;
}

bool ready_waiting(const struct core *c)
{
    return c->ready.groups || !list_empty(&c->ready.minor);
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

/* The first of `queue` that was there before this turn, or NULL. */
static struct ready *first_due(const struct ready_queue *q, const struct list *queue)
{
    if (list_empty(queue))
        return NULL;
    struct ready *r = LIST_ENTRY(queue->next, struct ready, node);
    return r->turn == q->turn ? NULL : r;
}

/* Queues of a group that have something to do; bits of others that have no entry any more are taken
 * out. */
static uint64_t due_of(struct ready_queue *q, int group)
{
    uint64_t due = 0;
    for (uint64_t bits = q->waiting[group]; bits; bits &= bits - 1) {
        const struct list *queue = &q->queues[GROUP * group + __builtin_ctzll(bits)];
        if (first_due(q, queue))
            due |= bits & -bits;
        else if (list_empty(queue))
            q->waiting[group] &= ~(bits & -bits);
    }
    if (q->waiting[group] == 0)
        q->groups &= ~(UINT64_C(1) << group);
    return due;
}

/* Of the queues that have something to do the one that has used least; -1: none. */
static int next_queue(struct ready_queue *q)
{
    int best = -1;
    for (uint64_t groups = q->groups; groups; groups &= groups - 1) {
        int group = __builtin_ctzll(groups);
        for (uint64_t due = due_of(q, group); due; due &= due - 1) {
            int at = GROUP * group + __builtin_ctzll(due);
            if (best < 0 || q->used_ns[at] < q->used_ns[best])
                best = at;
        }
    }
    return best;
}

static void run_first(struct ready_queue *q, struct list *queue)
{
    struct ready *r = LIST_ENTRY(list_pop_front(queue), struct ready, node);
    q->runs = r;
    r->run(r);
}

/* Nobody has anything to do but one entry: its queue, else -1. */
static int only_queue(const struct ready_queue *q)
{
    if (!list_empty(&q->minor) || (q->groups & (q->groups - 1)) || q->groups == 0)
        return -1;
    int group = __builtin_ctzll(q->groups);
    uint64_t bits = q->waiting[group];
    int at = GROUP * group + __builtin_ctzll(bits);
    const struct list *queue = &q->queues[at];
    return (bits & (bits - 1)) || list_empty(queue) || queue->next != queue->prev ? -1 : at;
}

/* Nobody waits for it: time is not read. */
static void run_only(struct core *c, int at)
{
    struct ready_queue *q = &c->ready;
    q->groups = q->waiting[at / GROUP] = 0;
    c->slice_begun_ns = 0;
    run_first(q, &q->queues[at]);
    q->runs = NULL;
}

/* What ran last is judged by what it took, whether it had more to do or its peer will see to that.
 */
static void judge(struct ready_queue *q, int64_t ns)
{
    struct ready *r = q->runs;
    bool is_dear = ns > DEAR_NS;
    if (!r || r->is_minor || is_dear == r->is_dear)
        return;
    r->is_dear = is_dear;
    if (!ready_queued(r))
        return;
    list_unlink(&r->node);
    push(q, r);
}

/* A run that took longer than any slice was held up by the machine: were all of it counted, a
 * client would wait for all others to have had as much. Short runs count for less than they take,
 * so that who asks one small thing after another is not put behind floods of dear ones. What turns
 * out to be dear where little is asked for counts in both: it is there that it would have waited.
 */
static void charge(struct ready_queue *q, int at, int64_t ns)
{
    bool among_dear = at & 1;
    ns = MIN(ns, MAX_CHARGE_NS);
    q->used_ns[at] += among_dear ? ns : ns / SMALL_COUNTS;
    if (ns > DEAR_NS && !among_dear)
        q->used_ns[at | 1] += ns;
}

static void run_shares(struct core *c)
{
    struct ready_queue *q = &c->ready;
    int64_t begun_ns = clock_real_ns(), now_ns = begun_ns;
    for (int at; now_ns - begun_ns <= ROUND_NS && (at = next_queue(q)) >= 0;) {
        c->slice_begun_ns = now_ns;
        q->least_ns = MAX(q->least_ns, q->used_ns[at]);
        run_first(q, &q->queues[at]);
        int64_t then_ns = now_ns;
        now_ns = clock_real_ns();
        charge(q, at, now_ns - then_ns);
        judge(q, now_ns - then_ns);
    }
    q->runs = NULL;
}

static void run_minor(struct core *c)
{
    struct ready_queue *q = &c->ready;
    int64_t begun_ns = clock_real_ns(), now_ns = begun_ns;
    while (now_ns - begun_ns <= SLICE_NS && first_due(q, &q->minor)) {
        c->slice_begun_ns = now_ns;
        run_first(q, &q->minor);
        now_ns = clock_real_ns();
    }
    q->runs = NULL;
}

void ready_run(struct core *c)
{
    assert(!c->in_ready);
    if (!ready_waiting(c))
        return;
    int only = only_queue(&c->ready);
    c->in_ready = true;
    c->ready.turn++;
    if (only >= 0)
        run_only(c, only);
    else
        run_shares(c);
    if (!list_empty(&c->ready.minor))
        run_minor(c);
    c->in_ready = false;
}
