/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_SUBSCRIPTIONS
#include "feed/feed_impl.h"

#include "base/log.h"
#include "base/mem.h"
#include "feed/feed_history.h"
#include "rt/clock.h"
#include "rt/ready.h"

#include <assert.h>
#include <stdlib.h>

/* Ending more subscriptions than this takes a fiber that breathes. */
#define MANY_ENTRIES 1000
#define CODE_POLICY 1008

void feed_sub_ref(struct feed_sub *s)
{
    s->refs++;
}

void feed_sub_unref(struct feed_sub *s)
{
    if (--s->refs > 0)
        return;
    s->fc->n_subs--;
    free(s->hits);
    free(s);
}

struct feed_sub *feed_sub_new(struct feed *f, struct feed_sink *sink)
{
    struct feed_core *fc = feed_core_here(f);
    struct feed_sub *s = xcalloc(1, sizeof *s);
    s->id = ++fc->next_id;
    s->share = ready_share_now();
    s->refs = 1;
    s->fc = fc;
    s->sink = sink;
    list_init(&s->link);
    list_init(&s->entries);
    list_init(&s->histories);
    fc->n_subs++;
    return s;
}

static void remove_entries(void *arg)
{
    struct feed_sub *s = arg;
    while (!list_empty(&s->entries)) {
        feed_topic_remove(LIST_ENTRY(s->entries.next, struct feed_entry, in_sub));
        err e = fiber_breathe();
        (void)e; /* cancelled: all the sooner */
    }
    feed_sub_unref(s);
}

static uint32_t n_entries(const struct feed_sub *s)
{
    return s->n_of[FEED_KIND_ACCOUNT] + s->n_of[FEED_KIND_PROPOSED] + s->n_of[FEED_KIND_BOOK];
}

/* Nothing is sent from here on. */
static void leave(struct feed_sub *s)
{
    feed_sub_interrupt(s);
    list_unlink(&s->link);
    if (s->state == FEED_STATE_WAITING)
        atomic_fetch_sub(&s->fc->n_behind, 1);
    s->state = FEED_STATE_CLOSED;
}

struct feed_sub *feed_sub_close(struct feed_sub *s)
{
    if (s == NULL)
        return NULL;
    leave(s);
    s->sink = NULL;
    feed_history_end_all(s);
    if (n_entries(s) > MANY_ENTRIES && s->fc->running)
        fiber_group_spawn(&s->fc->fibers, "feed: end of a subscriber", remove_entries, s);
    else
        remove_entries(s);
    return NULL;
}

void feed_sub_end(struct feed_sub *s, uint16_t code, const char *reason)
{
    if (s->state == FEED_STATE_CLOSED)
        return;
    leave(s);
    if (s->sink)
        s->sink->ops->close(s->sink, code, reason); /* may close the subscriber */
}

/* --- states --- */

void feed_sub_interrupt(struct feed_sub *s)
{
    s->turn++;
    switch (s->state) {
    case FEED_STATE_LIVE: s->pos = feed_pos_of(s->fc->newest + 1, 0); break;
    case FEED_STATE_TODO:
    case FEED_STATE_READY: list_unlink(&s->link); break;
    default: break;
    }
    s->n_hits = 0;
}

void feed_sub_wait(struct feed_sub *s, int64_t until_ns)
{
    struct feed_core *fc = s->fc;
    s->state = FEED_STATE_WAITING;
    s->behind_since_ns = clock_now_ns();
    s->wait_until_ns = until_ns;
    atomic_fetch_add(&fc->n_behind, 1);
    list_push_back(&fc->waiting, &s->link);
    if (!timer_armed(&fc->poll))
        timer_start(&fc->poll, clock_now_ns() + FEED_POLL_NS);
}

