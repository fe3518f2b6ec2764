/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_client.h"

#include "base/list.h"
#include "net/h2.h"
#include "net/tls.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "rt/timer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* One connection. Lives until its h2 is lost; a client has one that takes new calls, and for some
 * time others that the server has told to go away and that finish their calls. */
struct conn {
    struct list link; /* in client->conns */
    struct grpc_client *client;
    struct h2 *h2;
    struct list calls;
    uint32_t n_calls;
    bool going_away;
    int64_t pinged_ns; /* when the unanswered ping was sent; 0 = none */
    struct timer timer;
};

struct grpc_client {
    struct grpc_client_opts opts;
    char *host;
    char *user_agent;
    struct buf authority;
    struct list conns;
    struct conn *current; /* takes new calls; NULL = connect first */
    struct fiber_mutex connecting;
    uint32_t n_calls;
    bool closing; /* freed by the last call to end */
};

/* A call; on the stack of the fiber that waits for it. */
struct call {
    struct list link;  /* in conn->calls */
    struct conn *conn; /* NULL when the connection has forgotten it */
    int32_t stream_id;
    struct slice request;
    size_t n_sent; /* of prefix and request */
    struct grpc_message message;
    struct grpc_status status;
    int http_status;
    bool has_status;
    bool is_grpc; /* content-type says so */
    bool done;
    int code; /* err code, once done */
    char text[240];
    struct fiber_cond cond;
};

/* ---- ends of calls ---- */

static void call_finish(struct call *call, err e)
{
    assert(!call->done);
    call->done = true;
    call->code = e.code;
    if (err_failed(e))
        snprintf(call->text, sizeof call->text, "%s", err_text());
    list_unlink(&call->link);
    call->conn->n_calls--;
    call->conn = NULL;
    fiber_cond_broadcast(&call->cond);
}

static err call_verdict(struct call *call)
{
    if (call->http_status != 200 && !call->has_status) {
        call->status.code = grpc_code_of_http(call->http_status);
        snprintf(call->status.message, sizeof call->status.message, "HTTP status %d",
                 call->http_status);
        call->has_status = true;
    }
    if (!call->has_status)
        return FAIL(ERR_PROTOCOL, "grpc: the reply ended without a status");
    if (call->status.code != GRPC_CODE_OK)
        return FAIL(ERR_STATUS, "grpc: %s: %s", grpc_code_name(call->status.code),
                    call->status.message);
    if (!call->is_grpc)
        return FAIL(ERR_PROTOCOL, "grpc: the reply is not of type application/grpc");
    if (!grpc_message_complete(&call->message))
        return FAIL(ERR_PROTOCOL, "grpc: status OK without a complete message");
    return OK;
}

/* ---- nghttp2 callbacks ---- */

static int on_header(nghttp2_session *s, const nghttp2_frame *frame, const uint8_t *name,
                     size_t n_name, const uint8_t *value, size_t n_value, uint8_t flags, void *arg)
{
    struct call *call = nghttp2_session_get_stream_user_data(s, frame->hd.stream_id);
    struct slice k = slice_of(name, n_name), v = slice_of(value, n_value);
    (void)flags, (void)arg;
    if (call == NULL || frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    if (slice_is(k, ":status")) {
        call->http_status = grpc_code_parse(v);
    } else if (slice_is(k, "grpc-status")) {
        call->status.code = grpc_code_parse(v);
        call->has_status = true;
    } else if (slice_is(k, "grpc-message")) {
        grpc_text_decode(v, call->status.message, sizeof call->status.message);
    } else if (slice_is(k, "content-type")) {
        call->is_grpc = v.n >= 16 && memcmp(v.p, "application/grpc", 16) == 0;
    }
    return 0;
}

/* End a call from our side: the peer is told to stop, and what it has sent already is ignored. */
static void call_abandon(struct call *call, uint32_t h2_code)
{
    nghttp2_session *s = h2_session(call->conn->h2);
    (void)nghttp2_session_set_stream_user_data(s, call->stream_id, NULL);
    (void)nghttp2_submit_rst_stream(s, NGHTTP2_FLAG_NONE, call->stream_id, h2_code);
}

static int on_data_chunk(nghttp2_session *s, uint8_t flags, int32_t stream_id, const uint8_t *p,
                         size_t n, void *arg)
{
    struct call *call = nghttp2_session_get_stream_user_data(s, stream_id);
    (void)flags, (void)arg;
    if (call == NULL || !call->is_grpc)
        return 0; /* the text of an HTTP error */
    err e = grpc_message_feed(&call->message, slice_of(p, n));
    if (err_failed(e)) {
        call_abandon(call, NGHTTP2_CANCEL);
        call_finish(call, e);
    }
    return 0;
}

static int on_stream_close(nghttp2_session *s, int32_t stream_id, uint32_t h2_code, void *arg)
{
    struct call *call = nghttp2_session_get_stream_user_data(s, stream_id);
    (void)arg;
    if (call == NULL)
        return 0;
    if (h2_code == NGHTTP2_NO_ERROR || call->has_status)
        call_finish(call, call_verdict(call));
    else
        call_finish(call, FAIL(ERR_IO, "grpc: stream reset by the server: %s",
                               nghttp2_http2_strerror(h2_code)));
    return 0;
}

static int on_frame(nghttp2_session *s, const nghttp2_frame *frame, void *arg)
{
    struct conn *conn = arg;
    (void)s;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        conn->going_away = true;
        if (conn->client->current == conn)
            conn->client->current = NULL;
    }
    return 0;
}

