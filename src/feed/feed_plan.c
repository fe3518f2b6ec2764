/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed_plan.h"

#include "base/mem.h"
#include "feed/feed_history.h"

#include <stdlib.h>

/* Messages that are queued before the connection writes. */
#define CORKED_MSGS 64

/* Messages of its own that were not sent. */
static void drop_own(struct feed_plan *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->steps[i].own)
            p->unref(p->steps[i].own);
    p->n = p->n_items = 0;
}

void feed_plan_deinit(struct feed_plan *p)
{
    drop_own(p);
    free(p->steps);
    free(p->items);
    free(p->hits);
    *p = (struct feed_plan){0};
}

void feed_plan_hit(uint32_t **hits, uint32_t *n, uint32_t *cap, uint32_t hit)
{
    if (*n > 0 && (*hits)[*n - 1] == hit)
        return; /* another of its accounts, or books */
    if (*n == *cap) {
        *cap = *cap ? *cap * 2 : 8;
        *hits = xrealloc(*hits, *cap * sizeof **hits);
    }
    (*hits)[(*n)++] = hit;
}

static bool wants(const struct feed_entry *e, const struct feed_tx *t, feed_pos place)
{
    return e && place >= e->from && feed_topic_passes(e->filter, &t->touch);
}

static bool touches_account(const struct feed_sub *s, const struct feed_tx *t, feed_pos place)
{
    for (uint32_t i = 0; i < t->touch.n_accounts; i++) {
        const struct account *a = &t->touch.accounts[i];
        if (s->n_of[FEED_KIND_ACCOUNT] &&
            wants(feed_topic_entry(s->fc, s, FEED_KIND_ACCOUNT, a), t, place))
            return true;
        if (s->n_of[FEED_KIND_PROPOSED] &&
            wants(feed_topic_entry(s->fc, s, FEED_KIND_PROPOSED, a), t, place))
            return true;
    }
    return false;
}

static bool touches_history(const struct feed_sub *s, const struct feed_tx *t, feed_pos place)
{
    for (uint32_t i = 0; i < t->touch.n_accounts && s->n_of[FEED_KIND_HISTORY]; i++)
        if (wants(feed_topic_entry(s->fc, s, FEED_KIND_HISTORY, &t->touch.accounts[i]), t, place))
            return true;
    return false;
}

static bool touches_book(const struct feed_sub *s, const struct feed_tx *t, feed_pos place)
{
    for (uint32_t i = 0; i < t->touch.n_books; i++)
        if (wants(feed_topic_entry(s->fc, s, FEED_KIND_BOOK, &t->touch.books[i]), t, place))
            return true;
    return false;
}

void feed_plan_match(struct feed_plan *p, const struct feed_sub *s, const struct feed_ledger *l)
{
    bool accounts = s->n_of[FEED_KIND_ACCOUNT] || s->n_of[FEED_KIND_PROPOSED];
    p->n_hits = 0;
    if (!accounts && s->n_of[FEED_KIND_BOOK] == 0 && s->n_of[FEED_KIND_HISTORY] == 0)
        return;
    for (uint32_t i = 0; i < l->n_txs; i++) {
        const struct feed_tx *t = &l->txs[i];
        if (accounts &&
            touches_account(s, t, feed_pos_of(l->seq, feed_pos_tx(i, FEED_PHASE_ACCOUNTS))))
            feed_plan_hit(&p->hits, &p->n_hits, &p->hits_cap, i << 2 | FEED_HIT_ACCOUNT);
        if (touches_book(s, t, feed_pos_of(l->seq, feed_pos_tx(i, FEED_PHASE_BOOKS))))
            feed_plan_hit(&p->hits, &p->n_hits, &p->hits_cap, i << 2 | FEED_HIT_BOOK);
        if (touches_history(s, t, feed_pos_of(l->seq, feed_pos_tx(i, FEED_PHASE_HISTORIES))))
            feed_plan_hit(&p->hits, &p->n_hits, &p->hits_cap, i << 2 | FEED_HIT_HISTORY);
    }
}

