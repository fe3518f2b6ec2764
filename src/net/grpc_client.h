/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC unary calls from fibers: one HTTP/2 connection to a server, many calls at a time. Connects
 * at the first call and again at the next call after the connection was lost. One core only. */
#pragma once
#include "net/grpc.h"

struct grpc_client;
struct tls_client;

struct grpc_client_opts {
    const char *host; /* copied */
    uint16_t port;
    struct tls_client *tls;      /* that offers h2; NULL = plain. Outlives the client */
    const char *user_agent;      /* copied; NULL = "kleio" */
    uint32_t max_calls;          /* at a time; more gives ERR_BUSY. 0 = 1024 */
    uint32_t window_bytes;       /* flow-control windows of stream and connection. 0 = 16 MiB */
    uint32_t ping_interval_ms;   /* while calls are active. 0 = 10,000 */
    uint32_t ping_timeout_ms;    /* without an answer the connection is lost. 0 = 5,000 */
    uint32_t connect_timeout_ms; /* bound on connecting within a call's deadline. 0 = 10,000 */
};

struct grpc_client *grpc_client_new(const struct grpc_client_opts *opts);
/* Closes: calls in progress end with ERR_CLOSED (their fibers run on a little longer). Accepts
 * NULL, returns NULL. */
struct grpc_client *grpc_client_free(struct grpc_client *c);
void grpc_client_freep(struct grpc_client **c);

#define GRPC_CLIENT_MAX_REPLY ((size_t)256 << 20)

/* One unary call. `path` is "/package.Service/Method"; `request` is read during the call.
 * *ret_reply gets the reply's message: its content is replaced, its memory used again (pass the
 * same buffer for many large replies), it is empty after an error; the caller deinits it.
 * `ret_status` may be NULL; it is set whenever the server gave a status. max_reply_bytes 0 =
 * GRPC_CLIENT_MAX_REPLY. deadline_ns is sent to the server, too. Errors: ERR_STATUS (the server
 * answered with a status other than OK: see ret_status), ERR_TIMEOUT, ERR_CANCELLED, ERR_LIMIT
 * (reply too large), ERR_BUSY (max_calls), ERR_PROTOCOL, ERR_UNSUPPORTED (compressed), ERR_CLOSED
 * or ERR_IO (connection or stream lost: may be called again), and those of sock_connect. */
YIELDS ERR grpc_client_call(struct grpc_client *c, const char *path, struct slice request,
                            size_t max_reply_bytes, int64_t deadline_ns, struct buf *ret_reply,
                            struct grpc_status *ret_status);

bool grpc_client_connected(const struct grpc_client *c);
uint32_t grpc_client_n_calls(const struct grpc_client *c);
