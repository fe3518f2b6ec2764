/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the feed. Private to src/feed. */
#pragma once
#include "base/counter.h"
#include "base/list.h"
#include "base/table.h"
#include "feed/feed.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/timer.h"

#include <pthread.h>

struct feed_core;
struct feed_ledger;
struct feed_relayed;

/* Kinds of topics with keys; streams are topics of their own. */
enum feed_kind {
    FEED_KIND_STREAM = 0,
    FEED_KIND_ACCOUNT,
    FEED_KIND_PROPOSED,
    FEED_KIND_BOOK,
    FEED_KIND_HISTORY,
    FEED_N_KINDS
};

/* Which transactions a subscription wants. Shared by the entries of one request. */
struct feed_filter {
    uint32_t refs;
    uint32_t n_types;
    uint32_t n_issuances;
    uint16_t *types;
    struct mpt_id *issuances;
};

/* A place in the sequence of all that can be sent: the ledger, and where in it. Within a ledger:
 * 0 its ledgerClosed, 1 + 8 * i + phase its transaction i, FEED_POS_CHANGES its book changes. */
typedef uint64_t feed_pos;
#define FEED_POS_CHANGES 0xFFFFFFFFu
/* account_history_tx_stream of one connection; each has a phase. */
#define FEED_MAX_HISTORIES 4
enum feed_phase {
    FEED_PHASE_TRANSACTIONS = 0,
    FEED_PHASE_PROPOSED,
    FEED_PHASE_ACCOUNTS,
    FEED_PHASE_BOOKS,
    FEED_PHASE_HISTORIES /* and three more */
};

static inline feed_pos feed_pos_of(uint32_t seq, uint32_t code)
{
    return (feed_pos)seq << 32 | code;
}
static inline uint32_t feed_pos_seq(feed_pos p)
{
    return (uint32_t)(p >> 32);
}
static inline uint32_t feed_pos_tx(uint32_t index, enum feed_phase phase)
{
    return 1 + 8 * index + (uint32_t)phase;
}

/* One subscriber's subscription to one topic. */
struct feed_entry {
    struct list in_topic;
    struct list in_sub;
    struct feed_sub *sub;
    struct feed_topic *topic;
    struct feed_filter *filter; /* NULL = every transaction */
    feed_pos from;              /* nothing before this place */
    bool resumes;
};

struct feed_topic {
    struct list entries; /* and cursors: entries without a sub */
    uint32_t n;
    enum feed_kind kind;
    enum feed_stream stream;
    union {
        struct account account;
        struct feed_book book;
    } key;
};

/* A subscriber, from the view of ledgers:
 *
 *   LIVE ──ledger comes──▶ TODO ──sent──▶ LIVE          HELD: while a request is being answered
 *    ▲                      │ queue full, interrupted    CLOSED: the connection has ended, or is
 *    │ caught up            ▼                            being ended
 *  BUSY ◀──a worker──── READY ◀──drained── WAITING
 *    └── end of its turn ─▶ ▲      queue full ──▲
 *
 * LIVE: has been sent everything up to fc->newest; its `pos` is not kept. In all other states `pos`
 * is what it is sent next. */
enum feed_state {
    FEED_STATE_LIVE = 0,
    FEED_STATE_TODO,    /* in fc->todo: of the ledger that is being sent */
    FEED_STATE_READY,   /* in fc->ready: behind, to be served by a worker */
    FEED_STATE_WAITING, /* in fc->waiting: behind, until its connection has drained */
    FEED_STATE_BUSY,    /* somebody is sending to it */
    FEED_STATE_HELD,
    FEED_STATE_CLOSED
};

struct feed_sub {
    uint64_t id;    /* of its core */
    uint16_t share; /* of the core's time */
    uint32_t refs;
    uint32_t holds;
    uint32_t turn; /* changes whenever the state or the entries do: who has yielded looks at it */
    enum feed_state state;
    struct feed_core *fc;
    struct feed_sink *sink; /* NULL once closed */
    struct list link;       /* of the state's list */
    feed_pos pos;
    uint32_t version; /* 0: API 1, 1: API 2 and later */
    uint32_t n_resuming;
    uint32_t n_of[FEED_N_KINDS];
    uint32_t n_ledger_entries; /* entries that ledgers have messages for */
    uint32_t n_filtered;
    struct feed_entry *streams[FEED_N_STREAMS];
    struct list entries;
    struct list histories;   /* struct feed_history, at most FEED_MAX_HISTORIES */
    uint64_t relay_mark;     /* got that one */
    int64_t behind_since_ns; /* WAITING: since when, */
    int64_t wait_until_ns;   /* ... and at least until then */
    uint32_t *hits; /* TODO: transactions that touch its accounts and books: index << 1 | is book */
    uint32_t n_hits, hits_cap;
};

