/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed_ledger.h"

#include "base/mem.h"
#include "feed/feed_text.h"
#include "rt/fiber.h"
#include "xrpl/book_changes.h"
#include "xrpl/sto.h"

#include <stdlib.h>

enum {
    NONE = 0,
    BUSY = 1,
    DONE = 2
}; /* of `loaded`, `touched`, and of messages (then a pointer) */

/* --- waiting for another core --- */

struct waiter {
    struct list link;
    struct core_mail mail;
    struct core *core;
    struct fiber *fiber;
    bool done;
};

static void wake(struct core_mail *mail)
{
    struct waiter *w = container_of(mail, struct waiter, mail);
    struct fiber *fiber = w->fiber;
    w->done = true;
    fiber_wake(fiber);
}

/* Wait until *word is not BUSY any more. Whoever made it so always ends it, so this ends. */
YIELDS static void wait_while_busy(struct feed_ledger *l, _Atomic uintptr_t *word)
{
    struct waiter w = {.mail.run = wake, .core = core_current(), .fiber = fiber_current()};
    pthread_mutex_lock(&l->lock);
    bool waits = atomic_load(word) == BUSY;
    if (waits)
        list_push_back(&l->waiters, &w.link);
    pthread_mutex_unlock(&l->lock);
    if (waits)
        fiber_park_for_uncancellable(&w.done);
}

static bool claim(_Atomic uintptr_t *word)
{
    uintptr_t none = NONE;
    return atomic_compare_exchange_strong(word, &none, BUSY);
}

static void settle(struct feed_ledger *l, _Atomic uintptr_t *word, uintptr_t value)
{
    struct list woken;
    list_init(&woken);
    pthread_mutex_lock(&l->lock);
    atomic_store(word, value);
    while (!list_empty(&l->waiters)) /* all look again, whatever they wait for */
        list_push_back(&woken, list_pop_front(&l->waiters));
    pthread_mutex_unlock(&l->lock);
    LIST_EACH(it, &woken)
    {
        struct waiter *w = LIST_ENTRY(it, struct waiter, link);
        core_post(w->core, &w->mail); /* from here on it may be gone */
    }
}

/* Do a step once: true = it is ours to do, false = it is done. */
YIELDS static bool begin_step(struct feed_ledger *l, _Atomic uintptr_t *word)
{
    while (atomic_load(word) != DONE) {
        if (claim(word))
            return true;
        wait_while_busy(l, word);
    }
    return false;
}

/* --- life --- */

static void unref_msg(struct feed_ledger *l, _Atomic uintptr_t *word)
{
    uintptr_t msg = atomic_load(word);
    if (msg > BUSY)
        l->feed->opts.wire->unref((void *)msg);
}

