/* SPDX-License-Identifier: Apache-2.0 */
/* The API server as the methods see it: what it reads from, its limits, its figures. Made once at
 * start, read by all cores. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"
#include "json/jw.h"
#include "ledger/ledgers.h"
#include "rpc/errors.h"

struct feed;
struct feed_call;
struct rpc_server;

/* A request for rippled. */
struct rpc_forward {
    struct slice text;     /* the parameter object, with `command` set */
    const char *client_ip; /* NULL when unknown */
    bool is_admin;
    uint32_t keep_depth;       /* of the reply, as in json_opts */
    struct feed_call *session; /* path_find: the connection that it is for; else NULL */
};

struct rpc_server_opts {
    struct ledgers *ledgers;                /* borrowed */
    struct feed *feed;                      /* streams; borrowed; NULL = none */
    uint32_t n_cores;                       /* cores that call rpc_handle */
    uint32_t api_min, api_max, api_default; /* 0 = 1, 3, 1 */
    int64_t deadline_ns;                    /* of one request, as a duration; 0 = 60 s */
    size_t max_reply_bytes;                 /* of one reply; 0 = 16 MiB */
    int64_t forward_cache_ns;               /* forwarding.cache_timeout; 0 = off */
    int64_t rpc_cache_ns;                   /* rpc.cache_timeout; 0 = off */
    const char *version;                    /* of this program; borrowed */
    const char *protocol_version; /* of rippled, that the protocol tables were taken from; NULL =
                                     "unknown" */
    int64_t started_ns;           /* clock_now_ns of the start, for uptime */

    /* All callbacks get `arg`, may run on any core and may be NULL. */
    void *arg;
    /* Ask a rippled. *ret_reply (tree and text in `a`) is its answer, an object. On failure
     * *ret_code tells which of RPC_CONNECTION_ERROR, RPC_REQUEST_ERROR, RPC_TIMEOUT,
     * RPC_INVALID_RESPONSE. NULL = there is none (RPC_CONNECTION_ERROR). */
    YIELDS err (*forward)(void *arg, const struct rpc_forward *request, int64_t deadline_ns,
                          struct arena *a, struct json *ret_reply, enum rpc_code *ret_code);
    /* Network id of the sources; false while unknown. NULL = unknown. */
    bool (*network_id)(void *arg, uint32_t *ret);
    /* Close time (ledger epoch) of the newest ledger handed to publishing; 0 = none yet. NULL = the
     * newest ledger's. */
    uint32_t (*last_close)(void *arg);
    /* The database has too many reads outstanding: answer tooBusy. NULL = never. */
    bool (*is_overloaded)(void *arg);
    /* Write members into server_info's `info.etl` (admin), `info.counters` (after `rpc` and the
     * error counts), and flags of `info` itself (corruption_detected). NULL =
     * nothing. */
    void (*put_etl)(void *arg, struct jw *w);
    void (*put_counters)(void *arg, struct jw *w);
    void (*put_flags)(void *arg, struct jw *w);
};

/* `opts` is copied; what it points to must outlive the server. */
struct rpc_server *rpc_server_new(const struct rpc_server_opts *opts);
struct rpc_server *rpc_server_free(struct rpc_server *s); /* accepts NULL */
const struct rpc_server_opts *rpc_server_get_opts(const struct rpc_server *s);

/* False while no source has told it. */
bool rpc_server_network_id(const struct rpc_server *s, uint32_t *ret);

/* The forwarding source reported a closed ledger: forget cached replies. Any thread. */
void rpc_server_ledger_closed(struct rpc_server *s);

/* Counters in Prometheus' text format (families rpc_...): to be appended to those of the registry.
 */
void rpc_server_render_counters(struct rpc_server *s, struct buf *out);