static void set_callbacks(nghttp2_session_callbacks *cb)
{
    nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
}

/* Bytes of the request for the wire: the 5-byte prefix, then the message. */
static ssize_t read_request(nghttp2_session *s, int32_t stream_id, uint8_t *to, size_t n,
                            uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct call *call = nghttp2_session_get_stream_user_data(s, stream_id);
    (void)source, (void)arg;
    if (call == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    size_t done = 0;
    if (call->n_sent == 0) { /* frames have room for more than the prefix */
        struct buf prefix = {.p = to, .cap = n};
        grpc_message_put_prefix(&prefix, call->request.n);
        done = call->n_sent = prefix.n;
    }
    struct slice rest = slice_from(call->request, call->n_sent - 5);
    size_t m = MIN(rest.n, n - done);
    if (m)
        memcpy(to + done, rest.p, m);
    call->n_sent += m;
    if (call->n_sent == call->request.n + 5)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)(done + m);
}

/* ---- connections ---- */

static void on_lost(void *arg, err e)
{
    struct conn *conn = arg;
    struct grpc_client *c = conn->client;
    char text[240];
    snprintf(text, sizeof text, "%s", err_text());
    timer_stop(&conn->timer);
    if (c->current == conn)
        c->current = NULL;
    while (!list_empty(&conn->calls)) {
        struct call *call = LIST_ENTRY(conn->calls.next, struct call, link);
        call_finish(call, FAIL(e.code, "%s", text));
    }
    list_unlink(&conn->link);
    free(conn);
}

static void on_timer(struct timer *t)
{
    struct conn *conn = container_of(t, struct conn, timer);
    const struct grpc_client_opts *o = &conn->client->opts;
    int64_t now = clock_now_ns();
    int64_t heard = h2_last_heard_ns(conn->h2);
    if (conn->pinged_ns && heard >= conn->pinged_ns)
        conn->pinged_ns = 0;
    if (conn->n_calls == 0) {
        conn->pinged_ns = 0; /* armed again by the next call */
        return;
    }
    if (conn->pinged_ns) {
        int64_t limit = conn->pinged_ns + o->ping_timeout_ms * CLOCK_MS;
        if (now >= limit) {
            err e = FAIL(ERR_IO, "grpc: %s: no sign of life for %lld ms", h2_name(conn->h2),
                         (long long)((now - heard) / CLOCK_MS));
            h2_end(conn->h2, e, 0);
            return;
        }
        timer_start(&conn->timer, limit);
        return;
    }
    int64_t due = heard + o->ping_interval_ms * CLOCK_MS;
    if (now < due) {
        timer_start(&conn->timer, due);
        return;
    }
    conn->pinged_ns = now;
    timer_start(&conn->timer, now + o->ping_timeout_ms * CLOCK_MS);
    (void)nghttp2_submit_ping(h2_session(conn->h2), NGHTTP2_FLAG_NONE, NULL);
    h2_pump(conn->h2);
}