static void step(struct feed_plan *p, const struct feed_sub *s, const struct feed_ledger *l,
                 uint32_t code, uint32_t item, struct feed_history *history)
{
    if (feed_pos_of(l->seq, code) < s->pos)
        return;
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 32;
        p->steps = xrealloc(p->steps, p->cap * sizeof *p->steps);
        p->items = xrealloc(p->items, p->cap * sizeof *p->items);
    }
    p->steps[p->n++] = (struct feed_plan_step){.history = history, .code = code, .item = item};
    if (history == NULL)
        p->items[p->n_items++] = item;
}

static void stream_step(struct feed_plan *p, const struct feed_sub *s, const struct feed_ledger *l,
                        enum feed_stream stream, uint32_t code, uint32_t item)
{
    const struct feed_entry *e = s->streams[stream];
    if (e && feed_pos_of(l->seq, code) >= e->from)
        step(p, s, l, code, item, NULL);
}

static void stream_tx_step(struct feed_plan *p, const struct feed_sub *s,
                           const struct feed_ledger *l, enum feed_stream stream, uint32_t code,
                           uint32_t i)
{
    const struct feed_entry *e = s->streams[stream];
    if (e && wants(e, &l->txs[i], feed_pos_of(l->seq, code)))
        step(p, s, l, code, i, NULL);
}

/* The histories of accounts that a transaction touches, each at a place of its own. */
static void history_steps(struct feed_plan *p, const struct feed_sub *s,
                          const struct feed_ledger *l, uint32_t i)
{
    const struct feed_touch *t = &l->txs[i].touch;
    for (uint32_t slot = 0; slot < FEED_MAX_HISTORIES; slot++) {
        struct feed_history *h = feed_history_at(s, slot);
        uint32_t code = feed_pos_tx(i, FEED_PHASE_HISTORIES) + slot;
        if (h == NULL)
            continue;
        const struct feed_entry *e = feed_topic_entry(s->fc, s, FEED_KIND_HISTORY, &h->account);
        for (uint32_t k = 0; k < t->n_accounts; k++)
            if (account_eq(&t->accounts[k], &h->account) && e &&
                feed_pos_of(l->seq, code) >= e->from)
                step(p, s, l, code, i, h);
    }
}

static void hit_step(struct feed_plan *p, const struct feed_sub *s, const struct feed_ledger *l,
                     uint32_t i, enum feed_hit hit)
{
    switch (hit) {
    case FEED_HIT_ACCOUNT: step(p, s, l, feed_pos_tx(i, FEED_PHASE_ACCOUNTS), i, NULL); break;
    case FEED_HIT_BOOK: step(p, s, l, feed_pos_tx(i, FEED_PHASE_BOOKS), i, NULL); break;
    case FEED_HIT_HISTORY: history_steps(p, s, l, i); break;
    }
}

void feed_plan_make(struct feed_plan *p, const struct feed_sub *s, const struct feed_ledger *l,
                    const uint32_t *hits, uint32_t n_hits)
{
    bool all = s->streams[FEED_STREAM_TRANSACTIONS] || s->streams[FEED_STREAM_PROPOSED];
    uint32_t at = 0;
    drop_own(p);
    p->unref = l->feed->opts.wire->unref;
    stream_step(p, s, l, FEED_STREAM_LEDGER, 0, FEED_ITEM_CLOSED);
    for (uint32_t i = all ? 0 : n_hits ? hits[0] >> 2 : l->n_txs; i < l->n_txs; i++) {
        if (!all && at == n_hits)
            break;
        if (!all)
            i = hits[at] >> 2;
        stream_tx_step(p, s, l, FEED_STREAM_TRANSACTIONS, feed_pos_tx(i, FEED_PHASE_TRANSACTIONS),
                       i);
        stream_tx_step(p, s, l, FEED_STREAM_PROPOSED, feed_pos_tx(i, FEED_PHASE_PROPOSED), i);
        for (; at < n_hits && hits[at] >> 2 == i; at++)
            hit_step(p, s, l, i, hits[at] & 3);
    }
    stream_step(p, s, l, FEED_STREAM_BOOK_CHANGES, FEED_POS_CHANGES, FEED_ITEM_CHANGES);
}

