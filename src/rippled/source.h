/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the sources: one of them, and what they share. Private to src/rippled. */
#pragma once
#include "base/counter.h"
#include "rippled/ranges.h"
#include "rippled/relay.h"
#include "rippled/sources.h"
#include "rippled/standing.h"
#include "rt/fiber.h"

#include <pthread.h>
#include <stdatomic.h>

struct grpc_client;
struct tls_client;
struct ws_client;

#define SOURCE_VERSION_MAX 64

struct source {
    struct sources *all;
    uint32_t index;
    char *host;
    uint16_t ws_port;
    uint16_t grpc_port;
    char *name; /* host:grpc_port */

    /* Home core only. */
    struct ranges ranges;
    struct standing standing;
    struct grpc_client *grpc;             /* made at the first call */
    struct tls_client *grpc_tls, *ws_tls; /* NULL = plain */
    int64_t blamed_until_ns;              /* see choice.h */
    int64_t slow_until_ns;
    uint32_t n_blamed;                /* in a row */
    uint32_t n_failed;                /* calls in a row */
    uint32_t n_broken;                /* of those: that did not even get "not found" */
    int64_t paused_until_ns;          /* is not asked before, see fetch.c */
    char version[SOURCE_VERSION_MAX]; /* as it said when it connected; "" = it did not */
    char asked[SOURCE_VERSION_MAX];   /* version at which its definitions were asked for */
    bool has_asked;
    struct ws_client *ws; /* while the link is up; else NULL */
    uint32_t subscribed;  /* relayed streams: bits, see sources_want */

    /* Written on the home core, read anywhere. */
    _Atomic bool connected; /* subscribed, and of our network */
    _Atomic bool refused;   /* of another network */
    _Atomic bool astray;    /* on another chain */
    _Atomic bool behind;    /* by many ledgers */
    _Atomic int64_t last_message_ns;
    _Atomic uint64_t network; /* SOURCE_NETWORK_KNOWN | id; 0 = not known */
    _Atomic uint32_t n_wrong;
    char *range_text; /* as reported; NULL = not yet. Guarded by all->lock */

    struct counter *gauge_last_message;
    struct counter *gauge_connected;
    struct counter *count_failed_calls;
    struct counter *count_refused;
    struct counter *gauge_astray;
    struct counter *gauge_behind;
};

#define SOURCE_NETWORK_KNOWN ((uint64_t)1 << 32)

struct sources {
    uint32_t n;
    struct source *list;
    struct fiber_group links;
    struct fiber_cond changed;
    uint64_t version; /* of what `changed` is about; starts at 1 */
    uint32_t wanted;  /* relayed streams */
    struct relay_seen seen;
    uint32_t next_start; /* where the next request begins to look */
    void (*on_message)(void *arg, enum sources_message kind, struct slice text,
                       const struct json *message);
    void (*on_definitions)(void *arg, const char *source, const char *version, struct slice text);
    void *arg;
    struct sources_ledgers ledgers;
    struct counter_registry *counters;
    struct counter_registry *own_counters; /* when the caller brought none */

    _Atomic uint32_t newest;
    _Atomic uint64_t network;   /* as in struct source */
    _Atomic int32_t forwarding; /* index; -1 = none */
    _Atomic uint32_t epoch;
    pthread_mutex_t lock;
};

/* Make what TLS to the source needs, as far as it is wanted. Errors: ERR_INVALID. */
ERR source_init_tls(struct source *s, const struct sources_endpoint *e);
void source_deinit_tls(struct source *s);
/* `e` is copied; all->counters are there. */
void source_init(struct source *s, struct sources *all, uint32_t index,
                 const struct sources_endpoint *e);
YIELDS void source_deinit(struct source *s);

/* Something changed: wake those who wait. Home core. */
void source_changed(struct sources *s);
/* The source said of which network it is. False: another one than ours; it is refused from now on.
 */
bool source_meet_network(struct source *s, uint32_t network_id);
/* Do not use it: it is of network `theirs`, we are of `ours`. */
void source_refuse(struct source *s, uint32_t theirs, uint32_t ours);
/* The link came up (connected) or went down; chooses the forwarding source. */
void source_set_connected(struct source *s, bool connected);
/* `astray` or `behind` is another: show it, and choose the forwarding source anew. */
void source_standing_changed(struct source *s);
/* The newest ledger that any source is believed to have may be another. */
void source_refresh_newest(struct sources *all);
/* May it be asked for data and answers? */
bool source_usable(const struct source *s);
/* The source reported a ledger (0 = none) and what it holds (p = NULL: not said). */
void source_report(struct source *s, uint32_t ledger_index, struct slice validated_ledgers);
