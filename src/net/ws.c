/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws.h"

#include "net/http_server.h"
#include "net/ws_msg.h"
#include "net/ws_parse.h"
#include "rt/clock.h"
#include "rt/sock.h"
#include "rt/timer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* What the socket is given at a time; the rest waits in our queue, where it is counted and can be
 * dropped. */
#define SOCK_BYTES ((size_t)256 << 10)
/* Waiting messages up to this size are merged into one write of up to MERGE_BYTES. */
#define SMALL_BYTES ((size_t)8 << 10)
#define MERGE_BYTES ((size_t)64 << 10)
/* Messages up to this size are framed on the stack. */
#define STACK_BYTES 2000
/* A payload from this size on is handed to the socket without a copy. */
#define MOVE_BYTES ((size_t)64 << 10)
#define CLOSE_TIMEOUT_NS (2 * CLOCK_S)
#define FLUSH_MS 2000

/*            ws_close               peer's close frame, or time-out
 *   OPEN ──────────────▶ CLOSING ──────────────────────────────────▶ CLOSED
 *    │ bad input             │ bad input                                ▲
 *    └───────────────────────┴──────▶ FAILED ── peer ends, time-out ────┤
 *    └── peer's close frame, connection lost, slow consumer ────────────┘
 * Invariant: sock is NULL exactly in CLOSED. */
enum ws_state { WS_STATE_OPEN, WS_STATE_CLOSING, WS_STATE_FAILED, WS_STATE_CLOSED };

struct ws {
    struct sock *sock;
    struct ws_opts opts;
    struct ws_parse parse;
    struct buf pending; /* received while paused */
    struct timer timer;
    struct ws_msg **ring; /* waiting messages; for a client their frames are masked */
    uint32_t ring_cap;
    uint32_t ring_head;
    uint32_t n_waiting;
    uint32_t refs;
    uint32_t n_corks;
    size_t waiting_bytes;
    int64_t last_heard_ns;
    enum ws_state state;
    uint16_t code; /* close code to report */
    char reason[124];
    bool is_client;
    bool pinged;   /* since the peer was last heard */
    bool paused;   /* by the user */
    bool starting; /* input waits until the creator has returned to the loop */
    bool in_feed;
};

struct ws *ws_ref(struct ws *ws)
{
    ws->refs++;
    return ws;
}

void ws_unref(struct ws *ws)
{
    if (ws == NULL || --ws->refs > 0)
        return;
    assert(ws->state == WS_STATE_CLOSED);
    ws_parse_deinit(&ws->parse);
    buf_deinit(&ws->pending);
    free(ws->ring);
    free(ws);
}

/* ---- end ---- */

static struct ws_msg *queue_pop(struct ws *ws)
{
    struct ws_msg *m = ws->ring[ws->ring_head];
    ws->ring_head = (ws->ring_head + 1) & (ws->ring_cap - 1);
    ws->n_waiting--;
    ws->waiting_bytes -= m->n;
    return m;
}

static void queue_drop(struct ws *ws)
{
    while (ws->n_waiting)
        ws_msg_unref(queue_pop(ws));
}

static void set_reason(struct ws *ws, uint16_t code, struct slice reason)
{
    size_t n = MIN(reason.n, sizeof ws->reason - 1);
    while (n && !ws_frame_utf8_valid(slice_of(reason.p, n)))
        n--; /* not in the middle of a character */
    ws->code = code;
    if (n)
        memcpy(ws->reason, reason.p, n);
    ws->reason[n] = 0;
}

static void finish(struct ws *ws, uint32_t flush_ms)
{
    if (ws->state == WS_STATE_CLOSED)
        return;
    ws->state = WS_STATE_CLOSED;
    queue_drop(ws);
    timer_stop(&ws->timer);
    sock_close(TAKE_PTR(ws->sock), flush_ms);
    if (ws->opts.on_close)
        ws->opts.on_close(ws->opts.arg, ws, ws->code, ws->reason);
    ws_unref(ws);
}

void ws_abort(struct ws *ws, const char *reason)
{
    if (ws->state == WS_STATE_CLOSED)
        return;
    set_reason(ws, WS_FRAME_CODE_ABNORMAL, slice_str(reason));
    finish(ws, 0);
}

/* ---- output ---- */

