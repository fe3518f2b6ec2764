/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_SUBSCRIPTIONS
#include "feed/feed_history.h"

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "feed/feed_plan.h"
#include "feed/feed_text.h"
#include "xrpl/sto.h"
#include "xrpl/txmeta.h"

#include <stdlib.h>

#define PAGE_ROWS 64
/* What may wait for the connection while old ones are sent. */
#define QUEUE_MSGS 64
#define QUEUE_BYTES ((size_t)256 << 10)
#define WAIT_NS (5 * CLOCK_MS)
#define RETRY_NS (1 * CLOCK_S)

static void unref(struct feed_history *h)
{
    if (--h->refs == 0)
        free(h);
}

struct feed_history *feed_history_find(const struct feed_sub *s, const struct account *account)
{
    for (struct list *it = s->histories.next; it != &s->histories; it = it->next) {
        struct feed_history *h = LIST_ENTRY(it, struct feed_history, link);
        if (account_eq(&h->account, account))
            return h;
    }
    return NULL;
}

struct feed_history *feed_history_at(const struct feed_sub *s, uint32_t slot)
{
    for (struct list *it = s->histories.next; it != &s->histories; it = it->next) {
        struct feed_history *h = LIST_ENTRY(it, struct feed_history, link);
        if (h->slot == slot)
            return h;
    }
    return NULL;
}

void feed_history_end(struct feed_history *h)
{
    h->stopped = true;
    list_unlink(&h->link);
    unref(h);
}

void feed_history_end_all(struct feed_sub *s)
{
    while (!list_empty(&s->histories))
        feed_history_end(LIST_ENTRY(s->histories.next, struct feed_history, link));
}

YIELDS err feed_history_msg(struct feed_ledger *l, uint32_t item, uint32_t version, int64_t number,
                            struct feed_reader *r, void **ret)
{
    const struct store_tx *t = &l->txs[item].stored;
    struct hash256 hash = store_tx_hash(t);
    struct feed_text_tx text = feed_ledger_text(l, t, &hash, version);
    if (r->view == NULL)
        TRY(view_open(l->feed->opts.ledgers, l->seq, &r->view));
    TRY(feed_text_owner_funds(r->view, t->tx, r->arena, &text.owner_funds));
    text.has_history_index = true;
    text.history_index = number;
    buf_clear(&r->text);
    struct jw w = jw_to(&r->text);
    feed_text_tx(&w, &l->header, &text);
    *ret = l->feed->opts.wire->make(buf_slice(&r->text), &l->feed->msg_bytes);
    return OK;
}

/* --- what is old --- */

struct walk {
    struct feed_history *h;
    struct feed *feed;
    struct arena *arena;
    struct feed_reader reader;
    struct store_tx_pos from; /* rows before this one */
    bool begun;
};

static bool is_over(const struct feed_history *h)
{
    return h->stopped || h->sub->state == FEED_STATE_CLOSED || h->sub->sink == NULL;
}

/* Until the connection takes more. False: there is nobody any more. */
YIELDS static bool wait_for_room(struct feed_history *h)
{
    while (!is_over(h) &&
           (h->sub->holds > 0 || !feed_plan_has_room(h->sub, QUEUE_MSGS, QUEUE_BYTES)))
        if (err_failed(fiber_sleep_until(clock_now_ns() + WAIT_NS)))
            return false;
    return !is_over(h);
}

/* Did it create the account? */
static bool is_first(const struct feed_history *h, struct slice meta)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    struct account account;
    while (txmeta_next(&it, &node))
        if (node.kind == TXMETA_CREATED && node.entry_type == ENTRY_AccountRoot &&
            sto_account(node.fields, FIELD_Account, &account) && account_eq(&account, &h->account))
            return true;
    return false;
}

/* Ledgers of old transactions come one after the other: the view of one stays open for its
 * transactions. */
YIELDS static err open_ledger(struct walk *w, uint32_t seq)
{
    if (w->reader.view && view_seq(w->reader.view) == seq)
        return OK;
    w->reader.view = view_close(w->reader.view);
    return view_open(w->feed->opts.ledgers, seq, &w->reader.view);
}

YIELDS static err put_old(struct walk *w, const struct store_tx *t, bool boundary, struct buf *out)
{
    struct feed_history *h = w->h;
    struct hash256 hash = store_tx_hash(t);
    TRY(open_ledger(w, t->pos.ledger_seq));
    struct feed_text_tx text = {.tx = t->tx,
                                .meta = t->meta,
                                .hash = &hash,
                                .index = t->pos.index,
                                .api_version = h->sub->version == FEED_V1 ? 1 : 2,
                                .network_id = feed_ledger_network(w->feed),
                                .has_history_index = true,
                                .history_index = h->next_old,
                                .history_boundary = boundary,
                                .history_first = is_first(h, t->meta)};
    TRY(feed_text_owner_funds(w->reader.view, t->tx, w->arena, &text.owner_funds));
    buf_clear(out);
    struct jw j = jw_to(out);
    feed_text_tx(&j, view_header(w->reader.view), &text);
    return OK;
}

