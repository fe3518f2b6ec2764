/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers out of the store, for subscribers that are behind: each at the pace of its connection.
 * A few workers a core serve them in turns. */
#define LOG_CHANNEL LOG_CHANNEL_SUBSCRIPTIONS
#include "feed/feed_plan.h"

#include "base/log.h"
#include "base/mem.h"

#define MAX_WORKERS 16
/* A turn: so many ledgers, or so long. */
#define TURN_LEDGERS 32
#define TURN_NS (5 * CLOCK_MS)
#define RETRY_NS (1 * CLOCK_S)
/* What may wait for a connection that reads from the store: enough to keep it busy. */
#define QUEUE_BYTES ((size_t)256 << 10)
#define CODE_GONE 1011

struct worker {
    struct feed_core *fc;
    struct feed_plan plan;
    struct feed_reader reader;
};

enum outcome { GO_ON = 0, ENOUGH, LEFT /* somebody else has it */ };

static void limits(const struct feed_sub *s, uint32_t *ret_msgs, size_t *ret_bytes)
{
    const struct feed_opts *o = &s->fc->feed->opts;
    *ret_msgs = o->max_queue_msgs;
    *ret_bytes = o->max_queue_bytes;
    if (!feed_sub_resumes(s))
        return;
    *ret_msgs = o->max_queue_msgs / 2 + 1;
    *ret_bytes = MIN(*ret_bytes, QUEUE_BYTES);
}

YIELDS static err prepare(struct feed_ledger *l, const struct feed_sub *s, struct worker *w)
{
    TRY(feed_ledger_load(l));
    if (s->n_filtered || s->n_of[FEED_KIND_ACCOUNT] || s->n_of[FEED_KIND_PROPOSED] ||
        s->n_of[FEED_KIND_BOOK] || s->n_of[FEED_KIND_HISTORY])
        TRY(feed_ledger_touch(l));
    return OK;
}

/* Not held (any more): there will be nothing to send. Else the trouble may pass. */
static enum outcome failed(struct feed_sub *s, err e)
{
    static struct log_limit limit = LOG_LIMIT_INIT(10);
    uint64_t dropped;
    if (e.code == ERR_NOT_FOUND) {
        counter_inc(s->fc->feed->n_dropped);
        feed_sub_end(s, CODE_GONE, "A ledger to be sent is not held any more.");
        return LEFT;
    }
    if (e.code != ERR_CANCELLED && log_limit_take(&limit, &dropped))
        LOG_ERROR("feed: ledger %u: %s: %s, trying again", feed_pos_seq(s->pos), err_name(e),
                  err_text());
    feed_sub_wait(s, clock_now_ns() + RETRY_NS);
    return LEFT;
}

YIELDS static enum outcome send_ledger(struct worker *w, struct feed_sub *s)
{
    uint32_t turn = s->turn, max_msgs;
    size_t max_bytes;
    CLEANUP(feed_ledger_unrefp)
    struct feed_ledger *l = feed_ledger_get(w->fc->feed, feed_pos_seq(s->pos));
    err e = prepare(l, s, w);
    if (s->turn != turn)
        return LEFT;
    if (err_failed(e))
        return failed(s, e);
    feed_plan_match(&w->plan, s, l);
    feed_plan_make(&w->plan, s, l, w->plan.hits, w->plan.n_hits);
    e = feed_ledger_make(l, w->plan.items, w->plan.n_items, s->version, &w->reader);
    if (e.code == 0)
        e = feed_plan_make_own(&w->plan, s, turn, l, &w->reader);
    feed_ledger_reader_rest(&w->reader);
    if (s->turn != turn)
        return LEFT;
    if (err_failed(e))
        return failed(s, e);
    limits(s, &max_msgs, &max_bytes);
    counter_add(w->fc->feed->n_replayed, w->plan.n);
    enum feed_sent sent = feed_plan_send(&w->plan, s, l, max_msgs, max_bytes);
    if (sent == FEED_SENT_FULL)
        feed_sub_full(s);
    return sent == FEED_SENT_ALL ? GO_ON : LEFT;
}

YIELDS static void serve(struct worker *w, struct feed_sub *s)
{
    int64_t until = clock_now_ns() + TURN_NS;
    enum outcome outcome = GO_ON;
    s->state = FEED_STATE_BUSY;
    w->fc->n_busy_workers++;
    for (int i = 0; i < TURN_LEDGERS && outcome == GO_ON && clock_now_ns() < until; i++)
        outcome = feed_pos_seq(s->pos) > w->fc->newest ? ENOUGH : send_ledger(w, s);
    w->fc->n_busy_workers--;
    if (outcome != LEFT)
        feed_sub_settle(s);
}

YIELDS static void worker_run(void *arg)
{
    struct worker w = {.fc = arg};
    struct list *it;
    feed_ledger_reader_init(&w.reader);
    while (!fiber_cancelled() && (it = list_pop_front(&w.fc->ready)) != NULL) {
        struct feed_sub *s = LIST_ENTRY(it, struct feed_sub, link);
        feed_sub_ref(s);
        fiber_set_share(s->share);
        serve(&w, s);
        feed_sub_unref(s);
        err e = fiber_breathe();
        (void)e; /* looked at above */
    }
    w.fc->n_workers--;
    feed_ledger_reader_deinit(&w.reader);
    feed_plan_deinit(&w.plan);
}

void feed_replay_work(struct feed_core *fc)
{
    if (fc->n_workers > fc->n_busy_workers || fc->n_workers >= MAX_WORKERS || !fc->running)
        return; /* one will look, or is to end */
    fc->n_workers++;
    fiber_group_spawn(&fc->fibers, "feed: replay", worker_run, fc);
}
