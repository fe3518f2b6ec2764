/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: who has subscribed to what, and what they are sent (rpc-b D). One feed serves all cores;
 * a subscriber belongs to the core of its connection. Messages of a ledger are a function of what
 * is stored of it, made once per API version and shared by reference, whether they are sent live or
 * replayed: so both are equal by construction. */
#pragma once
#include "base/err.h"
#include "base/slice.h"
#include "feed/feed_request.h"
#include "json/jw.h"
#include "ledger/view.h"

#include <stdatomic.h>

struct core;
struct counter_registry;
struct feed;
struct feed_sub;
struct funds_fees;
struct json;

/* How messages look to whoever sends them: one reference-counted object per message, shared by all
 * connections of all cores. */
struct feed_wire {
    /* A message with a copy of the payload; one reference. Its bytes are added to *bytes until the
     * last reference goes. */
    void *(*make)(struct slice payload, _Atomic int64_t *bytes);
    void *(*ref)(void *msg);
    void (*unref)(void *msg);
};

/* Where a subscriber's messages go: a connection. Called on its core; none of them yields. */
struct feed_sink;
struct feed_queue {
    uint32_t n_msgs; /* pushed, and not yet taken by the kernel */
    size_t n_bytes;
};
struct feed_sink_ops {
    /* Push a message; takes a reference of its own. Errors: ERR_CLOSED, ERR_LIMIT (closed with
     * it). */
    err (*send)(struct feed_sink *k, void *msg);
    /* Between these messages are only queued. */
    void (*cork)(struct feed_sink *k);
    void (*uncork)(struct feed_sink *k);
    struct feed_queue (*queued)(struct feed_sink *k);
    /* Close the connection, behind what is queued. */
    void (*close)(struct feed_sink *k, uint16_t code, const char *reason);
};
struct feed_sink {
    const struct feed_sink_ops *ops;
};

struct feed_opts {
    struct ledgers *ledgers;   /* borrowed */
    struct core *const *cores; /* running at feed_start; borrowed */
    uint32_t n_cores;
    const struct feed_wire *wire;
    struct counter_registry *counters;
    uint32_t max_queue_msgs; /* waiting for one connection; 0 = 1500 */
    size_t max_queue_bytes;  /* likewise; 0 = 16 MiB */
    size_t max_memory_bytes; /* of all messages together; above it nobody may lag; 0 = 256 MiB */
    uint32_t max_accounts;   /* subscribed by one connection, both kinds; 0 = 10,000 */
    uint32_t max_books;      /* likewise; 0 = 1,000 */
    /* Network id of the ledgers; false while unknown (0 is shown then). May be NULL. */
    bool (*network_id)(void *arg, uint32_t *ret);
    /* The set of relayed streams that somebody wants has changed (feed_wanted). On any core, must
     * not yield. May be NULL. */
    void (*on_wanted)(void *arg);
    void *arg;
};

struct feed *feed_new(const struct feed_opts *opts);
struct feed *feed_free(struct feed *f); /* cores have ended; accepts NULL, returns NULL */
/* Start and stop its fibers on all cores. From a fiber, once each. */
YIELDS ERR feed_start(struct feed *f);
YIELDS void feed_stop(struct feed *f);

/* Ledger `seq` can be read: send it to its subscribers. In order, each once. Any thread; never
 * waits. */
void feed_publish(struct feed *f, uint32_t seq);

/* --- subscribers: on the core of the connection --- */

/* `sink` is borrowed until feed_sub_close. */
struct feed_sub *feed_sub_new(struct feed *f, struct feed_sink *sink);
/* The connection has ended: all subscriptions end, nothing is sent any more. NULL gives NULL. */
struct feed_sub *feed_sub_close(struct feed_sub *s);
/* What was queued for the connection has gone out. */
void feed_sub_drained(struct feed_sub *s);

/* While held nothing of a ledger is sent: what a request asks for begins behind its reply. Nests.
 */
void feed_sub_hold(struct feed_sub *s);
void feed_sub_release(struct feed_sub *s);

/* A connection as the feed sees it: embedded in what owns it, and given to the requests that come
 * over it. */
struct feed_party {
    struct feed *feed; /* NULL: there are no streams */
    struct feed_sink sink;
    struct feed_sub *sub; /* NULL until it first subscribes */
    void *paths;          /* its path_find, for who knows what that is; NULL = none */
    void (*paths_close)(void *paths);
    bool ended;
};
/* The connection has ended, and all that it had asked for. */
void feed_sub_end_party(struct feed_party *p);
/* Push a message that is for this connection alone; left out when too much waits. */
void feed_sub_push(struct feed_party *p, struct slice text);
/* One request of a connection. What it subscribes to begins once it is done. */
struct feed_call {
    struct feed_party *party;
    struct feed_sub *held;
};
/* The connection's subscriber, made if need be, and held until feed_sub_done. NULL: the connection
 * has ended. */
struct feed_sub *feed_sub_of(struct feed_call *call);
/* The reply has been sent (or will not be). */
void feed_sub_done(struct feed_call *call);

/* The newest ledger that this core's subscribers have been sent, or are being sent. A subscription
 * made now begins with the next. 0 = none yet. */
uint32_t feed_sub_newest(const struct feed_sub *s);

/* Subscribe to all that is asked for, from ledger r->first on; held. What is subscribed already
 * stays, or begins again at r->first if that was asked for (r->resumes). Errors: ERR_LIMIT (too
 * much for one connection; nothing was subscribed). */
ERR feed_sub_add(struct feed_sub *s, const struct feed_request *r);
/* End what is named; what is not subscribed is ignored. */
void feed_sub_remove(struct feed_sub *s, const struct feed_request *r);

/* --- relayed streams --- */

/* The relayed streams (bits, feed_request.h) that somebody wants. Any thread. */
uint32_t feed_wanted(const struct feed *f);
/* A message of a rippled: its text and the same parsed. Sent to whoever wants it. Any core's loop
 * or fiber; does not yield. */
void feed_relay(struct feed *f, enum feed_stream stream, struct slice text,
                const struct json *message);

/* --- figures --- */

/* Members of server_info's counters.subscriptions. */
void feed_put_counts(const struct feed *f, struct jw *w);
/* Bring gauges up to date. */
void feed_refresh(struct feed *f);

/* Members of the `ledger` stream's message and of the reply to subscribe. */
void feed_put_ledger(const struct feed *f, struct jw *w, const struct ledger_header *h,
                     const struct funds_fees *fees);