static void queue_push(struct ws *ws, struct ws_msg *m)
{
    if (ws->n_waiting == ws->ring_cap) {
        uint32_t cap = ws->ring_cap ? ws->ring_cap * 2 : 16;
        struct ws_msg **ring = xmalloc(cap * sizeof *ring);
        for (uint32_t i = 0; i < ws->n_waiting; i++)
            ring[i] = ws->ring[(ws->ring_head + i) & (ws->ring_cap - 1)];
        free(ws->ring);
        ws->ring = ring;
        ws->ring_cap = cap;
        ws->ring_head = 0;
    }
    ws->ring[(ws->ring_head + ws->n_waiting) & (ws->ring_cap - 1)] = m;
    ws->n_waiting++;
    ws->waiting_bytes += m->n;
}

/* Result of a socket write: a failed one ends the connection. */
static err wrote(struct ws *ws, err e)
{
    if (err_failed(e))
        ws_abort(ws, "connection lost");
    return e;
}

static err write_msg(struct ws *ws, struct ws_msg *m)
{
    return wrote(ws, sock_write_shared(ws->sock, ws_msg_bytes(m), m, ws_msg_unref));
}

/* Several small messages wait: send them with one system call. */
static err write_merged(struct ws *ws)
{
    struct buf b = {0};
    while (ws->n_waiting && b.n < MERGE_BYTES && ws->ring[ws->ring_head]->n <= SMALL_BYTES) {
        struct ws_msg *m = queue_pop(ws);
        buf_put_slice(&b, ws_msg_bytes(m));
        ws_msg_unref(m);
    }
    err e = wrote(ws, sock_write_buf(ws->sock, &b));
    buf_deinit(&b);
    return e;
}

static void pump(struct ws *ws)
{
    ws_ref(ws);
    while (ws->n_waiting && ws->n_corks == 0 && sock_queued(ws->sock) < SOCK_BYTES) {
        bool merge = ws->n_waiting > 1 && ws->ring[ws->ring_head]->n <= SMALL_BYTES;
        if (err_failed(merge ? write_merged(ws) : write_msg(ws, queue_pop(ws))))
            break; /* closed: the queue is gone */
    }
    ws_unref(ws);
}

static bool can_write_now(const struct ws *ws)
{
    return ws->n_waiting == 0 && ws->n_corks == 0 && sock_queued(ws->sock) < SOCK_BYTES;
}

/* Queue m, which is consumed, or give the peer up. */
static err enqueue(struct ws *ws, struct ws_msg *m)
{
    bool full = ws->n_waiting >= ws->opts.max_queue_msgs ||
                ws->waiting_bytes + m->n > ws->opts.max_queue_bytes;
    if (ws->n_waiting &&
        full) { /* one message always fits, however large: the sender has bounded it */
        ws_msg_unref(m);
        set_reason(ws, WS_FRAME_CODE_POLICY, SLICE_LIT("slow consumer"));
        finish(ws, 0);
        return FAIL(ERR_LIMIT, "ws: slow consumer");
    }
    queue_push(ws, m);
    return OK;
}

static struct ws_msg *new_msg(const struct ws *ws, enum ws_frame_op op, struct slice payload)
{
    if (!ws->is_client)
        return ws_msg_new(op, payload);
    /* The mask makes the head four bytes longer and the frame good for this connection only. */
    struct ws_msg *m = xmalloc(sizeof *m + WS_FRAME_MAX_HEAD + payload.n);
    uint8_t mask[4];
    struct buf frame = {0};
    ws_frame_random(mask, sizeof mask);
    ws_frame_build(&frame, op, payload, mask);
    atomic_init(&m->refs, 1);
    m->head_bytes = (uint32_t)(frame.n - payload.n);
    m->n = frame.n;
    memcpy(m->frame, frame.p, frame.n);
    buf_deinit(&frame);
    return m;
}

static err write_small(struct ws *ws, enum ws_frame_op op, struct slice payload)
{
    uint8_t frame[WS_FRAME_MAX_HEAD + STACK_BYTES];
    uint8_t mask[4];
    if (ws->is_client)
        ws_frame_random(mask, sizeof mask);
    struct buf b = {.p = frame, .cap = sizeof frame}; /* never grows: the sizes are bounded */
    ws_frame_build(&b, op, payload, ws->is_client ? mask : NULL);
    return wrote(ws, sock_write(ws->sock, buf_slice(&b)));
}

