/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket client for fibers: connect, send, read with a deadline. Pings are answered also while
 * nobody reads. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "net/ws_frame.h"

struct tls_client;
struct ws_client;

struct ws_client_opts {
    const char *host;
    uint16_t port;
    struct tls_client *tls;    /* NULL = plain; outlives the client */
    const char *target;        /* NULL = "/" */
    const char *headers;       /* NULL or complete lines, for the handshake */
    size_t max_message_bytes;  /* 0 = 16 MiB */
    uint32_t max_inbox_msgs;   /* received and not read; the socket is not read beyond. 0 = 64 */
    uint32_t idle_timeout_ms;  /* as in ws_opts */
    uint32_t ping_interval_ms; /* as in ws_opts */
};

/* Connect and do the handshake. Errors: those of sock_connect and tls_connect, ERR_PROTOCOL (bad
 * handshake), ERR_STATUS (refused; the text has the status). */
YIELDS ERR ws_client_connect(const struct ws_client_opts *opts, int64_t deadline_ns,
                             struct ws_client **ret);
/* As ws_client_connect, over an HTTP connection, which is consumed, also on failure. */
struct http_client;
YIELDS ERR ws_client_over(struct http_client *http, const struct ws_client_opts *opts,
                          int64_t deadline_ns, struct ws_client **ret);
/* Send one message. Errors: ERR_CLOSED, ERR_LIMIT. */
ERR ws_client_send(struct ws_client *c, enum ws_frame_op op, struct slice payload);
/* The next message, in *ret (its content is replaced; the caller deinits it). *ret_text may be
 * NULL. One reader at a time. Errors: ERR_CLOSED (the text has code and reason), ERR_TIMEOUT,
 * ERR_CANCELLED. */
YIELDS ERR ws_client_read(struct ws_client *c, int64_t deadline_ns, struct buf *ret,
                          bool *ret_text);
/* Close code once closed (ws_frame_code), else 0. */
uint16_t ws_client_close_code(const struct ws_client *c);
/* Start the close handshake; reading goes on until ERR_CLOSED. */
void ws_client_shutdown(struct ws_client *c, uint16_t code, const char *reason);
/* Close and free; accepts NULL, returns NULL. No fiber may be reading. */
struct ws_client *ws_client_free(struct ws_client *c);
void ws_client_freep(struct ws_client **c);
