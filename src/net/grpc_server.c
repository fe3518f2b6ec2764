/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_server.h"

#include "base/list.h"
#include "net/h2.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "rt/timer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_PATH_BYTES 1024

struct grpc_server {
    struct grpc_server_opts opts;
    struct sock_listener *listener;
    struct list conns;
    struct fiber_group fibers;
};

struct conn {
    struct list link;
    struct grpc_server *server;
    struct h2 *h2; /* NULL once lost; freed when the last stream has let go */
    struct list streams;
    uint32_t n_streams;
    struct timer timer;
};

/* A call. Two hold it: the HTTP/2 stream and the handler's fiber. */
struct stream {
    struct grpc_server_call call; /* first: handlers get a pointer to it */
    struct list link;             /* in conn->streams */
    struct conn *conn;
    int32_t id;
    bool open; /* the peer still wants the reply */
    struct fiber *fiber;
    struct buf path;
    char peer_ip[46];
    bool is_post_grpc;
    struct grpc_message message;
    bool replied;
    int code;
    struct buf text; /* grpc-message, encoded */
    struct buf reply;
    size_t n_sent; /* of prefix and reply */
    size_t reset_after;
    bool drop;
};

static void conn_put(struct conn *conn)
{
    if (conn->h2 || conn->n_streams)
        return;
    timer_stop(&conn->timer);
    list_unlink(&conn->link);
    free(conn);
}

static void stream_put(struct stream *st)
{
    if (st->open || st->fiber)
        return;
    struct conn *conn = st->conn;
    list_unlink(&st->link);
    conn->n_streams--;
    grpc_message_deinit(&st->message);
    buf_deinit(&st->path);
    buf_deinit(&st->text);
    buf_deinit(&st->reply);
    free(st);
    conn_put(conn);
}

/* The peer does not want the reply any more, or has got it. */
static void stream_closed(struct stream *st)
{
    st->open = false;
    if (st->fiber)
        fiber_cancel(st->fiber);
    stream_put(st);
}

/* ---- replies ---- */

static size_t status_headers(const struct stream *st, char digits[12], nghttp2_nv nv[2])
{
    size_t n = 0;
    snprintf(digits, 12, "%d", st->code);
    nv[n++] = h2_nv("grpc-status", slice_str(digits));
    if (st->text.n)
        nv[n++] = h2_nv("grpc-message", buf_slice(&st->text));
    return n;
}