static err send_any(struct ws *ws, enum ws_frame_op op, struct slice payload)
{
    if (!can_write_now(ws))
        return enqueue(ws, new_msg(ws, op, payload));
    if (payload.n <= STACK_BYTES)
        return write_small(ws, op, payload);
    return write_msg(ws, new_msg(ws, op, payload));
}

static err check_open(const struct ws *ws)
{
    return ws->state == WS_STATE_OPEN ? OK : FAIL(ERR_CLOSED, "ws: closed: %s", ws->reason);
}

err ws_send(struct ws *ws, enum ws_frame_op op, struct slice payload)
{
    TRY(check_open(ws));
    return send_any(ws, op, payload);
}

err ws_send_buf(struct ws *ws, enum ws_frame_op op, struct buf *payload)
{
    if (ws->state != WS_STATE_OPEN || ws->is_client || payload->n < MOVE_BYTES ||
        !can_write_now(ws)) {
        err e = ws_send(ws, op, buf_slice(payload));
        buf_clear(payload);
        return e;
    }
    uint8_t head[WS_FRAME_MAX_HEAD];
    size_t n = ws_frame_head(head, op, true, payload->n, NULL);
    TRY(wrote(ws, sock_write(ws->sock, slice_of(head, n))));
    return wrote(ws, sock_write_buf(ws->sock, payload));
}

err ws_send_msg(struct ws *ws, struct ws_msg *m)
{
    TRY(check_open(ws));
    if (ws->is_client)
        return send_any(ws, (enum ws_frame_op)(m->frame[0] & 0x0f), ws_msg_payload(m));
    ws_msg_ref(m);
    return can_write_now(ws) ? write_msg(ws, m) : enqueue(ws, m);
}

void ws_cork(struct ws *ws)
{
    ws->n_corks++;
}

void ws_uncork(struct ws *ws)
{
    assert(ws->n_corks > 0);
    if (--ws->n_corks == 0 && ws->sock)
        pump(ws);
}

/* ---- closing ---- */

static struct slice close_payload(uint8_t out[125], uint16_t code, const char *reason)
{
    if (code == WS_FRAME_CODE_NO_STATUS)
        return SLICE_EMPTY;
    size_t n = strlen(reason);
    out[0] = (uint8_t)(code >> 8);
    out[1] = (uint8_t)code;
    memcpy(out + 2, reason, n);
    return slice_of(out, n + 2);
}

/* Queue the close frame behind the messages, whatever the bounds. */
static void send_close(struct ws *ws)
{
    uint8_t body[125];
    queue_push(ws, new_msg(ws, WS_FRAME_CLOSE, close_payload(body, ws->code, ws->reason)));
    ws->n_corks = 0;
    pump(ws);
}

static void start_closing(struct ws *ws, enum ws_state state, uint16_t code, struct slice reason)
{
    set_reason(ws, code, reason);
    ws->state = state;
    if (!ws->starting) /* else the timer is due now and starts again */
        timer_start(&ws->timer, clock_now_ns() + CLOSE_TIMEOUT_NS);
    send_close(ws);
}

/* The peer broke the rules: tell it, and swallow the rest, so that it can read what it did wrong.
 */
static void fail(struct ws *ws, uint16_t code, const char *why)
{
    queue_drop(ws);
    if (ws->state == WS_STATE_CLOSING) /* our close frame is out already */
        ws->state = WS_STATE_FAILED;
    else
        start_closing(ws, WS_STATE_FAILED, code, slice_str(why));
}

void ws_close(struct ws *ws, uint16_t code, const char *reason)
{
    if (ws->state != WS_STATE_OPEN)
        return;
    ws_ref(ws);
    start_closing(ws, WS_STATE_CLOSING, code, slice_str(reason ? reason : ""));
    if (ws->sock && ws->paused)
        ws_resume(ws); /* else the peer's answer is never seen */
    ws_unref(ws);
}

static void on_close_frame(struct ws *ws)
{
    if (ws->state == WS_STATE_OPEN) {
        queue_drop(ws);
        set_reason(ws, ws->parse.code, buf_slice(&ws->parse.control));
        send_close(ws);
    }
    finish(ws, FLUSH_MS);
}

/* ---- input ---- */