void feed_sub_settle(struct feed_sub *s)
{
    struct feed_core *fc = s->fc;
    assert(list_empty(&s->link));
    if (s->state == FEED_STATE_CLOSED)
        return;
    if (s->holds > 0) {
        s->state = FEED_STATE_HELD;
    } else if (s->n_ledger_entries == 0 || feed_pos_seq(s->pos) > fc->newest) {
        s->state = FEED_STATE_LIVE;
    } else {
        s->state = FEED_STATE_READY;
        list_push_back(&fc->ready, &s->link);
        feed_replay_work(fc);
    }
}

void feed_sub_drained(struct feed_sub *s)
{
    if (s->state != FEED_STATE_WAITING)
        return;
    list_unlink(&s->link);
    atomic_fetch_sub(&s->fc->n_behind, 1);
    s->state = FEED_STATE_HELD; /* for a moment */
    feed_sub_settle(s);
}

void feed_sub_full(struct feed_sub *s)
{
    if (feed_sub_resumes(s)) {
        feed_sub_wait(s, 0);
        return;
    }
    counter_inc(s->fc->feed->n_dropped);
    feed_sub_end(s, CODE_POLICY, "Too slow: more messages wait than may wait.");
}

void feed_sub_hold(struct feed_sub *s)
{
    s->holds++;
    feed_sub_ref(s);
    if (s->state == FEED_STATE_CLOSED || s->holds > 1)
        return;
    feed_sub_interrupt(s);
    if (s->state == FEED_STATE_WAITING) {
        list_unlink(&s->link);
        atomic_fetch_sub(&s->fc->n_behind, 1);
    }
    s->state = FEED_STATE_HELD;
}

void feed_sub_release(struct feed_sub *s)
{
    assert(s->holds > 0);
    if (--s->holds == 0)
        feed_sub_settle(s);
    feed_sub_unref(s);
}

struct feed_sub *feed_sub_of(struct feed_call *call)
{
    struct feed_party *p = call->party;
    if (call->held || p->ended)
        return call->held;
    if (p->sub == NULL)
        p->sub = feed_sub_new(p->feed, &p->sink);
    feed_sub_hold(p->sub);
    return call->held = p->sub;
}

void feed_sub_done(struct feed_call *call)
{
    if (call->held)
        feed_sub_release(call->held);
    call->held = NULL;
}

void feed_sub_end_party(struct feed_party *p)
{
    p->ended = true;
    p->sub = feed_sub_close(p->sub);
    if (p->paths)
        p->paths_close(p->paths);
    p->paths = NULL;
}

void feed_sub_push(struct feed_party *p, struct slice text)
{
    struct feed *f = p->feed;
    struct feed_queue q = p->sink.ops->queued(&p->sink);
    if (q.n_msgs >= f->opts.max_queue_msgs || q.n_bytes >= f->opts.max_queue_bytes) {
        counter_inc(f->n_relay_lost);
        return;
    }
    void *msg = f->opts.wire->make(text, &f->msg_bytes);
    err e = p->sink.ops->send(&p->sink, msg);
    if (e.code == 0)
        counter_inc(f->n_sent);
    f->opts.wire->unref(msg);
}

/* --- what it wants --- */

uint32_t feed_sub_newest(const struct feed_sub *s)
{
    return s->fc->newest;
}

static bool fits(const struct feed_sub *s, const struct feed_request *r)
{
    const struct feed_opts *o = &s->fc->feed->opts;
    size_t accounts = s->n_of[FEED_KIND_ACCOUNT] + s->n_of[FEED_KIND_PROPOSED];
    size_t more = 0, books = 0;
    for (size_t i = 0; i < r->n_accounts; i++)
        more += feed_topic_entry(s->fc, s, FEED_KIND_ACCOUNT, &r->accounts[i]) == NULL;
    for (size_t i = 0; i < r->n_proposed; i++)
        more += feed_topic_entry(s->fc, s, FEED_KIND_PROPOSED, &r->proposed[i]) == NULL;
    for (size_t i = 0; i < r->n_books; i++)
        books += feed_topic_entry(s->fc, s, FEED_KIND_BOOK, &r->books[i]) == NULL;
    if (r->history && s->n_of[FEED_KIND_HISTORY] >= FEED_MAX_HISTORIES)
        return false;
    return (more == 0 || accounts + more <= o->max_accounts) &&
           (books == 0 || s->n_of[FEED_KIND_BOOK] + books <= o->max_books);
}