/* Connect unless another fiber has done so while we waited for our turn. */
static err connect_locked(struct grpc_client *c, int64_t deadline_ns)
{
    if (c->closing)
        return FAIL(ERR_CLOSED, "grpc: the client is closed");
    if (c->current)
        return OK;
    struct sock *sock;
    int64_t limit = clock_now_ns() + c->opts.connect_timeout_ms * CLOCK_MS;
    limit = MIN(deadline_ns, limit);
    TRY(sock_connect(c->host, c->opts.port, limit, &sock));
    err e = c->opts.tls ? tls_connect(c->opts.tls, sock, c->host, limit) : OK;
    if (!err_failed(e) && c->closing)
        e = FAIL(ERR_CLOSED, "grpc: the client is closed");
    if (err_failed(e)) {
        sock_close(sock, 0);
        return e;
    }
    struct conn *conn = xcalloc(1, sizeof *conn);
    conn->client = c;
    list_init(&conn->calls);
    timer_init(&conn->timer, on_timer);
    list_push_back(&c->conns, &conn->link);
    c->current = conn;
    struct h2_opts o = {.window_bytes = c->opts.window_bytes,
                        .set_callbacks = set_callbacks,
                        .on_lost = on_lost,
                        .owner = conn};
    conn->h2 = h2_new(sock, &o);
    h2_start(conn->h2);
    return OK;
}

static err get_conn(struct grpc_client *c, int64_t deadline_ns)
{
    if (c->current && !c->closing)
        return OK;
    TRY(fiber_mutex_lock(&c->connecting, deadline_ns));
    err e = connect_locked(c, deadline_ns);
    fiber_mutex_unlock(&c->connecting);
    return e;
}

/* ---- calls ---- */

static err submit(struct grpc_client *c, struct call *call, const char *path, int64_t deadline_ns)
{
    struct conn *conn = c->current;
    char timeout[16];
    nghttp2_nv nv[9];
    size_t n = 0;
    nv[n++] = h2_nv(":method", SLICE_LIT("POST"));
    nv[n++] = h2_nv(":scheme", c->opts.tls ? SLICE_LIT("https") : SLICE_LIT("http"));
    nv[n++] = h2_nv(":path", slice_str(path));
    nv[n++] = h2_nv(":authority", buf_slice(&c->authority));
    nv[n++] = h2_nv("te", SLICE_LIT("trailers"));
    nv[n++] = h2_nv("content-type", SLICE_LIT("application/grpc"));
    nv[n++] = h2_nv("user-agent", slice_str(c->user_agent));
    if (deadline_ns != CLOCK_NEVER) {
        int64_t left = deadline_ns - clock_now_ns();
        if (left <= 0)
            return FAIL(ERR_TIMEOUT, "grpc: %s: no time left", path);
        grpc_timeout_format(left, timeout);
        nv[n++] = h2_nv("grpc-timeout", slice_str(timeout));
    }
    nghttp2_data_provider body = {.read_callback = read_request};
    int32_t id = nghttp2_submit_request(h2_session(conn->h2), NULL, nv, n, &body, call);
    if (id < 0) { /* stream numbers used up: the next call connects anew */
        conn->going_away = true;
        c->current = NULL;
        return FAIL(ERR_IO, "grpc: %s", nghttp2_strerror(id));
    }
    call->stream_id = id;
    call->conn = conn;
    list_push_back(&conn->calls, &call->link);
    conn->n_calls++;
    if (!timer_armed(&conn->timer)) {
        int64_t from = MAX(h2_last_heard_ns(conn->h2), clock_now_ns());
        timer_start(&conn->timer, from + c->opts.ping_interval_ms * CLOCK_MS);
    }
    h2_pump(conn->h2);
    return OK;
}

/* A connection that takes no new calls ends with its last one. */
static void conn_end_if_unused(struct conn *conn)
{
    if (conn->going_away && conn->n_calls == 0)
        h2_end(conn->h2, FAIL(ERR_CLOSED, "grpc: the server went away"), 1000);
}

