/* SPDX-License-Identifier: Apache-2.0 */
/* The newest ledgers, as they come, to those of a core's subscribers that have everything before.
 */
#define LOG_CHANNEL LOG_CHANNEL_SUBSCRIPTIONS
#include "feed/feed_plan.h"

#include "base/log.h"
#include "base/mem.h"

#define RETRY_NS (1 * CLOCK_S)
/* While ledgers wait, clients get a moment to read what they were sent. */
#define PACE_NS (50 * CLOCK_MS)
#define PACE_STEP_NS (1 * CLOCK_MS)

struct live {
    struct feed_core *fc;
    struct feed_plan plan;
    struct feed_reader reader;
};

/* --- who gets something --- */

static void take(struct feed_core *fc, struct feed_sub *s, uint32_t seq)
{
    if (s->state != FEED_STATE_LIVE)
        return;
    s->state = FEED_STATE_TODO;
    s->pos = feed_pos_of(seq, 0);
    s->n_hits = 0;
    list_push_back(&fc->todo, &s->link);
}

static void take_stream(struct feed_core *fc, enum feed_stream stream, uint32_t seq)
{
    LIST_EACH(it, &fc->streams[stream].entries)
    {
        struct feed_entry *e = LIST_ENTRY(it, struct feed_entry, in_topic);
        if (e->sub)
            take(fc, e->sub, seq);
    }
}

static enum feed_hit hit_of(enum feed_phase phase)
{
    return phase == FEED_PHASE_BOOKS       ? FEED_HIT_BOOK
           : phase == FEED_PHASE_HISTORIES ? FEED_HIT_HISTORY
                                           : FEED_HIT_ACCOUNT;
}

static void hit(struct feed_core *fc, struct feed_topic *topic, const struct feed_ledger *l,
                uint32_t i, enum feed_phase phase)
{
    feed_pos place = feed_pos_of(l->seq, feed_pos_tx(i, phase));
    if (topic == NULL)
        return;
    LIST_EACH(it, &topic->entries)
    {
        struct feed_entry *e = LIST_ENTRY(it, struct feed_entry, in_topic);
        struct feed_sub *s = e->sub;
        if (s == NULL || place < e->from || !feed_topic_passes(e->filter, &l->txs[i].touch))
            continue;
        take(fc, s, l->seq);
        if (s->state == FEED_STATE_TODO)
            feed_plan_hit(&s->hits, &s->n_hits, &s->hits_cap, i << 2 | hit_of(phase));
    }
}

static void match_tx(struct feed_core *fc, const struct feed_ledger *l, uint32_t i)
{
    const struct feed_touch *t = &l->txs[i].touch;
    for (uint32_t k = 0; k < t->n_accounts; k++) {
        hit(fc, feed_topic_get(fc, FEED_KIND_ACCOUNT, &t->accounts[k]), l, i, FEED_PHASE_ACCOUNTS);
        hit(fc, feed_topic_get(fc, FEED_KIND_PROPOSED, &t->accounts[k]), l, i, FEED_PHASE_ACCOUNTS);
    }
    for (uint32_t k = 0; k < t->n_books; k++)
        hit(fc, feed_topic_get(fc, FEED_KIND_BOOK, &t->books[k]), l, i, FEED_PHASE_BOOKS);
    for (uint32_t k = 0; k < t->n_accounts && table_count(fc->topics[FEED_KIND_HISTORY]); k++)
        hit(fc, feed_topic_get(fc, FEED_KIND_HISTORY, &t->accounts[k]), l, i, FEED_PHASE_HISTORIES);
}

static bool has_topics(const struct feed_core *fc)
{
    return table_count(fc->topics[FEED_KIND_ACCOUNT]) ||
           table_count(fc->topics[FEED_KIND_PROPOSED]) || table_count(fc->topics[FEED_KIND_BOOK]) ||
           table_count(fc->topics[FEED_KIND_HISTORY]);
}

void feed_live_match(struct feed_core *fc, const struct feed_ledger *l)
{
    static const enum feed_stream streams[] = {FEED_STREAM_LEDGER, FEED_STREAM_TRANSACTIONS,
                                               FEED_STREAM_PROPOSED, FEED_STREAM_BOOK_CHANGES};
    for (size_t i = 0; i < ARRAY_LEN(streams); i++)
        take_stream(fc, streams[i], l->seq);
    if (has_topics(fc))
        for (uint32_t i = 0; i < l->n_txs; i++)
            match_tx(fc, l, i);
    fc->newest = l->seq;
}

/* --- sending --- */

static void sent(struct feed_sub *s, enum feed_sent how)
{
    if (how == FEED_SENT_ALL)
        feed_sub_settle(s);
    else if (how == FEED_SENT_FULL)
        feed_sub_full(s);
    /* closed: its owner hears of it */
}