/* Bytes of the reply for the wire: the 5-byte prefix, the message, and at the end the trailers. */
static ssize_t read_reply(nghttp2_session *s, int32_t stream_id, uint8_t *to, size_t n,
                          uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct stream *st = source->ptr;
    (void)arg;
    size_t done = 0;
    if (st->reset_after != SIZE_MAX) {
        if (st->n_sent >= st->reset_after) {
            (void)nghttp2_submit_rst_stream(s, NGHTTP2_FLAG_NONE, stream_id,
                                            NGHTTP2_INTERNAL_ERROR);
            return NGHTTP2_ERR_DEFERRED;
        }
        n = MIN(n, MAX(st->reset_after - st->n_sent, (size_t)5));
    }
    if (st->n_sent == 0) {
        struct buf prefix = {.p = to, .cap = n};
        grpc_message_put_prefix(&prefix, st->reply.n);
        done = st->n_sent = prefix.n;
    }
    struct slice rest = slice_from(buf_slice(&st->reply), st->n_sent - 5);
    size_t m = MIN(rest.n, n - done);
    if (m)
        memcpy(to + done, rest.p, m);
    st->n_sent += m;
    if (st->n_sent == st->reply.n + 5 && st->reset_after == SIZE_MAX) {
        char digits[12];
        nghttp2_nv nv[2];
        size_t n_nv = status_headers(st, digits, nv);
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (nghttp2_submit_trailer(s, stream_id, nv, n_nv) != 0)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    return (ssize_t)(done + m);
}

static void submit_reply(struct stream *st)
{
    nghttp2_session *s = h2_session(st->conn->h2);
    char digits[12];
    nghttp2_nv nv[4] = {h2_nv(":status", SLICE_LIT("200")),
                        h2_nv("content-type", SLICE_LIT("application/grpc"))};
    nghttp2_data_provider body = {.source = {.ptr = st}, .read_callback = read_reply};
    int rc;
    if (st->code == GRPC_CODE_OK)
        rc = nghttp2_submit_response(s, st->id, nv, 2, &body);
    else
        rc = nghttp2_submit_response(s, st->id, nv, 2 + status_headers(st, digits, nv + 2), NULL);
    if (rc != 0)
        (void)nghttp2_submit_rst_stream(s, NGHTTP2_FLAG_NONE, st->id, NGHTTP2_INTERNAL_ERROR);
}

void grpc_server_reply(struct grpc_server_call *call, struct buf *message)
{
    struct stream *st = (struct stream *)call;
    assert(!st->replied);
    st->replied = true;
    st->code = GRPC_CODE_OK;
    st->reply = *message;
    *message = (struct buf){0};
}

void grpc_server_reply_error(struct grpc_server_call *call, int code, const char *text)
{
    struct stream *st = (struct stream *)call;
    assert(!st->replied && code != GRPC_CODE_OK);
    st->replied = true;
    st->code = code;
    if (text)
        grpc_text_encode(text, &st->text);
}

void grpc_server_reset_after(struct grpc_server_call *call, size_t n_reply_bytes)
{
    ((struct stream *)call)->reset_after = n_reply_bytes;
}

void grpc_server_drop_connection(struct grpc_server_call *call)
{
    ((struct stream *)call)->drop = true;
}

static void stream_answer(struct stream *st)
{
    struct h2 *h2 = st->conn->h2;
    if (st->drop) {
        h2_end(h2, FAIL(ERR_CLOSED, "grpc: dropped"), 0);
        return;
    }
    if (!st->replied)
        grpc_server_reply_error(&st->call, GRPC_CODE_UNKNOWN, "the handler gave no reply");
    submit_reply(st);
    h2_pump(h2);
}

static void stream_main(void *arg)
{
    struct stream *st = arg;
    struct grpc_server *s = st->conn->server;
    s->opts.handler(s->opts.arg, &st->call);
    struct fiber *self = st->fiber;
    if (st->open)
        stream_answer(st); /* may close the stream, which cancels this fiber: no wait follows */
    assert(self == st->fiber);
    (void)self;
    st->fiber = NULL;
    stream_put(st);
}

static void answer_at_once(struct stream *st, int code, const char *text)
{
    grpc_server_reply_error(&st->call, code, text);
    submit_reply(st);
}

/* The request is complete. */
static void stream_run(struct stream *st)
{
    struct grpc_server *s = st->conn->server;
    if (st->replied)
        return;
    if (!st->is_post_grpc) {
        answer_at_once(st, GRPC_CODE_INTERNAL, "not a gRPC request");
        return;
    }
    if (!grpc_message_complete(&st->message)) {
        answer_at_once(st, GRPC_CODE_INTERNAL, "incomplete request message");
        return;
    }
    st->call.path = buf_slice(&st->path);
    st->call.request = buf_slice(&st->message.payload);
    st->call.peer_ip = st->peer_ip;
    st->fiber = fiber_group_spawn(&s->fibers, "grpc call", stream_main, st);
}

/* ---- nghttp2 callbacks ---- */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct conn *conn = arg;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct stream *st = xcalloc(1, sizeof *st);
    st->conn = conn;
    st->id = frame->hd.stream_id;
    st->open = true;
    st->reset_after = SIZE_MAX;
    st->call.deadline_ns = CLOCK_NEVER;
    snprintf(st->peer_ip, sizeof st->peer_ip, "%s", h2_peer_ip(conn->h2));
    grpc_message_init(&st->message, conn->server->opts.max_request_bytes);
    list_push_back(&conn->streams, &st->link);
    conn->n_streams++;
    (void)nghttp2_session_set_stream_user_data(session, st->id, st);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t n_name, const uint8_t *value, size_t n_value, uint8_t flags, void *arg)
{
    struct stream *st = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    struct slice k = slice_of(name, n_name), v = slice_of(value, n_value);
    int64_t span;
    (void)flags, (void)arg;
    if (st == NULL)
        return 0;
    if (slice_is(k, ":path")) {
        if (v.n > MAX_PATH_BYTES)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        buf_put_slice(&st->path, v);
    } else if (slice_is(k, "content-type")) {
        st->is_post_grpc = v.n >= 16 && memcmp(v.p, "application/grpc", 16) == 0;
    } else if (slice_is(k, "grpc-timeout") && grpc_timeout_parse(v, &span)) {
        int64_t now = clock_now_ns();
        st->call.deadline_ns = span < CLOCK_NEVER - now ? now + span : CLOCK_NEVER;
    }
    return 0;
}

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t stream_id,
                         const uint8_t *p, size_t n, void *arg)
{
    struct stream *st = nghttp2_session_get_stream_user_data(session, stream_id);
    (void)flags, (void)arg;
    if (st == NULL || st->replied)
        return 0;
    err e = grpc_message_feed(&st->message, slice_of(p, n));
    if (e.code == ERR_LIMIT)
        answer_at_once(st, GRPC_CODE_RESOURCE_EXHAUSTED, err_text());
    else if (err_failed(e))
        answer_at_once(st, GRPC_CODE_UNIMPLEMENTED, err_text());
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    (void)arg;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct stream *st = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (st && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        stream_run(st);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t h2_code, void *arg)
{
    struct stream *st = nghttp2_session_get_stream_user_data(session, stream_id);
    (void)h2_code, (void)arg;
    if (st)
        stream_closed(st);
    return 0;
}

static void set_callbacks(nghttp2_session_callbacks *cb)
{
    nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_stream_close);
}

