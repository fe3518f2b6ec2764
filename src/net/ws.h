/* SPDX-License-Identifier: Apache-2.0 */
/* A WebSocket connection, server or client side, driven by socket callbacks (no fiber). Pings are
 * answered, pings are sent, the close handshake is done here. Used on one core only.
 *
 * Two ways to send. Answers (ws_send, ws_send_buf) are never refused: a peer that does not take
 * them is not read from, so it asks for no more. What is pushed (ws_send_msg) waits in a bounded
 * queue; a peer that does not keep up with it is disconnected ("slow consumer"). */
#pragma once
#include "base/err.h"
#include "net/ws_frame.h"

struct http_request;
struct sock;
struct ws;
struct ws_deflate;
struct ws_msg;

struct ws_opts {
    size_t max_message_bytes; /* incoming; more closes with 1009. 0 = 16 MiB */
    size_t max_queue_bytes;   /* pushed, behind what the socket has; one message always fits. 0 = 16
                                 MiB */
    uint32_t max_queue_msgs;  /* pushed; 0 = 4096 */
    uint32_t idle_timeout_ms; /* nothing at all heard, or no byte taken of what is queued, for so
                                 long => closed. 0 = 60,000 */
    uint32_t ping_interval_ms;   /* a ping so often while the peer is silent. 0 = half of
                                    idle_timeout_ms */
    struct ws_deflate *deflate;  /* server: compress with clients that offer it, with this core's
                                    codec, which outlives the connection. NULL = never */
    uint32_t message_timeout_ms; /* from a message's first byte to its last; then closed with 1008.
                                    0 = 30,000 */

    /* A compressed message of so many bytes has come: false = it is not wanted, and not unpacked.
     * NULL = all are. */
    bool (*on_packed)(void *arg, struct ws *ws, size_t n);
    /* A message. `payload` is valid during the call. Must not yield. */
    void (*on_message)(void *arg, struct ws *ws, struct slice payload, bool text);
    /* The connection ended; called exactly once, from the loop, never from inside a ws_* call.
     * `code`: the peer's or ours (ws_frame_code), 1006 = connection lost. Sends give ERR_CLOSED by
     * then; the object goes when the last reference does. */
    void (*on_close)(void *arg, struct ws *ws, uint16_t code, const char *reason);
    void *arg;
};

/* Check the handshake of a request delivered by on_upgrade and accept it. `extra_headers` as in
 * http_server_respond. A bad handshake is answered here (400, or 426 for another version). NULL
 * then, and when the client is gone; either way the request is used up. The caller holds no
 * reference: the object lives until on_close has returned, unless ws_ref keeps it. */
struct ws *ws_accept(struct http_request *req, const struct ws_opts *opts,
                     const char *extra_headers);
/* A connection over a socket whose handshake is done; it owns the socket. */
struct ws *ws_new(struct sock *sock, bool is_client, const struct ws_opts *opts);

/* Keep the object (not the connection) alive; for fibers that answer later. Not atomic: same core.
 */
struct ws *ws_ref(struct ws *ws);
void ws_unref(struct ws *ws); /* accepts NULL */

/* Send an answer. Errors: ERR_CLOSED. */
ERR ws_send(struct ws *ws, enum ws_frame_op op, struct slice payload);
/* As ws_send; a large payload is taken over without a copy. *payload is left empty (its memory may
 * have been kept for the caller, who still deinits it). */
ERR ws_send_buf(struct ws *ws, enum ws_frame_op op, struct buf *payload);
/* Push a shared message; takes a reference of its own. No copy on the server side. Errors:
 * ERR_CLOSED; ERR_LIMIT when the queue is full (the connection is closed with it). */
ERR ws_send_msg(struct ws *ws, struct ws_msg *m);
/* Between these, messages are only queued; ws_uncork sends them with few system calls. They nest.
 */
void ws_cork(struct ws *ws);
void ws_uncork(struct ws *ws);

/* Stop and go on reading: no on_message after ws_pause returns until ws_resume. */
void ws_pause(struct ws *ws);
void ws_resume(struct ws *ws);

/* Start the close handshake behind what is queued; on_close comes when the peer has answered, or
 * after 2 s. Idempotent. `reason` is cut at 123 bytes. */
void ws_close(struct ws *ws, uint16_t code, const char *reason);
/* Drop what waits behind the socket, send a close frame, and close; the peer has flush_ms to read
 * what the socket holds, the frame last. For one that is slow. on_close will be called. */
void ws_cut(struct ws *ws, uint16_t code, const char *reason, uint32_t flush_ms);
/* Close at once, without a handshake. on_close will be called (code 1006). */
void ws_abort(struct ws *ws, const char *reason);
/* As ws_abort, and no callback is called any more: for an owner that ends. */
void ws_forget(struct ws *ws);

bool ws_open(const struct ws *ws); /* messages can be sent */
/* Bytes queued for the peer, shared ones included. */
size_t ws_queued_bytes(const struct ws *ws);
/* Pushed messages behind what the socket has. */
uint32_t ws_queued_msgs(const struct ws *ws);
const char *ws_peer_ip(const struct ws *ws); /* "" once closed */
void *ws_arg(const struct ws *ws);
void ws_set_arg(struct ws *ws, void *arg);
