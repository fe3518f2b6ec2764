/* SPDX-License-Identifier: Apache-2.0 */
/* The front door: one port for HTTP and WebSocket. Takes requests in, decides whether they may come
 * in (limits, identity), has the engine answer them on a fiber each, and sends the answers. One web
 * serves all cores. */
#pragma once
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct core;
struct feed;
struct feed_wire;
struct counter_registry;
struct json;
struct rpc_server;
struct web;

/* Weight of a method for the rate limit; -1 = as `weight`. */
struct web_weight {
    const char *method;
    uint32_t weight;
    int64_t weight_current;   /* when ledger_index is "current" */
    int64_t weight_validated; /* when it is "validated" */
};

/* All strings are copied or used during web_start only, except where said. */
struct web_opts {
    const char *ip;
    uint16_t port;         /* 0 = any free */
    const char *cert_file; /* PEM: the port speaks TLS; NULL = plain */
    const char *key_file;
    struct core **cores; /* running; outlive the web */
    uint32_t n_cores;
    struct rpc_server *rpc; /* outlives the web */
    struct feed *feed;      /* streams; outlives the web; NULL = none */
    struct counter_registry *counters;
    const char *version; /* static */

    const char *admin_password; /* NULL = clients of 127.0.0.1 are admin */
    const char *const *whitelist;
    uint32_t n_whitelist;
    const char *const *proxy_ips;
    uint32_t n_proxy_ips;
    const char *const *proxy_tokens;
    uint32_t n_proxy_tokens;
    bool by_x_forwarded_for;         /* proxies name their clients there, and not in Forwarded */
    const char *const *cors_origins; /* "*" or "https://a.example"; live as long as the web */
    uint32_t n_cors_origins;

    uint32_t max_request_bytes; /* over either transport; 0 = 1 MiB */
    uint32_t max_connections;   /* all clients; more are closed at once. 0 = no bound */
    uint32_t max_connections_per_ip;
    uint32_t max_requests_per_interval;
    uint32_t max_bytes_per_interval;
    int64_t interval_ns;
    uint32_t default_weight;
    const struct web_weight *weights;
    uint32_t n_weights;

    uint32_t max_in_work;  /* requests being answered, all cores */
    uint32_t max_parallel; /* of them, per WebSocket connection */
    uint32_t ws_max_queue_msgs;
    bool ws_compression;     /* with WebSocket clients that offer it */
    int64_t slow_request_ns; /* requests that take longer are logged at info; 0 = none */
    bool metrics_enabled;
    bool metrics_gzip;

    /* May be NULL. ready: is there a ledger to serve? trouble: what keeps what is served from being
     * the network's newest ("fork"; static), or NULL. refresh: bring gauges up to date, before
     * metrics are written. */
    bool (*ready)(void *arg);
    const char *(*trouble)(void *arg);
    void (*refresh)(void *arg);
    void *arg;
};

/* Listen. Call on cores[0] (the accepting core). Errors: ERR_IO (address in use, ...), ERR_INVALID.
 */
ERR web_start(const struct web_opts *opts, struct web **ret);
/* The names in the options (whitelist, proxies) can be looked up, as web_start does. Blocks.
 * Errors: ERR_INVALID. */
ERR web_check_names(const struct web_opts *opts);
uint16_t web_port(const struct web *w);
/* Read the TLS files again (any thread); nothing to do for a plain port. After an error the old
 * ones stay. Errors: ERR_INVALID. */
ERR web_reload(struct web *w);
/* Another bound of connections from now on; those that are open stay. Any thread. */
void web_set_max_connections(struct web *w, uint32_t n);
/* Requests: admitted since the start, in work now, and the bound of the latter. Any thread. */
struct web_figures {
    uint64_t n_admitted;
    uint32_t n_in_work;
    uint32_t max_in_work;
};
struct web_figures web_get_figures(const struct web *w);
/* How the messages of streams look to this web; for the feed's options. */
extern const struct feed_wire web_ws_wire;
/* Stop accepting, let what is in work finish until the deadline, close everything. On a fiber of
 * cores[0]. */
YIELDS void web_stop(struct web *w, int64_t deadline_ns);