/* ---- connections ---- */

static void on_lost(void *arg, err e)
{
    struct conn *conn = arg;
    (void)e;
    timer_stop(&conn->timer);
    conn->n_streams++; /* held here while its streams let go */
    conn->h2 = NULL;
    LIST_EACH(l, &conn->streams)
    stream_closed(LIST_ENTRY(l, struct stream, link));
    conn->n_streams--;
    conn_put(conn);
}

static void on_timer(struct timer *t)
{
    struct conn *conn = container_of(t, struct conn, timer);
    int64_t now = clock_now_ns();
    int64_t limit = h2_last_heard_ns(conn->h2) + conn->server->opts.idle_timeout_ms * CLOCK_MS;
    if (now < limit)
        timer_start(t, limit);
    else if (conn->n_streams)
        timer_start(t, now + conn->server->opts.idle_timeout_ms * CLOCK_MS);
    else
        h2_end(conn->h2, FAIL(ERR_CLOSED, "grpc: idle"), 0);
}

static void on_accept(void *arg, struct sock *sock, const char *peer_ip)
{
    struct grpc_server *s = arg;
    (void)peer_ip;
    struct conn *conn = xcalloc(1, sizeof *conn);
    conn->server = s;
    list_init(&conn->streams);
    list_push_back(&s->conns, &conn->link);
    timer_init(&conn->timer, on_timer);
    struct h2_opts o = {.is_server = true,
                        .window_bytes = 1u << 20,
                        .max_concurrent_streams = s->opts.max_calls,
                        .set_callbacks = set_callbacks,
                        .on_lost = on_lost,
                        .owner = conn};
    conn->h2 = h2_new(sock, &o);
    timer_start(&conn->timer, clock_now_ns() + s->opts.idle_timeout_ms * CLOCK_MS);
    h2_start(conn->h2);
}

err grpc_server_start(const struct grpc_server_opts *opts, struct grpc_server **ret)
{
    struct grpc_server *s = xcalloc(1, sizeof *s);
    s->opts = *opts;
    s->opts.max_calls = opts->max_calls ? opts->max_calls : 256;
    s->opts.max_request_bytes =
        opts->max_request_bytes ? opts->max_request_bytes : (size_t)16 << 20;
    s->opts.idle_timeout_ms = opts->idle_timeout_ms ? opts->idle_timeout_ms : 300000;
    list_init(&s->conns);
    fiber_group_init(&s->fibers);
    struct core *core = core_current();
    struct sock_listen_opts listen = {.ip = opts->ip ? opts->ip : "127.0.0.1",
                                      .port = opts->port,
                                      .cores = &core,
                                      .n_cores = 1,
                                      .max_connections =
                                          opts->max_connections ? opts->max_connections : 64,
                                      .on_accept = on_accept,
                                      .arg = s};
    err e = sock_listen(&listen, &s->listener);
    if (err_failed(e)) {
        free(s);
        return e;
    }
    *ret = s;
    return OK;
}

uint16_t grpc_server_port(const struct grpc_server *s)
{
    return sock_listener_port(s->listener);
}

struct grpc_server *grpc_server_stop(struct grpc_server *s)
{
    if (s == NULL)
        return NULL;
    s->listener = sock_listener_close(s->listener);
    LIST_EACH(l, &s->conns)
    {
        struct conn *conn = LIST_ENTRY(l, struct conn, link);
        if (conn->h2)
            h2_end(conn->h2, FAIL(ERR_CLOSED, "grpc: the server stops"), 0);
    }
    fiber_group_cancel(&s->fibers);
    assert(list_empty(&s->conns));
    free(s);
    return NULL;
}
