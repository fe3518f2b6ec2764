/* SPDX-License-Identifier: Apache-2.0 */
/* What the web keeps, in all and on each core. Private to src/web. */
#pragma once
#include "base/counter.h"
#include "base/list.h"
#include "rt/timer.h"
#include "web/cors.h"
#include "web/guard.h"
#include "web/identity.h"
#include "web/web.h"

#include <stdatomic.h>

struct http_server;
struct sock_listener;
struct web_core;

struct web {
    struct web_opts opts; /* the copied parts are replaced by own copies */
    struct netlist *whitelist;
    struct netlist *proxies;
    struct guard *guard;
    struct identity *identity;
    struct cors cors;
    struct sock_listener *listener;
    struct tls_server *tls; /* NULL: plain */
    struct web_core *cores;
    char server_name[48];
    struct table
        *weights; /* method name (padded) -> struct web_weight *; NULL when there are none */
    struct web_weight *weight_list;
    _Atomic uint32_t n_in_work;
    _Atomic uint32_t n_open; /* HTTP connections and sessions */
    _Atomic uint32_t max_connections;
    _Atomic bool stopping;
    struct counter *n_connected;
};

struct web_core {
    struct web *web;
    struct core *core;
    struct http_server *http;
    struct ws_deflate *deflate; /* NULL = no compression */
    struct list sessions;       /* open WebSocket sessions */
    struct list active;         /* requests in work (web_work.active) */
    struct list idle_works;
    uint32_t n_idle_works;
    size_t idle_buf_bytes;       /* of their answers' buffers */
    uint32_t n_works;            /* in work */
    uint32_t n_handshakes;       /* in progress */
    _Atomic uint64_t n_admitted; /* written by this core only */
    int64_t held_bytes;          /* by requests and queued answers */
    struct list held;            /* connections with queued answers */
    struct timer held_timer;
};

/* One HTTP connection (web_http.c has the rest of it); made when it is accepted. */
struct web_peer {
    struct web_core *wc;
    char ip[ADDRESS_BYTES];      /* its own, canonical */
    char named[ADDRESS_BYTES];   /* by a proxy, last */
    const char *client_ip;       /* one of the two: whose limits are counted */
    struct guard_client *client; /* the record of that */
    uint32_t n_over_limit;       /* connections too many with it: its first request gets 429 */
    bool is_proxy;
};