void feed_ledger_unref(struct feed_ledger *l)
{
    if (l == NULL || atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (uint32_t i = 0; i < l->n_txs; i++)
        for (int v = 0; v < FEED_N_VERSIONS; v++)
            unref_msg(l, &l->txs[i].msg[v]);
    unref_msg(l, &l->closed_msg);
    unref_msg(l, &l->changes_msg);
    pthread_mutex_destroy(&l->lock);
    arena_free(l->arena);
    free(l);
}

void feed_ledger_unrefp(struct feed_ledger **l)
{
    feed_ledger_unref(*l);
}

static struct feed_ledger *ledger_new(struct feed *f, uint32_t seq)
{
    struct feed_ledger *l = xcalloc(1, sizeof *l);
    l->feed = f;
    l->seq = seq;
    atomic_init(&l->refs, 1);
    pthread_mutex_init(&l->lock, NULL);
    list_init(&l->waiters);
    list_init(&l->recent);
    l->arena = arena_new(0);
    return l;
}

/* The caller holds the feed's lock. Ledgers grow while they are used: counted when they are seen.
 */
static void count_bytes(struct feed *f, struct feed_ledger *l)
{
    size_t now = atomic_load_explicit(&l->bytes, memory_order_relaxed);
    f->recent_bytes += now - l->counted_bytes;
    l->counted_bytes = now;
}

static void evict(struct feed *f, struct feed_ledger *l)
{
    count_bytes(f, l);
    f->recent_bytes -= l->counted_bytes;
    l->counted_bytes = 0;
    list_unlink(&l->recent);
    table_del(f->by_seq, &l->seq);
}

static struct feed_ledger *oldest_beyond_bounds(struct feed *f)
{
    if (list_empty(&f->recent) || f->recent.next == f->recent.prev)
        return NULL;
    if (table_count(f->by_seq) <= FEED_CACHE_LEDGERS && f->recent_bytes <= FEED_CACHE_BYTES)
        return NULL;
    return LIST_ENTRY(f->recent.prev, struct feed_ledger, recent);
}

struct feed_ledger *feed_ledger_get(struct feed *f, uint32_t seq)
{
    struct feed_ledger *dropped[4];
    size_t n = 0;
    pthread_mutex_lock(&f->lock);
    struct feed_ledger *l = table_get(f->by_seq, &seq), *old;
    if (l == NULL) {
        l = ledger_new(f, seq); /* the cache's reference */
        table_put(f->by_seq, &seq, l);
    }
    count_bytes(f, l);
    list_unlink(&l->recent);
    list_push_front(&f->recent, &l->recent);
    atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
    while (n < ARRAY_LEN(dropped) && (old = oldest_beyond_bounds(f)) != NULL) {
        evict(f, old);
        dropped[n++] = old;
    }
    pthread_mutex_unlock(&f->lock);
    for (size_t i = 0; i < n; i++)
        feed_ledger_unref(dropped[i]);
    return l;
}

void feed_ledger_drop_cache(struct feed *f)
{
    while (!list_empty(&f->recent)) {
        struct feed_ledger *l = LIST_ENTRY(f->recent.next, struct feed_ledger, recent);
        evict(f, l);
        feed_ledger_unref(l);
    }
}

/* --- content --- */

void feed_ledger_reader_init(struct feed_reader *r)
{
    *r = (struct feed_reader){.arena = arena_new(0)};
}

void feed_ledger_reader_rest(struct feed_reader *r)
{
    r->view = view_close(r->view);
    arena_clear(r->arena);
}

void feed_ledger_reader_deinit(struct feed_reader *r)
{
    r->view = view_close(r->view);
    r->arena = arena_free(r->arena);
    buf_deinit(&r->text);
}

YIELDS static err read_txs(struct feed_ledger *l, struct view *v)
{
    struct store_txs_query all = {.first = l->seq, .last = l->seq};
    struct store_tx *txs = NULL;
    size_t n = 0;
    err e = store_ledger_txs(view_store(v), &all, l->arena, &txs, &n);
    if (e.code == ERR_NOT_FOUND)
        n = 0;
    else
        TRY(e);
    l->txs = arena_zalloc(l->arena, (n + 1) * sizeof *l->txs);
    for (size_t i = 0; i < n; i++)
        l->txs[i].stored = txs[i];
    l->n_txs = (uint32_t)n;
    return OK;
}

YIELDS static err load(struct feed_ledger *l)
{
    CLEANUP(view_closep) struct view *v = NULL;
    TRY(view_open(l->feed->opts.ledgers, l->seq, &v));
    l->header = *view_header(v);
    struct funds funds = funds_of(v, l->arena);
    TRY(funds_get_fees(&funds, &l->fees));
    TRY(read_txs(l, v));
    atomic_fetch_add_explicit(&l->bytes, arena_used(l->arena), memory_order_relaxed);
    return OK;
}

YIELDS err feed_ledger_load(struct feed_ledger *l)
{
    if (!begin_step(l, &l->loaded))
        return OK;
    err e = load(l);
    if (err_failed(e)) {
        l->n_txs = 0;
        arena_clear(l->arena);
    }
    settle(l, &l->loaded, err_failed(e) ? NONE : DONE);
    return e;
}

YIELDS static err touch(struct feed_ledger *l)
{
    for (uint32_t i = 0; i < l->n_txs; i++) {
        struct feed_tx *t = &l->txs[i];
        TRY(feed_touch_read(t->stored.tx, t->stored.meta, l->arena, &t->touch));
        TRY(fiber_breathe());
    }
    return OK;
}

YIELDS err feed_ledger_touch(struct feed_ledger *l)
{
    if (!begin_step(l, &l->touched))
        return OK;
    size_t before = arena_used(l->arena);
    err e = touch(l);
    atomic_fetch_add_explicit(&l->bytes, arena_used(l->arena) - before, memory_order_relaxed);
    settle(l, &l->touched, err_failed(e) ? NONE : DONE);
    return e;
}

/* --- messages --- */

static _Atomic uintptr_t *slot(const struct feed_ledger *l, uint32_t item, uint32_t version)
{
    struct feed_ledger *mine = (struct feed_ledger *)(uintptr_t)l;
    switch (item) {
    case FEED_ITEM_CLOSED: return &mine->closed_msg;
    case FEED_ITEM_CHANGES: return &mine->changes_msg;
    default: return &mine->txs[item].msg[version];
    }
}

void *feed_ledger_msg(const struct feed_ledger *l, uint32_t item, uint32_t version)
{
    return (void *)atomic_load(slot(l, item, version));
}

uint32_t feed_ledger_network(const struct feed *f)
{
    uint32_t id = 0;
    if (f->opts.network_id == NULL || !f->opts.network_id(f->opts.arg, &id))
        return 0;
    return id;
}

static void put_closed(struct feed_ledger *l, struct jw *w)
{
    struct feed_text_server server = {.first = l->seq, .network_id = feed_ledger_network(l->feed)};
    uint32_t last;
    ledgers_range(l->feed->opts.ledgers, &server.first, &last);
    feed_text_closed(w, &l->header, &l->fees, &server, l->n_txs);
}

struct feed_text_tx feed_ledger_text(const struct feed_ledger *l, const struct store_tx *t,
                                     const struct hash256 *hash, uint32_t version)
{
    return (struct feed_text_tx){.tx = t->tx,
                                 .meta = t->meta,
                                 .hash = hash,
                                 .index = t->pos.index,
                                 .api_version = version == FEED_V1 ? 1 : 2,
                                 .network_id = feed_ledger_network(l->feed)};
}

YIELDS static err put_tx(struct feed_ledger *l, uint32_t item, uint32_t version, struct jw *w,
                         struct feed_reader *r)
{
    const struct store_tx *t = &l->txs[item].stored;
    struct hash256 hash = store_tx_hash(t);
    struct feed_text_tx text = feed_ledger_text(l, t, &hash, version);
    if (sto_tx_type(t->tx) == TX_OfferCreate) {
        if (r->view == NULL)
            TRY(view_open(l->feed->opts.ledgers, l->seq, &r->view));
        TRY(feed_text_owner_funds(r->view, t->tx, r->arena, &text.owner_funds));
    }
    feed_text_tx(w, &l->header, &text);
    return OK;
}

YIELDS static err put_changes(struct feed_ledger *l, struct jw *w, struct feed_reader *r)
{
    struct book_changes *changes = book_changes_new(r->arena);
    for (uint32_t i = 0; i < l->n_txs; i++) {
        TRY(book_changes_add(changes, l->txs[i].stored.tx, l->txs[i].stored.meta));
        TRY(fiber_breathe());
    }
    jw_obj_begin(w);
    jw_kv_lit(w, "type", "bookChanges");
    jw_kv_u64(w, "ledger_index", l->header.seq);
    jw_kv_hex(w, "ledger_hash", hash256_slice(&l->header.hash));
    jw_kv_u64(w, "ledger_time", l->header.close_time);
    jw_key(w, "changes");
    book_changes_put(changes, w);
    jw_obj_end(w);
    return OK;
}

YIELDS static err make(struct feed_ledger *l, uint32_t item, uint32_t version,
                       struct feed_reader *r, void **ret)
{
    buf_clear(&r->text);
    struct jw w = jw_to(&r->text);
    if (item == FEED_ITEM_CLOSED)
        put_closed(l, &w);
    else if (item == FEED_ITEM_CHANGES)
        TRY(put_changes(l, &w, r));
    else
        TRY(put_tx(l, item, version, &w, r));
    *ret = l->feed->opts.wire->make(buf_slice(&r->text), &l->feed->msg_bytes);
    atomic_fetch_add_explicit(&l->bytes, r->text.n, memory_order_relaxed);
    counter_inc(l->feed->n_made);
    return OK;
}

YIELDS static err make_claimed(struct feed_ledger *l, uint32_t item, uint32_t version,
                               struct feed_reader *r)
{
    void *msg = NULL;
    err e = make(l, item, version, r, &msg);
    settle(l, slot(l, item, version), err_failed(e) ? NONE : (uintptr_t)msg);
    return e;
}

YIELDS err feed_ledger_make(struct feed_ledger *l, const uint32_t *items, size_t n,
                            uint32_t version, struct feed_reader *r)
{
    for (size_t i = 0; i < n; i++) {
        if (claim(slot(l, items[i], version)))
            TRY(make_claimed(l, items[i], version, r));
        TRY(fiber_breathe());
    }
    for (size_t i = 0; i < n; i++) { /* what others make; if they failed it is ours after all */
        _Atomic uintptr_t *word = slot(l, items[i], version);
        while (atomic_load(word) <= BUSY) {
            if (claim(word))
                TRY(make_claimed(l, items[i], version, r));
            else
                wait_while_busy(l, word);
        }
    }
    return OK;
}
