/* SPDX-License-Identifier: Apache-2.0 */
/* What the web keeps on each core, and one request in work. Private to src/web. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/counter.h"
#include "base/list.h"
#include "web/guard.h"
#include "web/identity.h"
#include "web/web.h"

#include <stdatomic.h>

struct fiber;
struct http_request;
struct http_server;
struct sock_listener;
struct web_core;
struct ws;

struct web {
    struct web_opts opts; /* the copied parts are replaced by own copies */
    struct netlist *whitelist;
    struct netlist *proxies;
    struct guard *guard;
    struct identity *identity;
    struct sock_listener *listener;
    struct web_core *cores;
    char server_name[48];
    struct table
        *weights; /* method name (padded) -> struct web_weight *; NULL when there are none */
    struct web_weight *weight_list;
    _Atomic uint32_t n_in_work;
    _Atomic bool stopping;
    struct counter *n_connected;
};

struct web_core {
    struct web *web;
    struct core *core;
    struct http_server *http;
    struct list sessions; /* open WebSocket sessions */
    struct list active;   /* requests in work (web_work.active) */
    struct list idle_works;
    uint32_t n_idle_works;
    uint32_t n_works;            /* in work */
    _Atomic uint64_t n_admitted; /* written by this core only */
};

/* One HTTP connection's place in the guard; made when it is accepted. */
struct web_peer {
    struct web_core *wc;
    struct guard_client *client; /* of its own address, or of the one a proxy names */
    bool over_limit;             /* one connection too many: every request gets 429 */
    bool is_proxy;
    bool counted;
};

/* One request being answered. Recycled. */
struct web_work {
    struct list link;   /* of the session, or of the idle ones */
    struct list active; /* of wc->active */
    struct web_core *wc;
    struct fiber *fiber;
    struct arena *arena;
    struct buf out;
    struct http_request *http;   /* NULL for WebSocket */
    struct web_session *session; /* NULL for HTTP */
    struct slice text;
    struct guard_client *client; /* held */
    bool is_admin;
};

/* Admit one request of `c`: queue bound, rate. Counts it. */
enum web_admission { WEB_ADMIT = 0, WEB_SLOW_DOWN, WEB_TOO_BUSY };
enum web_admission web_core_admit(struct web_core *wc, struct guard_client *c, struct slice text);

/* Take (and give back) a request's means; `client` gets a reference of its own. Give back ends the
 * admission. */
struct web_work *web_core_work_take(struct web_core *wc, struct guard_client *client);
void web_core_work_put(struct web_work *work);

/* Cancel all requests in work. */
void web_core_cancel_all(struct web_core *wc);
/* Free the recycled ones. */
void web_core_drop_idle(struct web_core *wc);

/* Count the answer's bytes; adds the load warning when they put the client over its limit. */
void web_core_count_answer(struct web_work *work);