/* Errors: those of making messages; the subscriber is then where it was. */
YIELDS static err send_one(struct live *v, struct feed_sub *s, struct feed_ledger *l)
{
    const struct feed_opts *o = &v->fc->feed->opts;
    uint32_t turn = s->turn;
    s->state = FEED_STATE_BUSY;
    feed_plan_make(&v->plan, s, l, s->hits, s->n_hits);
    err e = feed_ledger_make(l, v->plan.items, v->plan.n_items, s->version, &v->reader);
    if (e.code == 0)
        e = feed_plan_make_own(&v->plan, s, turn, l, &v->reader);
    if (s->turn != turn) /* closed, held, changed: it goes on by itself */
        return OK;
    if (err_failed(e)) {
        feed_sub_settle(s); /* behind: a worker tries again */
        return e;
    }
    sent(s, feed_plan_send(&v->plan, s, l, o->max_queue_msgs, o->max_queue_bytes));
    return OK;
}

YIELDS static err send_all(struct live *v, struct feed_ledger *l)
{
    struct list *it;
    while ((it = list_pop_front(&v->fc->todo)) != NULL) {
        struct feed_sub *s = LIST_ENTRY(it, struct feed_sub, link);
        feed_sub_ref(s);
        err e = send_one(v, s, l);
        feed_sub_unref(s);
        if (e.code == ERR_CANCELLED)
            return e;
        TRY(fiber_breathe());
    }
    return OK;
}

/* On an error nobody has been taken yet. */
YIELDS static err prepare(struct feed_core *fc, struct feed_ledger *l)
{
    TRY(feed_ledger_load(l));
    if (has_topics(fc) || fc->n_filtered)
        TRY(feed_ledger_touch(l));
    return OK;
}

/* Everybody behind has been told what the trouble is by its log line. */
YIELDS static err prepare_anyhow(struct feed_core *fc, struct feed_ledger *l)
{
    static struct log_limit limit = LOG_LIMIT_INIT(10);
    for (;;) {
        err e = prepare(fc, l);
        if (e.code == 0 || e.code == ERR_CANCELLED || e.code == ERR_NOT_FOUND)
            return e;
        uint64_t dropped;
        if (log_limit_take(&limit, &dropped))
            LOG_ERROR("feed: ledger %u: %s: %s, trying again in %d s", l->seq, err_name(e),
                      err_text(), (int)(RETRY_NS / CLOCK_S));
        TRY(fiber_sleep_until(clock_now_ns() + RETRY_NS));
    }
}

YIELDS static err send_ledger(struct live *v, uint32_t seq)
{
    struct feed_core *fc = v->fc;
    CLEANUP(feed_ledger_unrefp) struct feed_ledger *l = feed_ledger_get(fc->feed, seq);
    err e = prepare_anyhow(fc, l);
    if (e.code == ERR_NOT_FOUND) { /* a hole in what is held */
        LOG_WARN("feed: ledger %u is not held, nothing is sent of it", seq);
        fc->newest = seq;
        return OK;
    }
    TRY(e);
    feed_live_match(fc, l);
    e = send_all(v, l);
    feed_ledger_reader_rest(&v->reader);
    return e;
}

/* Is somebody's queue so long that the next ledger may be too much? */
static bool anybody_crowded(struct feed_core *fc)
{
    static const enum feed_stream streams[] = {FEED_STREAM_TRANSACTIONS, FEED_STREAM_PROPOSED,
                                               FEED_STREAM_LEDGER};
    const struct feed_opts *o = &fc->feed->opts;
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        LIST_EACH(it, &fc->streams[streams[i]].entries)
        {
            struct feed_sub *s = LIST_ENTRY(it, struct feed_entry, in_topic)->sub;
            if (s && s->state == FEED_STATE_LIVE && s->sink &&
                !feed_plan_has_room(s, o->max_queue_msgs / 2 + 1, o->max_queue_bytes / 2))
                return true;
        }
    }
    return false;
}

YIELDS static err pace(struct feed_core *fc)
{
    int64_t until = clock_now_ns() + PACE_NS;
    while (anybody_crowded(fc) && clock_now_ns() < until)
        TRY(fiber_sleep_until(clock_now_ns() + PACE_STEP_NS));
    return OK;
}

/* All that is published. */
YIELDS static err catch_up(struct live *v)
{
    struct feed_core *fc = v->fc;
    uint32_t published, first = atomic_load(&fc->feed->first_published);
    if (fc->newest == 0 && first > 0)
        fc->newest = first - 1;
    while ((published = atomic_load(&fc->feed->published)) > fc->newest) {
        if (fc->n_ledger_entries == 0) { /* nobody to read it for */
            fc->newest = published;
            continue;
        }
        TRY(send_ledger(v, fc->newest + 1));
        if (atomic_load(&fc->feed->published) > fc->newest)
            TRY(pace(fc));
    }
    return OK;
}

YIELDS void feed_live_run(void *arg)
{
    struct live v = {.fc = arg};
    feed_ledger_reader_init(&v.reader);
    while (catch_up(&v).code == 0 && fiber_cond_wait(&v.fc->news, CLOCK_NEVER).code == 0)
        continue;
    feed_ledger_reader_deinit(&v.reader);
    feed_plan_deinit(&v.plan);
}