static void on_event(struct ws *ws, enum ws_parse_result r)
{
    bool open = ws->state == WS_STATE_OPEN;
    switch (r) {
    case WS_PARSE_TEXT:
    case WS_PARSE_BINARY:
        if (open && ws->opts.on_message)
            ws->opts.on_message(ws->opts.arg, ws, buf_slice(&ws->parse.message),
                                r == WS_PARSE_TEXT);
        break;
    case WS_PARSE_PING:
        if (open) /* a failure closes, and needs nothing more here */
            (void)send_any(ws, WS_FRAME_PONG, buf_slice(&ws->parse.control));
        break;
    case WS_PARSE_CLOSE: on_close_frame(ws); break;
    case WS_PARSE_FAILED: fail(ws, ws->parse.code, ws->parse.why); break;
    case WS_PARSE_PONG:
    case WS_PARSE_NONE: break;
    }
}

static bool reads(const struct ws *ws)
{
    return !ws->starting &&
           (ws->state == WS_STATE_CLOSING || (ws->state == WS_STATE_OPEN && !ws->paused));
}

/* Handle events as long as the user takes them; what is left of the input goes to `pending`. */
static void feed(struct ws *ws, struct slice data)
{
    ws_ref(ws);
    ws->in_feed = true;
    ws_parse_input(&ws->parse, data);
    while (reads(ws)) {
        enum ws_parse_result r = ws_parse_next(&ws->parse);
        if (r == WS_PARSE_NONE)
            break;
        on_event(ws, r);
    }
    buf_put_slice(&ws->pending, ws_parse_rest(&ws->parse));
    ws->in_feed = false;
    ws_unref(ws);
}

static void on_data(void *arg, struct slice data)
{
    struct ws *ws = arg;
    ws->last_heard_ns = clock_now_ns();
    ws->pinged = false;
    if (ws->state == WS_STATE_FAILED)
        return;
    if (reads(ws) && !ws->in_feed && ws->pending.n == 0)
        feed(ws, data);
    else
        buf_put_slice(&ws->pending, data);
}

static void on_end(void *arg, err e)
{
    struct ws *ws = arg;
    if (ws->state == WS_STATE_OPEN)
        set_reason(ws, WS_FRAME_CODE_ABNORMAL,
                   slice_str(err_failed(e) ? err_text() : "connection closed"));
    finish(ws, 0);
}

static void on_drain(void *arg)
{
    pump(arg);
}

void ws_pause(struct ws *ws)
{
    if (ws->sock == NULL || ws->paused)
        return;
    ws->paused = true;
    sock_pause(ws->sock);
}

static void feed_pending(struct ws *ws)
{
    ws_ref(ws);
    /* Also with nothing pending: the parser may hold whole frames. */
    if (reads(ws) && !ws->in_feed) {
        struct buf pending = ws->pending;
        ws->pending = (struct buf){0};
        feed(ws, buf_slice(&pending));
        buf_deinit(&pending);
    }
    if (ws->sock && !ws->paused)
        sock_resume(ws->sock);
    ws_unref(ws);
}

void ws_resume(struct ws *ws)
{
    if (ws->sock == NULL || !ws->paused)
        return;
    ws->paused = false;
    ws->last_heard_ns = clock_now_ns();
    ws->pinged = false;
    if (!ws->starting)
        feed_pending(ws);
}

/* ---- time ---- */

/* The timer is not moved by traffic; when it fires, it looks how long the peer has been silent. */
static void on_open_timer(struct ws *ws, int64_t now)
{
    int64_t idle_ns = (int64_t)ws->opts.idle_timeout_ms * CLOCK_MS;
    int64_t ping_ns = (int64_t)ws->opts.ping_interval_ms * CLOCK_MS;
    if (ws->paused)
        ws->last_heard_ns = now; /* we do not listen, so silence says nothing */
    int64_t silent_ns = now - ws->last_heard_ns;
    if (silent_ns >= idle_ns) {
        ws_abort(ws, "idle");
        return;
    }
    if (silent_ns >= ping_ns && !ws->pinged) {
        ws->pinged = true;
        if (err_failed(send_any(ws, WS_FRAME_PING, SLICE_EMPTY)))
            return;
    }
    timer_start(&ws->timer, ws->last_heard_ns + (ws->pinged ? idle_ns : ping_ns));
}