struct feed_core {
    struct feed *feed;
    struct core *core;
    struct core_mail mail;
    _Atomic bool mail_sent;
    bool running;
    uint32_t newest; /* ledger that is being sent, or was last */
    uint64_t next_id;
    struct fiber_cond news;
    struct fiber_group fibers;
    struct list todo, ready, waiting;
    struct timer poll;
    uint32_t n_workers, n_busy_workers;
    struct feed_topic streams[FEED_N_STREAMS];
    struct table *topics[FEED_N_KINDS];  /* key -> feed_topic; none for streams */
    struct table *entries[FEED_N_KINDS]; /* sub id, key -> feed_entry */
    uint32_t n_ledger_entries;
    uint32_t n_filtered;
    uint32_t n_subs;
    uint64_t relay_mark;
    /* relayed messages to be sent */
    struct list relayed;
    struct fiber_cond relay_news;
    _Atomic uint32_t n_relayed;
    _Atomic int64_t slowest_since_ns; /* 0 = nobody waits */
    _Atomic uint32_t n_behind;
};

#define FEED_CACHE_LEDGERS 64
#define FEED_CACHE_BYTES ((size_t)48 << 20)

struct feed {
    struct feed_opts opts;
    struct feed_core *cores;
    _Atomic uint32_t published;
    _Atomic uint32_t first_published; /* 0: nothing was held at the start, and nothing came since */
    _Atomic int64_t msg_bytes;
    _Atomic int64_t n_streams[FEED_N_STREAMS];
    _Atomic int64_t n_kinds[FEED_N_KINDS];
    struct counter *n_sent, *n_replayed, *n_dropped, *n_relay_lost, *n_made;
    /* Ledgers used lately. */
    pthread_mutex_t lock;
    struct table *by_seq;
    struct list recent; /* newest use first */
    size_t recent_bytes;
};

#define FEED_POLL_NS (10 * CLOCK_MS)

/* feed_core: fibers of a core */
void feed_core_init(struct feed_core *fc, struct feed *f, struct core *core);
void feed_core_deinit(struct feed_core *fc);
err feed_core_start(void *feed); /* for core_call_all */
YIELDS err feed_core_stop(void *feed);
struct feed_core *feed_core_here(struct feed *f);

/* feed_topic */
struct feed_touch;
void feed_topic_init_core(struct feed_core *fc);
void feed_topic_deinit_core(struct feed_core *fc);
struct feed_entry *feed_topic_entry(struct feed_core *fc, const struct feed_sub *s,
                                    enum feed_kind kind, const void *key);
struct feed_topic *feed_topic_get(struct feed_core *fc, enum feed_kind kind, const void *key);
/* Subscribe; an entry that is there already is changed. */
void feed_topic_add(struct feed_sub *s, enum feed_kind kind, enum feed_stream stream,
                    const void *key, const struct feed_entry *like);
void feed_topic_remove(struct feed_entry *e);
/* Iteration that may yield: a cursor in the list. */
struct feed_entry *feed_topic_next(struct feed_topic *t, struct feed_entry *cursor);
void feed_topic_cursor_end(struct feed_core *fc, struct feed_topic *t, struct feed_entry *cursor);
struct feed_filter *feed_topic_filter(const struct feed_request *r); /* NULL when it has none */
bool feed_topic_passes(const struct feed_filter *f,
                       const struct feed_touch *t); /* NULL passes all */
void feed_topic_filter_unref(struct feed_filter *f);

/* feed_sub */
void feed_sub_ref(struct feed_sub *s);
void feed_sub_unref(struct feed_sub *s);
/* Put a subscriber that is in no list into the state that its place asks for. */
void feed_sub_settle(struct feed_sub *s);
/* Whoever is about to send to it must look again. Its `pos` becomes explicit. */
void feed_sub_interrupt(struct feed_sub *s);
/* The connection cannot keep up: wait (it can resume), or end it. */
void feed_sub_full(struct feed_sub *s);
/* Wait until its connection has drained, and at least so long. */
void feed_sub_wait(struct feed_sub *s, int64_t until_ns);
void feed_sub_end(struct feed_sub *s, uint16_t code, const char *reason);
static inline bool feed_sub_resumes(const struct feed_sub *s)
{
    return s->n_resuming > 0;
}

/* feed_live, feed_replay, feed_relay: mains of a core's fibers; `arg` is the feed_core. */
YIELDS void feed_live_run(void *arg);
/* Find who is sent something of a ledger (loaded; touched, if anybody asks for accounts, books or
 * filters): they are in fc->todo then, and the ledger is fc->newest. Does not yield: who is live
 * changes at one moment. */
void feed_live_match(struct feed_core *fc, const struct feed_ledger *l);
YIELDS void feed_relay_run(void *arg);
void feed_relay_drop(struct feed_core *fc);
/* Somebody is ready: see that a worker runs. */
void feed_replay_work(struct feed_core *fc);
