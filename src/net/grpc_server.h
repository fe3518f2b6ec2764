/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC server for unary calls, for tools and tests: each call runs on a fiber. Lives on the core
 * that starts it. */
#pragma once
#include "net/grpc.h"

struct grpc_server;

/* A call, as its handler sees it; valid until the handler returns. */
struct grpc_server_call {
    struct slice path;    /* "/package.Service/Method" */
    struct slice request; /* the message */
    const char *peer_ip;
    int64_t deadline_ns; /* from grpc-timeout; CLOCK_NEVER if the client gave none */
};

struct grpc_server_opts {
    const char *ip;           /* NULL = 127.0.0.1 */
    uint16_t port;            /* 0 = any: grpc_server_port */
    uint32_t max_connections; /* 0 = 64 */
    uint32_t max_calls;       /* of one connection at a time. 0 = 256 */
    size_t max_request_bytes; /* 0 = 16 MiB */
    uint32_t idle_timeout_ms; /* a connection without calls. 0 = 300,000 */
    /* Runs on a fiber, which is cancelled when the client gives the call up. Must call exactly one
     * of the reply functions; a handler that calls none answers UNKNOWN. */
    YIELDS void (*handler)(void *arg, struct grpc_server_call *call);
    void *arg;
};

/* Errors: those of sock_listen. */
ERR grpc_server_start(const struct grpc_server_opts *opts, struct grpc_server **ret);
uint16_t grpc_server_port(const struct grpc_server *s);
/* Closes the listener and all connections, cancels the handlers and waits for them. Accepts NULL,
 * returns NULL. */
YIELDS struct grpc_server *grpc_server_stop(struct grpc_server *s);

/* Answer with a message, taking it over (*message becomes empty). Sent as flow control and the
 * socket allow. */
void grpc_server_reply(struct grpc_server_call *call, struct buf *message);
/* Answer with a status other than OK; `text` may be NULL. */
void grpc_server_reply_error(struct grpc_server_call *call, int code, const char *text);
/* For tests of clients: reset this call's stream after n reply bytes (0 = at once). */
void grpc_server_reset_after(struct grpc_server_call *call, size_t n_reply_bytes);
/* For tests of clients: drop the call's whole connection. */
void grpc_server_drop_connection(struct grpc_server_call *call);