static void on_timer(struct timer *t)
{
    struct ws *ws = container_of(t, struct ws, timer);
    int64_t now = clock_now_ns();
    if (ws->state != WS_STATE_OPEN && !ws->starting) {
        finish(ws, 0);
        return;
    }
    ws_ref(ws);
    if (ws->starting) {
        ws->starting = false;
        feed_pending(ws);
    }
    if (ws->state == WS_STATE_OPEN)
        on_open_timer(ws, now);
    else if (ws->sock)
        timer_start(&ws->timer, now + CLOSE_TIMEOUT_NS);
    ws_unref(ws);
}

/* ---- making one ---- */

static const struct sock_handler handler = {
    .on_data = on_data, .on_end = on_end, .on_drain = on_drain};

struct ws *ws_new(struct sock *sock, bool is_client, const struct ws_opts *opts, struct buf *rest)
{
    struct ws *ws = xcalloc(1, sizeof *ws);
    ws->sock = sock;
    ws->is_client = is_client;
    ws->opts = *opts;
    ws->opts.max_message_bytes =
        opts->max_message_bytes ? opts->max_message_bytes : (size_t)16 << 20;
    ws->opts.max_queue_bytes = opts->max_queue_bytes ? opts->max_queue_bytes : (size_t)16 << 20;
    ws->opts.max_queue_msgs = opts->max_queue_msgs ? opts->max_queue_msgs : 4096;
    ws->opts.idle_timeout_ms = opts->idle_timeout_ms ? opts->idle_timeout_ms : 60000;
    ws->opts.ping_interval_ms =
        opts->ping_interval_ms ? opts->ping_interval_ms : ws->opts.idle_timeout_ms / 2;
    ws->refs = 2; /* the connection's, and one for this call */
    ws->starting = true;
    ws->pending = *rest;
    *rest = (struct buf){0};
    ws_parse_init(&ws->parse, !is_client, ws->opts.max_message_bytes);
    timer_init(&ws->timer, on_timer);
    ws->last_heard_ns = clock_now_ns();
    timer_start(&ws->timer, ws->last_heard_ns);
    sock_set_low_water(sock, SOCK_BYTES / 2);
    sock_set_handler(sock, &handler, ws);
    if (ws->sock)
        sock_pause(sock);
    struct ws *ret = ws->state == WS_STATE_CLOSED ? NULL : ws;
    ws_unref(ws);
    return ret;
}

static bool key_valid(struct slice key)
{
    if (key.n != 24 || key.p[22] != '=' || key.p[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++) {
        uint8_t c = key.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && c != '+' && c != '/')
            return false;
    }
    return true;
}

static struct ws *refuse(struct http_request *req, int status, const char *extra_headers,
                         const char *why)
{
    struct buf body = {0};
    buf_put_str(&body, why);
    http_server_respond(req, status, "text/plain", extra_headers, &body);
    buf_deinit(&body);
    return NULL;
}

struct ws *ws_accept(struct http_request *req, const struct ws_opts *opts,
                     const char *extra_headers)
{
    struct slice key = http_request_header(req, "sec-websocket-key");
    if (!slice_eq(http_request_header(req, "sec-websocket-version"), SLICE_LIT("13")))
        return refuse(req, 426, "Sec-WebSocket-Version: 13\r\n",
                      "WebSocket version 13 is spoken here");
    if (!key_valid(key) || req->is_http10)
        return refuse(req, 400, NULL, "bad WebSocket handshake");
    char accept[29];
    ws_frame_accept_key(key, accept);
    struct buf head = {0};
    struct buf rest = {0};
    buf_printf(&head,
               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Accept: %s\r\n%s\r\n",
               accept, extra_headers ? extra_headers : "");
    struct sock *sock = http_server_upgrade(req, buf_slice(&head), &rest);
    struct ws *ws = sock ? ws_new(sock, false, opts, &rest) : NULL;
    buf_deinit(&head);
    buf_deinit(&rest);
    return ws;
}

bool ws_open(const struct ws *ws)
{
    return ws->state == WS_STATE_OPEN;
}

size_t ws_queued_bytes(const struct ws *ws)
{
    return ws->sock ? ws->waiting_bytes + sock_queued(ws->sock) : 0;
}

const char *ws_peer_ip(const struct ws *ws)
{
    return ws->sock ? sock_peer_ip(ws->sock) : "";
}

void *ws_arg(const struct ws *ws)
{
    return ws->opts.arg;
}

void ws_set_arg(struct ws *ws, void *arg)
{
    ws->opts.arg = arg;
}