/* *ret_on: go on with the next. */
YIELDS static err send_old(struct walk *w, const struct store_tx *t, bool boundary, bool *ret_on)
{
    struct feed_history *h = w->h;
    TRY(put_old(w, t, boundary, &w->reader.text));
    w->reader.view = view_close(w->reader.view); /* not while a client is waited for */
    *ret_on = wait_for_room(h);
    if (!*ret_on)
        return OK;
    void *msg = w->feed->opts.wire->make(buf_slice(&w->reader.text), &w->feed->msg_bytes);
    err e = h->sub->sink->ops->send(h->sub->sink, msg);
    w->feed->opts.wire->unref(msg);
    if (e.code == 0)
        counter_inc(w->feed->n_sent);
    h->next_old--;
    w->from = t->pos;
    w->begun = true;
    *ret_on = e.code == 0 && !is_first(h, t->meta);
    return OK;
}

YIELDS static err read_page(struct walk *w, struct store_tx **ret, size_t *ret_n, bool *ret_more)
{
    uint8_t from[8];
    struct store_rows rows;
    bits_store32(from, w->begun ? w->from.ledger_seq : w->h->newest_old);
    bits_store32(from + 4, w->begun ? w->from.index : UINT32_MAX);
    struct store_scan scan = {.index = STORE_INDEX_ACCOUNT_TX,
                              .prefix = slice_of(w->h->account.b, sizeof w->h->account.b),
                              .from = slice_of(from, sizeof from),
                              .inclusive = !w->begun,
                              .backward = true,
                              .limit = PAGE_ROWS + 1};
    struct store *store = ledgers_store(w->feed->opts.ledgers);
    TRY(store_scan(store, &scan, w->arena, &rows));
    struct store_tx_locator *at = arena_array(w->arena, struct store_tx_locator, rows.n + 1);
    *ret = arena_array(w->arena, struct store_tx, rows.n + 1);
    for (size_t i = 0; i < rows.n; i++)
        TRY(store_tx_locator_of(&rows.rows[i], &at[i]));
    if (rows.n)
        TRY(store_txs_get(store, at, rows.n, w->arena, *ret));
    *ret_more = rows.n > PAGE_ROWS;
    *ret_n = rows.n;
    return OK;
}

/* *ret_on: there is more. The row behind the page only tells whether a ledger ends with it. */
YIELDS static err send_page(struct walk *w, bool *ret_on)
{
    struct store_tx *txs = NULL;
    size_t n = 0;
    bool more = false;
    *ret_on = false;
    arena_clear(w->arena);
    TRY(read_page(w, &txs, &n, &more));
    for (size_t i = 0; i < n - more; i++) {
        bool boundary = i + 1 == n || txs[i + 1].pos.ledger_seq != txs[i].pos.ledger_seq;
        bool on;
        TRY(send_old(w, &txs[i], boundary, &on));
        if (!on)
            return OK;
        TRY(fiber_breathe());
    }
    *ret_on = more;
    return OK;
}

static void walk_run(void *arg)
{
    static struct log_limit limit = LOG_LIMIT_INIT(10);
    struct feed_history *h = arg;
    struct walk w = {.h = h, .feed = h->sub->fc->feed, .arena = arena_new(0)};
    uint64_t dropped;
    bool on = wait_for_room(h);
    feed_ledger_reader_init(&w.reader);
    while (on) {
        err e = send_page(&w, &on);
        if (err_failed(e) && e.code != ERR_CANCELLED && log_limit_take(&limit, &dropped))
            LOG_ERROR("feed: history of an account: %s: %s, trying again", err_name(e), err_text());
        if (err_failed(e)) /* from where it was */
            on = !is_over(h) && !err_failed(fiber_sleep_until(clock_now_ns() + RETRY_NS));
    }
    feed_ledger_reader_deinit(&w.reader);
    arena_free(w.arena);
    feed_sub_unref(h->sub);
    unref(h);
}

/* The lowest that none of its others has. */
static uint32_t free_slot(const struct feed_sub *s)
{
    uint32_t used = 0, slot = 0;
    for (struct list *it = s->histories.next; it != &s->histories; it = it->next)
        used |= 1u << LIST_ENTRY(it, struct feed_history, link)->slot;
    while (used & 1u << slot)
        slot++;
    return slot;
}

struct feed_history *feed_history_begin(struct feed_sub *s, const struct account *account,
                                        uint32_t newest_old)
{
    struct feed_history *h = xcalloc(1, sizeof *h);
    h->refs = 2; /* the list's, and the walk's */
    h->sub = s;
    h->account = *account;
    h->next_old = -1;
    h->newest_old = newest_old;
    h->slot = free_slot(s);
    list_push_back(&s->histories, &h->link);
    feed_sub_ref(s);
    fiber_group_spawn(&s->fc->fibers, "feed: history", walk_run, h);
    return h;
}
