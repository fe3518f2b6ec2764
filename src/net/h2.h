/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/2 connection: an nghttp2 session tied to a socket, in either role. Internal to src/net:
 * gRPC is its user. Driven by socket callbacks; output is gathered into large writes and held back
 * while the socket is full. */
#pragma once
#include "base/err.h"
#include "base/buf.h"

#include <nghttp2/nghttp2.h>

struct sock;
struct h2;

struct h2_opts {
    bool is_server;
    uint32_t window_bytes;           /* flow control of streams and of the connection */
    uint32_t max_concurrent_streams; /* of the peer; server only */
    void (*set_callbacks)(nghttp2_session_callbacks *cb); /* they get `owner` as user_data */
    /* The connection ended, for reason e (its text is in the error slot); called once, from the
     * loop or from within h2_end, not from inside nghttp2. Streams get no on_stream_close. */
    void (*on_lost)(void *owner, err e);
    void *owner;
};

/* The connection owns the socket. Freed by itself after on_lost. */
struct h2 *h2_new(struct sock *sock, const struct h2_opts *opts);
/* Send the preface and listen; the owner must be ready for callbacks (on_lost, too). */
void h2_start(struct h2 *h);
nghttp2_session *h2_session(struct h2 *h);
/* Send what the session has to send, as far as the socket takes it. Call after submitting. Inside
 * an nghttp2 callback it does nothing: the sending is done afterwards. */
void h2_pump(struct h2 *h);
/* End the connection now; on_lost gets `e`. What is queued leaves first, if flush_ms > 0. Not
 * inside nghttp2. */
void h2_end(struct h2 *h, err e, uint32_t flush_ms);
/* When bytes last came from the peer. */
int64_t h2_last_heard_ns(const struct h2 *h);
const char *h2_name(const struct h2 *h);
const char *h2_peer_ip(const struct h2 *h);

/* A name/value pair over literals or texts that live until the session has copied them (at submit).
 */
nghttp2_nv h2_nv(const char *name, struct slice value);