static void end_unused(struct grpc_client *c)
{
    LIST_EACH(l, &c->conns)
    conn_end_if_unused(LIST_ENTRY(l, struct conn, link));
}

static err wait_for(struct call *call, int64_t deadline_ns)
{
    while (!call->done) {
        err e = fiber_cond_wait(&call->cond, deadline_ns);
        if (call->done || !err_failed(e))
            continue;
        struct h2 *h2 = call->conn->h2;
        call_abandon(call, NGHTTP2_CANCEL);
        call_finish(call, e);
        h2_pump(h2);
        return e;
    }
    return call->code ? FAIL(call->code, "%s", call->text) : OK;
}

static err run(struct grpc_client *c, struct call *call, const char *path, int64_t deadline_ns)
{
    TRY(get_conn(c, deadline_ns));
    TRY(submit(c, call, path, deadline_ns));
    return wait_for(call, deadline_ns);
}

static void client_destroy(struct grpc_client *c)
{
    buf_deinit(&c->authority);
    free(c->user_agent);
    free(c->host);
    free(c);
}

err grpc_client_call(struct grpc_client *c, const char *path, struct slice request,
                     size_t max_reply_bytes, int64_t deadline_ns, struct buf *ret_reply,
                     struct grpc_status *ret_status)
{
    if (c->closing)
        return FAIL(ERR_CLOSED, "grpc: the client is closed");
    if (c->n_calls >= c->opts.max_calls)
        return FAIL(ERR_BUSY, "grpc: %u calls in progress", c->n_calls);
    struct call call = {.request = request};
    list_init(&call.link);
    fiber_cond_init(&call.cond);
    grpc_message_init(&call.message, max_reply_bytes ? max_reply_bytes : GRPC_CLIENT_MAX_REPLY);
    call.message.payload = *ret_reply; /* its memory serves again */
    *ret_reply = (struct buf){0};
    buf_clear(&call.message.payload);
    c->n_calls++;
    err e = run(c, &call, path, deadline_ns);
    c->n_calls--;
    end_unused(c);
    if (c->closing && c->n_calls == 0)
        client_destroy(c);
    if (call.has_status && ret_status)
        *ret_status = call.status;
    if (!err_failed(e)) {
        *ret_reply = call.message.payload;
        call.message.payload = (struct buf){0};
    }
    grpc_message_deinit(&call.message);
    return e;
}

/* ---- the client ---- */

struct grpc_client *grpc_client_new(const struct grpc_client_opts *opts)
{
    struct grpc_client *c = xcalloc(1, sizeof *c);
    c->opts = *opts;
    c->host = xstrdup(opts->host);
    c->user_agent = xstrdup(opts->user_agent ? opts->user_agent : "kleio");
    buf_printf(&c->authority, strchr(opts->host, ':') ? "[%s]:%u" : "%s:%u", opts->host,
               opts->port);
    c->opts.max_calls = opts->max_calls ? opts->max_calls : 1024;
    c->opts.window_bytes = opts->window_bytes ? opts->window_bytes : 16u << 20;
    c->opts.ping_interval_ms = opts->ping_interval_ms ? opts->ping_interval_ms : 10000;
    c->opts.ping_timeout_ms = opts->ping_timeout_ms ? opts->ping_timeout_ms : 5000;
    c->opts.connect_timeout_ms = opts->connect_timeout_ms ? opts->connect_timeout_ms : 10000;
    list_init(&c->conns);
    fiber_mutex_init(&c->connecting);
    return c;
}

struct grpc_client *grpc_client_free(struct grpc_client *c)
{
    if (c == NULL)
        return NULL;
    c->closing = true;
    while (!list_empty(&c->conns)) {
        struct conn *conn = LIST_ENTRY(c->conns.next, struct conn, link);
        h2_end(conn->h2, FAIL(ERR_CLOSED, "grpc: the client is closed"), 0);
    }
    if (c->n_calls == 0)
        client_destroy(c);
    return NULL;
}

void grpc_client_freep(struct grpc_client **c)
{
    *c = grpc_client_free(*c);
}

bool grpc_client_connected(const struct grpc_client *c)
{
    return c->current != NULL;
}

uint32_t grpc_client_n_calls(const struct grpc_client *c)
{
    return c->n_calls;
}