YIELDS err feed_plan_make_own(struct feed_plan *p, const struct feed_sub *s, uint32_t turn,
                              struct feed_ledger *l, struct feed_reader *r)
{
    for (uint32_t i = 0; i < p->n && s->turn == turn; i++) {
        struct feed_plan_step *step = &p->steps[i];
        if (step->history == NULL)
            continue;
        int64_t number = step->history->next_new;
        for (uint32_t k = 0; k < i; k++)
            number += p->steps[k].history == step->history;
        TRY(feed_history_msg(l, step->item, s->version, number, r, &step->own));
    }
    return OK;
}

bool feed_plan_has_room(const struct feed_sub *s, uint32_t max_msgs, size_t max_bytes)
{
    const struct feed *f = s->fc->feed;
    struct feed_queue q = s->sink->ops->queued(s->sink);
    if (q.n_msgs == 0)
        return true;
    if (atomic_load_explicit(&f->msg_bytes, memory_order_relaxed) >
        (int64_t)f->opts.max_memory_bytes)
        return false;
    return q.n_msgs < max_msgs && q.n_bytes < max_bytes;
}

/* What is corked has not been offered to the kernel yet. */
static bool room_after_writing(struct feed_sub *s, uint32_t max_msgs, size_t max_bytes)
{
    struct feed_sink *k = s->sink;
    k->ops->uncork(k);
    k->ops->cork(k);
    return s->state != FEED_STATE_CLOSED && feed_plan_has_room(s, max_msgs, max_bytes);
}

static enum feed_sent send_steps(struct feed_plan *p, struct feed_sub *s,
                                 const struct feed_ledger *l, uint32_t max_msgs, size_t max_bytes)
{
    for (uint32_t i = 0; i < p->n; i++) {
        struct feed_sink *k = s->sink;
        struct feed_plan_step *step = &p->steps[i];
        s->pos = feed_pos_of(l->seq, step->code);
        if ((i % CORKED_MSGS == CORKED_MSGS - 1 || !feed_plan_has_room(s, max_msgs, max_bytes)) &&
            !room_after_writing(s, max_msgs, max_bytes))
            return s->state == FEED_STATE_CLOSED ? FEED_SENT_CLOSED : FEED_SENT_FULL;
        err e = k->ops->send(k, step->own ? step->own : feed_ledger_msg(l, step->item, s->version));
        if (err_failed(e) || s->state == FEED_STATE_CLOSED)
            return FEED_SENT_CLOSED;
        if (step->history)
            step->history->next_new++;
        counter_inc(s->fc->feed->n_sent);
    }
    s->pos = feed_pos_of(l->seq + 1, 0);
    return FEED_SENT_ALL;
}

enum feed_sent feed_plan_send(struct feed_plan *p, struct feed_sub *s, const struct feed_ledger *l,
                              uint32_t max_msgs, size_t max_bytes)
{
    if (p->n == 0) {
        s->pos = feed_pos_of(l->seq + 1, 0);
        return FEED_SENT_ALL;
    }
    struct feed_sink *k = s->sink;
    k->ops->cork(k);
    enum feed_sent sent = send_steps(p, s, l, max_msgs, max_bytes);
    if (s->state != FEED_STATE_CLOSED) /* else the sink is gone, cork and all */
        k->ops->uncork(k);
    return s->state == FEED_STATE_CLOSED ? FEED_SENT_CLOSED : sent;
}
