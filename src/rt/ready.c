/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/ready.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core_impl.h"

#include <assert.h>

#define SLICE_NS (100 * 1000) /* an entry */
#define ROUND_NS (250 * 1000) /* all of a turn: timers and the poll come next */
#define FEW 4                 /* that run one after the other before time is looked at */
#define DEAR_NS (50 * 1000)   /* a run that took as long: some ten small requests */
#define GROUP 64              /* queues */
_Static_assert(READY_N_QUEUES == GROUP * 64, "a word for the groups");
#define SMALL_COUNTS 4          /* what is small counts so many times less than it took, */
#define OWN_COUNTS 8            /* and so does what is the server's own */
#define REST_NS SLICE_NS        /* what a share that comes back is ahead of the others */
#define REST_TURNS 2            /* who has rested for more */
#define MAX_DEBT_NS (40 * 1000) /* has used at most so much more than they */

void ready_queue_init(struct ready_queue *q)
{
    memset(q, 0, sizeof *q);
    list_init(&q->minor);
    list_init(&q->later);
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

/* What a queue that was empty counts as having used. A long run is not held for ever against who
 * has rested since: packets of others that the kernel dealt with during it may be all of it. */
static int64_t used_on_return(const struct ready_queue *q, size_t i)
{
    int64_t ns = MAX(q->used_ns[i], q->least_ns - REST_NS);
    return q->turn - q->ran[i] > REST_TURNS ? MIN(ns, q->least_ns + MAX_DEBT_NS) : ns;
}

static void push(struct ready_queue *q, struct ready *r, uint32_t turn)
{
    size_t i = 2 * (size_t)r->share + r->is_dear;
    r->turn = turn;
    if (r->is_minor) {
        list_push_back(&q->minor, &r->node);
        return;
    }
    if (list_empty(&q->queues[i]))
        q->used_ns[i] = used_on_return(q, i);
    list_push_back(&q->queues[i], &r->node);
    q->waiting[i / GROUP] |= UINT64_C(1) << i % GROUP;
    q->groups |= UINT64_C(1) << i / GROUP;
}

void ready_add(struct ready *r)
{
    struct ready_queue *q = &core_current()->ready;
    if (!ready_queued(r))
        push(q, r, q->turn);
}

void ready_add_soon(struct ready *r)
{
    struct ready_queue *q = &core_current()->ready;
    if (!ready_queued(r))
        push(q, r, q->turn - 1);
}

void ready_add_later(struct ready *r)
{
    if (ready_queued(r))
        return;
    r->is_later = true;
    list_push_back(&core_current()->ready.later, &r->node);
}

/* A new turn. */
static void begin_turn(struct ready_queue *q)
{
    for (struct list *node; (node = list_pop_front(&q->later)) != NULL;) {
        struct ready *r = LIST_ENTRY(node, struct ready, node);
        r->is_later = false;
        push(q, r, q->turn);
    }
    q->turn++;
}

uint16_t ready_share_now(void)
{
    return core_current()->ready.share_now;
}

uint16_t ready_set_share_now(uint16_t share)
{
    struct ready_queue *q = &core_current()->ready;
    uint16_t before = q->share_now;
    q->share_now = share;
    return before;
}

void ready_cancel(struct ready *r)
{
    struct core *c = core_current();
    list_unlink(&r->node);
    r->is_later = false;
    if (c && c->ready.runs == r)
        c->ready.runs = NULL;
}

bool ready_waiting(const struct core *c)
{
    const struct ready_queue *q = &c->ready;
    return q->groups || !list_empty(&q->minor) || !list_empty(&q->later);
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

/* The first of `queue` if it need not wait for the next turn, else NULL. */
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
    q->share_now = r->share;
    r->run(r);
}

/* Nobody has anything to do in this turn but one entry: its queue, else -1. */
static int only_queue(const struct ready_queue *q)
{
    if (!list_empty(&q->minor) || (q->groups & (q->groups - 1)) || q->groups == 0)
        return -1;
    int group = __builtin_ctzll(q->groups);
    uint64_t bits = q->waiting[group];
    int at = GROUP * group + __builtin_ctzll(bits);
    const struct list *queue = &q->queues[at];
    bool alone = !(bits & (bits - 1)) && queue->next == queue->prev;
    return alone && first_due(q, queue) ? at : -1;
}

/* Nobody waits for it: time is not read. */
static void run_only(struct core *c, int at)
{
    struct ready_queue *q = &c->ready;
    q->groups = q->waiting[at / GROUP] = 0;
    c->slice_begun_ns = 0;
    run_first(q, &q->queues[at]);
}

/* What ran last is judged by what it took, whether it had more to do or its peer will see to that.
 * Our own work stays in the order in which it came. */
static void judge(struct ready_queue *q, int64_t ns)
{
    struct ready *r = q->runs;
    bool is_dear = ns > DEAR_NS;
    if (!r || r->is_minor || r->share == SHARE_OWN || is_dear == r->is_dear)
        return;
    r->is_dear = is_dear;
    if (!ready_queued(r) || r->is_later)
        return;
    list_unlink(&r->node);
    push(q, r, r->turn);
}

/* The first 50 us of a run count for less than they take, so that who asks one small thing after
 * another is not put behind floods of dear ones. What turns out to be dear where little is asked
 * for counts in both: it is there that it would have waited. */
static void charge(struct ready_queue *q, int at, int64_t ns)
{
    bool among_dear = at & 1;
    q->ran[at] = q->turn;
    int64_t counts_ns = MIN(ns, DEAR_NS) / SMALL_COUNTS + MAX(ns - DEAR_NS, 0);
    if (at / 2 == SHARE_OWN)
        counts_ns /= OWN_COUNTS;
    q->used_ns[at] += counts_ns;
    if (ns > DEAR_NS && !among_dear) {
        q->ran[at | 1] = q->turn;
        q->used_ns[at | 1] += counts_ns;
    }
}

/* What runs take. Of long ones the thread's processor time counts: in the rest the machine was at
 * something else. */
struct meter {
    int64_t now_ns;
    int64_t cpu_ns;  /* when it was last read, */
    int64_t runs_ns; /* and what runs have taken since */
};

static int64_t took(struct meter *m)
{
    int64_t then_ns = m->now_ns;
    m->now_ns = clock_real_ns();
    int64_t ns = m->now_ns - then_ns;
    if (ns > DEAR_NS) {
        int64_t before_ns = m->cpu_ns + m->runs_ns;
        m->cpu_ns = clock_cpu_ns();
        m->runs_ns = 0;
        return MIN(MAX(m->cpu_ns - before_ns, 0), ns);
    }
    m->runs_ns += ns;
    return ns;
}

static void run_shares(struct core *c)
{
    struct ready_queue *q = &c->ready;
    struct meter m = {.now_ns = clock_real_ns(), .cpu_ns = clock_cpu_ns()};
    int64_t begun_ns = m.now_ns;
    for (int at; m.now_ns - begun_ns <= ROUND_NS && (at = next_queue(q)) >= 0;) {
        c->slice_begun_ns = m.now_ns;
        q->least_ns = MAX(q->least_ns, q->used_ns[at]);
        run_first(q, &q->queues[at]);
        int64_t ns = took(&m);
        charge(q, at, ns);
        judge(q, ns);
    }
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
}

void ready_run(struct core *c)
{
    assert(!c->in_ready);
    if (!ready_waiting(c))
        return;
    struct ready_queue *q = &c->ready;
    c->in_ready = true;
    begin_turn(q);
    for (int n = 0, only; n < FEW && (only = only_queue(q)) >= 0; n++)
        run_only(c, only); /* and what it woke */
    if (q->groups)
        run_shares(c);
    if (!list_empty(&q->minor))
        run_minor(c);
    q->runs = NULL;
    q->share_now = SHARE_OWN;
    c->in_ready = false;
}
