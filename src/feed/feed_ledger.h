/* SPDX-License-Identifier: Apache-2.0 */
/* What one ledger has for subscribers: its transactions, what they touch, and the messages. Each
 * part is made once, by whoever needs it first, on any core; who comes meanwhile waits. Shared by
 * reference between cores; what is made does not change any more. Private to src/feed. */
#pragma once
#include "base/arena.h"
#include "feed/feed_impl.h"
#include "feed/feed_text.h"
#include "feed/feed_touch.h"
#include "ledger/funds.h"
#include "store/store.h"

enum { FEED_V1 = 0, FEED_V2, FEED_N_VERSIONS };

struct feed_tx {
    struct store_tx stored;
    struct feed_touch touch;                /* valid once touched */
    _Atomic uintptr_t msg[FEED_N_VERSIONS]; /* 0 = not made, 1 = being made, else the message */
};

struct feed_ledger {
    struct list recent; /* of the cache */
    _Atomic uint32_t refs;
    uint32_t seq;
    struct feed *feed;
    pthread_mutex_t lock; /* of waiters */
    struct list waiters;
    _Atomic uintptr_t loaded, touched; /* 0, 1 = being done, 2 = done */
    _Atomic size_t bytes;
    size_t counted_bytes; /* of `bytes`, in feed->recent_bytes */
    struct arena *arena;
    struct ledger_header header;
    struct funds_fees fees;
    struct feed_tx *txs;
    uint32_t n_txs;
    _Atomic uintptr_t closed_msg;
    _Atomic uintptr_t changes_msg;
};

/* Reading the state of one ledger, for as long as a fiber works on it. */
struct feed_reader {
    struct view *view;
    struct arena *arena;
    struct buf text;
};
void feed_ledger_reader_init(struct feed_reader *r);
void feed_ledger_reader_rest(struct feed_reader *r); /* closes the view */
void feed_ledger_reader_deinit(struct feed_reader *r);

/* A ledger by its sequence, with a reference; nothing of it is read yet. Any core. */
struct feed_ledger *feed_ledger_get(struct feed *f, uint32_t seq);
void feed_ledger_unref(struct feed_ledger *l); /* accepts NULL */
void feed_ledger_unrefp(struct feed_ledger **l);
void feed_ledger_drop_cache(struct feed *f);

/* Read header, fees and transactions. Errors: those of views and store; ERR_NOT_FOUND: not held. */
YIELDS ERR feed_ledger_load(struct feed_ledger *l);
/* Find out what the transactions touch; loaded. */
YIELDS ERR feed_ledger_touch(struct feed_ledger *l);

/* What can be sent of a ledger. */
enum { FEED_ITEM_CLOSED = UINT32_MAX, FEED_ITEM_CHANGES = UINT32_MAX - 1 }; /* else: index in txs */

/* Make those of the n items that nobody has made or is making; then wait for the others. Loaded.
 * Errors: those of reading state. */
YIELDS ERR feed_ledger_make(struct feed_ledger *l, const uint32_t *items, size_t n,
                            uint32_t version, struct feed_reader *r);
/* What a transaction's message is made of, but for owner_funds. */
struct feed_text_tx feed_ledger_text(const struct feed_ledger *l, const struct store_tx *t,
                                     const struct hash256 *hash, uint32_t version);
uint32_t feed_ledger_network(const struct feed *f);

/* A message that was made; borrowed. */
void *feed_ledger_msg(const struct feed_ledger *l, uint32_t item, uint32_t version);