/* Go back to `pos`: what was subscribed before has been sent up to where it stood, and is not sent
 * again. */
static void go_back(struct feed_sub *s, feed_pos pos)
{
    if (s->n_ledger_entries > 0 && pos >= s->pos)
        return;
    LIST_EACH(it, &s->entries)
    {
        struct feed_entry *e = LIST_ENTRY(it, struct feed_entry, in_sub);
        e->from = MAX(e->from, s->pos);
    }
    s->pos = pos;
}

static void add_history(struct feed_sub *s, const struct account *account,
                        const struct feed_entry *like)
{
    struct feed_entry unfiltered = {.from = like->from, .resumes = like->resumes};
    feed_topic_add(s, FEED_KIND_HISTORY, 0, account, &unfiltered);
    feed_history_begin(s, account, feed_pos_seq(like->from) - 1);
}

err feed_sub_add(struct feed_sub *s, const struct feed_request *r)
{
    assert(s->holds > 0);
    if (r->history && feed_history_find(s, r->history))
        return FAIL(ERR_EXISTS, "feed: the account's history is being sent");
    if (!fits(s, r))
        return FAIL(ERR_LIMIT, "feed: more subscriptions than one connection may have");
    struct feed_entry like = {
        .filter = feed_topic_filter(r), .from = feed_pos_of(r->first, 0), .resumes = r->resumes};
    s->version = r->api_version >= 2;
    bool any = (r->streams & FEED_LEDGER_STREAMS) || r->n_accounts || r->n_proposed || r->n_books ||
               r->history;
    if (any)
        go_back(s, like.from);
    for (uint32_t i = 0; i < FEED_N_STREAMS; i++)
        if (r->streams & 1u << i)
            feed_topic_add(s, FEED_KIND_STREAM, i, NULL, &like);
    for (size_t i = 0; i < r->n_accounts; i++)
        feed_topic_add(s, FEED_KIND_ACCOUNT, 0, &r->accounts[i], &like);
    for (size_t i = 0; i < r->n_proposed; i++)
        feed_topic_add(s, FEED_KIND_PROPOSED, 0, &r->proposed[i], &like);
    for (size_t i = 0; i < r->n_books; i++)
        feed_topic_add(s, FEED_KIND_BOOK, 0, &r->books[i], &like);
    feed_topic_filter_unref(like.filter);
    if (r->history)
        add_history(s, r->history, &like);
    return OK;
}

static void remove_all(struct feed_sub *s, enum feed_kind kind, const void *keys, size_t n,
                       size_t size)
{
    for (size_t i = 0; i < n; i++) {
        struct feed_entry *e = feed_topic_entry(s->fc, s, kind, (const uint8_t *)keys + i * size);
        if (e)
            feed_topic_remove(e);
    }
}

static void remove_history(struct feed_sub *s, const struct feed_request *r)
{
    struct feed_history *h = r->history ? feed_history_find(s, r->history) : NULL;
    if (h == NULL)
        return;
    h->stopped = true;
    if (r->only_old)
        return;
    feed_history_end(h);
    remove_all(s, FEED_KIND_HISTORY, r->history, 1, sizeof *r->history);
}

void feed_sub_remove(struct feed_sub *s, const struct feed_request *r)
{
    feed_sub_hold(s);
    for (uint32_t i = 0; i < FEED_N_STREAMS; i++)
        if ((r->streams & 1u << i) && s->streams[i])
            feed_topic_remove(s->streams[i]);
    remove_all(s, FEED_KIND_ACCOUNT, r->accounts, r->n_accounts, sizeof *r->accounts);
    remove_all(s, FEED_KIND_PROPOSED, r->proposed, r->n_proposed, sizeof *r->proposed);
    remove_all(s, FEED_KIND_BOOK, r->books, r->n_books, sizeof *r->books);
    remove_history(s, r);
    feed_sub_release(s);
}
