/* SPDX-License-Identifier: Apache-2.0 */
/* Connections for forwarded requests, kept for some time after use. One core only. Private to
 * src/rippled. */
#pragma once
#include "base/err.h"
#include "base/list.h"
#include "rt/fiber.h"
#include "rt/timer.h"

#include <stdint.h>

struct ws_client;

#define FORWARD_POOL_IP_MAX 64
#define FORWARD_POOL_HEADERS_MAX 256
/* Headers of a handshake that tell rippled for whom it is. */
void forward_pool_headers(const char *client_ip, bool admin, char ret[FORWARD_POOL_HEADERS_MAX]);

/* What a connection is good for: the identity is told to rippled in its handshake. */
struct tls_client;

struct forward_pool_key {
    uint32_t source;
    bool admin;
    struct tls_client *tls;              /* of the source; NULL = plain */
    char client_ip[FORWARD_POOL_IP_MAX]; /* "" = unknown */
};

struct forward_pool_conn {
    struct forward_pool_key key;
    struct ws_client *ws;
    int64_t idle_since_ns; /* while idle */
    bool is_idle;
    bool is_used; /* it has carried a request before */
    struct list link;
};

struct forward_pool {
    struct list conns; /* all; the idle ones in order of becoming so */
    uint32_t n;
    uint32_t max_connections;
    uint32_t max_per_client;
    size_t max_reply_bytes;
    int64_t idle_timeout_ns;
    struct fiber_cond freed;
    struct timer sweep;
};

void forward_pool_init(struct forward_pool *p);
/* Closes the idle connections; none may be in use. */
void forward_pool_deinit(struct forward_pool *p);

/* A connection for `key`, an idle one if possible (and allowed by reuse), else a new one to
 * host:port; waits while the bounds are reached. *ret is given back with forward_pool_give. Errors:
 * those of ws_client_connect, ERR_BUSY (none became free in time). */
YIELDS ERR forward_pool_take(struct forward_pool *p, const struct forward_pool_key *key,
                             const char *host, uint16_t port, bool reuse, int64_t deadline_ns,
                             struct forward_pool_conn **ret);
/* Keep it for the next request, or close it. */
void forward_pool_give(struct forward_pool *p, struct forward_pool_conn *c, bool keep);
