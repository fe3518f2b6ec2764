/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws.h"

#include "base/mem.h"
#include "net/ws_impl.h"
#include "net/ws_unpack.h"
#include "rt/clock.h"
#include "rt/sock.h"

#include <assert.h>
#include <stdlib.h>

#define LOW_WATER ((size_t)32 << 10)
#define CLOSE_TIMEOUT_NS (2 * CLOCK_S)
#define FLUSH_MS 2000
#define FIRST_STEPS 4 /* of unpacking, at once */

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
    ready_cancel(&ws->turn);
    free(ws);
}

static void end_unpack(struct ws *ws, struct ws_unpack *u);
static void on_unpack_turn(struct ready *r);

/* ---- end ---- */

static void set_reason(struct ws *ws, uint16_t code, struct slice reason)
{
    bool bad;
    size_t n = MIN(reason.n, sizeof ws->reason - 1);
    n = ws_frame_utf8_prefix(slice_of(reason.p, n), &bad); /* not in the middle of a character */
    ws->code = code;
    if (n)
        memcpy(ws->reason, reason.p, n);
    ws->reason[n] = 0;
}

static void end(struct ws *ws, uint32_t flush_ms)
{
    if (ws->state == WS_STATE_CLOSED)
        return;
    ws->state = WS_STATE_CLOSED;
    ws_send_drop(ws);
    timer_stop(&ws->timer);
    ready_cancel(&ws->unpack_turn);
    end_unpack(ws, TAKE_PTR(ws->unpack));
    sock_close(TAKE_PTR(ws->sock), flush_ms);
    ready_add(&ws->turn);
}

void ws_finish(struct ws *ws, uint16_t code, struct slice reason, uint32_t flush_ms)
{
    if (ws->state == WS_STATE_OPEN)
        set_reason(ws, code, reason);
    end(ws, flush_ms);
}

static void on_turn(struct ready *r)
{
    struct ws *ws = container_of(r, struct ws, turn);
    if (ws->opts.on_close)
        ws->opts.on_close(ws->opts.arg, ws, ws->code, ws->reason);
    ws_unref(ws);
}

void ws_abort(struct ws *ws, const char *reason)
{
    ws_finish(ws, WS_FRAME_CODE_ABNORMAL, slice_str(reason), 0);
}

void ws_forget(struct ws *ws)
{
    ws->opts.on_message = NULL;
    ws->opts.on_close = NULL;
    ws_abort(ws, "closed");
}

/* The peer broke the rules: tell it, and close. What it has sent is swallowed while it reads that.
 */
static void fail(struct ws *ws, uint16_t code, const char *why)
{
    if (ws->state == WS_STATE_OPEN) {
        set_reason(ws, code, slice_str(why));
        ws_send_close(ws, ws->code, ws->reason, false);
    }
    end(ws, FLUSH_MS);
}

void ws_close(struct ws *ws, uint16_t code, const char *reason)
{
    if (ws->state != WS_STATE_OPEN)
        return;
    set_reason(ws, code, slice_str(reason ? reason : ""));
    ws->state = WS_STATE_CLOSING;
    timer_start(&ws->timer, clock_now_ns() + CLOSE_TIMEOUT_NS);
    ws_send_close(ws, ws->code, ws->reason, true);
    ws_update_reading(ws); /* to see the peer's answer */
}

void ws_cut(struct ws *ws, uint16_t code, const char *reason, uint32_t flush_ms)
{
    if (ws->state != WS_STATE_OPEN)
        return;
    set_reason(ws, code, slice_str(reason));
    ws_send_close(ws, ws->code, ws->reason, false);
    end(ws, flush_ms);
}

static void on_close_frame(struct ws *ws)
{
    if (ws->state == WS_STATE_OPEN) {
        set_reason(ws, ws->parse.code, buf_slice(&ws->parse.control));
        ws_send_close(ws, ws->code, ws->reason, false);
    }
    end(ws, FLUSH_MS);
}

/* ---- input ---- */

static bool reads(const struct ws *ws)
{
    return ws->unpack == NULL && (ws->state == WS_STATE_CLOSING ||
                                  (ws->state == WS_STATE_OPEN && !ws->paused && !ws->choked));
}

void ws_update_reading(struct ws *ws)
{
    bool wanted = reads(ws);
    if (ws->sock == NULL || wanted == ws->reading)
        return;
    ws->reading = wanted;
    ws->last_heard_ns = clock_now_ns();
    if (wanted)
        sock_resume(ws->sock);
    else
        sock_pause(ws->sock);
}

static void on_message(struct ws *ws, struct slice payload, bool text)
{
    if (ws->opts.on_message)
        ws->opts.on_message(ws->opts.arg, ws, payload, text);
}

static void end_unpack(struct ws *ws, struct ws_unpack *u)
{
    if (u)
        ws_unpack_end(u, ws_deflate_spare(ws->opts.deflate));
}

/* Some steps, which do for nearly all; then for as long as the slice lasts, behind all others. */
static void go_on_unpacking(struct ws *ws, int steps)
{
    bool done = false;
    err e = OK;
    do
        e = ws_unpack_step(ws->unpack, &done);
    while (!err_failed(e) && !done && (--steps > 0 || (steps < 0 && !ready_slice_over())));
    if (!err_failed(e) && !done) {
        ready_add(&ws->unpack_turn);
        ws_update_reading(ws);
        return;
    }
    struct ws_unpack *u = TAKE_PTR(ws->unpack);
    if (err_failed(e))
        fail(ws, e.code == ERR_LIMIT ? WS_FRAME_CODE_TOO_LARGE : WS_FRAME_CODE_BAD_TEXT,
             err_text());
    else if (ws->state == WS_STATE_OPEN)
        on_message(ws, ws_unpack_plain(u), ws_unpack_is_text(u));
    end_unpack(ws, u);
    ws_update_reading(ws);
}

static void on_unpack_turn(struct ready *r)
{
    go_on_unpacking(container_of(r, struct ws, unpack_turn), 0);
}

static void on_packed_message(struct ws *ws, bool text)
{
    struct ws_opts *o = &ws->opts;
    if (o->on_packed && !o->on_packed(o->arg, ws, ws->parse.message.n))
        return;
    ws->unpack = ws_unpack_begin(ws_deflate_spare(o->deflate), &ws->parse.message,
                                 o->max_message_bytes, text);
    go_on_unpacking(ws, FIRST_STEPS);
}

static void on_event(struct ws *ws, enum ws_parse_result r)
{
    bool open = ws->state == WS_STATE_OPEN;
    switch (r) {
    case WS_PARSE_TEXT:
    case WS_PARSE_BINARY:
        if (open && ws->parse.is_packed)
            on_packed_message(ws, r == WS_PARSE_TEXT);
        else if (open)
            on_message(ws, buf_slice(&ws->parse.message), r == WS_PARSE_TEXT);
        break;
    case WS_PARSE_PING:
        if (open && err_failed(ws_send_control(ws, WS_FRAME_PONG, buf_slice(&ws->parse.control))))
            ws_abort(ws, "gone"); /* what it has sent before may be much, and nobody waits for it */
        break;
    case WS_PARSE_CLOSE: on_close_frame(ws); break;
    case WS_PARSE_FAILED: fail(ws, ws->parse.code, ws->parse.why); break;
    case WS_PARSE_PONG:
    case WS_PARSE_MORE:
    case WS_PARSE_NONE: break;
    }
}

static int64_t message_limit(const struct ws *ws)
{
    return ws->message_since_ns + (int64_t)ws->opts.message_timeout_ms * CLOCK_MS;
}

/* The time of a message runs while we wait for the peer, from its first byte to its last. */
static void note_progress(struct ws *ws, bool completed)
{
    bool in_progress = ws_parse_in_progress(&ws->parse) && ws->reading;
    if (completed || !in_progress)
        ws->message_since_ns = 0;
    if (!in_progress || ws->message_since_ns || ws->state != WS_STATE_OPEN)
        return;
    ws->message_since_ns = ws->last_heard_ns;
    if (ws->timer.deadline_ns > message_limit(ws))
        timer_start(&ws->timer, message_limit(ws));
}

/* Handle events as long as the user takes them and the slice lasts; the socket keeps the rest. */
static void on_data(void *arg, struct slice data)
{
    struct ws *ws = arg;
    bool completed = false;
    ws->last_heard_ns = clock_now_ns();
    struct sock *s = ws->sock; /* closed when ws->sock is no more */
    ws_parse_input(&ws->parse, data);
    sock_cork(s); /* pongs leave together */
    while (reads(ws)) {
        enum ws_parse_result r = ws_parse_next(&ws->parse);
        if (r == WS_PARSE_NONE)
            break;
        completed = completed || r == WS_PARSE_TEXT || r == WS_PARSE_BINARY;
        on_event(ws, r);
        if (ws->parse.in.n && ready_slice_over())
            break;
    }
    struct slice rest = ws_parse_rest(&ws->parse);
    if (ws->sock == NULL)
        return;
    sock_uncork(s);
    sock_unread(ws->sock, rest);
    note_progress(ws, completed);
}

static void on_end(void *arg, err e)
{
    struct ws *ws = arg;
    ws_finish(ws, WS_FRAME_CODE_ABNORMAL,
              slice_str(err_failed(e) ? err_text() : "connection closed"), 0);
}

static void on_drain(void *arg)
{
    ws_send_drained(arg);
}

void ws_pause(struct ws *ws)
{
    ws->paused = true;
    ws_update_reading(ws);
}

void ws_resume(struct ws *ws)
{
    ws->paused = false;
    ws_update_reading(ws);
}

/* ---- time ---- */

/* Has the peer taken anything of what is queued for it within the idle time-out? */
static bool takes(struct ws *ws, int64_t now, int64_t idle_ns)
{
    uint64_t taken = sock_sent_bytes(ws->sock);
    if (taken != ws->taken_bytes || sock_queued(ws->sock) == 0) {
        ws->taken_bytes = taken;
        ws->taken_ns = now;
    }
    return now - ws->taken_ns < idle_ns;
}

/* The timer is not moved by traffic; when it fires, it looks how long the peer has been silent. */
static void on_open_timer(struct ws *ws, int64_t now)
{
    int64_t idle_ns = (int64_t)ws->opts.idle_timeout_ms * CLOCK_MS;
    int64_t ping_ns = (int64_t)ws->opts.ping_interval_ms * CLOCK_MS;
    if (!ws->reading)
        ws->last_heard_ns = now; /* we do not listen, so silence says nothing */
    if (!takes(ws, now, idle_ns)) {
        ws_abort(ws, "takes nothing of what is sent");
        return;
    }
    if (now - ws->last_heard_ns >= idle_ns) {
        ws_abort(ws, "idle");
        return;
    }
    if (ws->message_since_ns && now >= message_limit(ws)) {
        fail(ws, WS_FRAME_CODE_POLICY, "message takes too long");
        return;
    }
    if (now - MAX(ws->last_heard_ns, ws->last_ping_ns) >= ping_ns) {
        ws->last_ping_ns = now; /* a failure ends the connection in a turn of the socket */
        err_ignore(ws_send_control(ws, WS_FRAME_PING, SLICE_EMPTY));
    }
    int64_t next =
        MIN(ws->last_heard_ns + idle_ns, MAX(ws->last_heard_ns, ws->last_ping_ns) + ping_ns);
    timer_start(&ws->timer, ws->message_since_ns ? MIN(next, message_limit(ws)) : next);
}

static void on_timer(struct timer *t)
{
    struct ws *ws = container_of(t, struct ws, timer);
    if (ws->state == WS_STATE_OPEN)
        on_open_timer(ws, clock_now_ns());
    else
        end(ws, 0);
}

/* ---- making one ---- */

static const struct sock_handler handler = {
    .on_data = on_data, .on_end = on_end, .on_drain = on_drain, .end_overtakes = true};

static void set_opts(struct ws *ws, const struct ws_opts *opts)
{
    ws->opts = *opts;
    struct ws_opts *o = &ws->opts;
    o->max_message_bytes = o->max_message_bytes ? o->max_message_bytes : (size_t)16 << 20;
    o->max_queue_bytes = o->max_queue_bytes ? o->max_queue_bytes : (size_t)16 << 20;
    o->max_queue_msgs = o->max_queue_msgs ? o->max_queue_msgs : 4096;
    o->idle_timeout_ms = o->idle_timeout_ms ? o->idle_timeout_ms : 60000;
    o->ping_interval_ms = o->ping_interval_ms ? o->ping_interval_ms : o->idle_timeout_ms / 2;
    o->message_timeout_ms = o->message_timeout_ms ? o->message_timeout_ms : 30000;
}

struct ws *ws_new(struct sock *sock, bool is_client, const struct ws_opts *opts)
{
    struct ws *ws = xcalloc(1, sizeof *ws);
    ws->sock = sock;
    ws->is_client = is_client;
    ws->reading = true;
    ws->refs = 1;
    set_opts(ws, opts);
    ready_init(&ws->turn, on_turn);
    ready_set_share(&ws->turn, sock_share(sock));
    ready_init(&ws->unpack_turn, on_unpack_turn);
    ready_set_minor(&ws->unpack_turn);
    ws_parse_init(&ws->parse, !is_client, ws->opts.max_message_bytes);
    timer_init(&ws->timer, on_timer);
    ws->last_heard_ns = ws->taken_ns = clock_now_ns();
    timer_start(&ws->timer,
                ws->last_heard_ns +
                    (int64_t)MIN(ws->opts.ping_interval_ms, ws->opts.idle_timeout_ms) * CLOCK_MS);
    sock_set_low_water(sock, LOW_WATER);
    sock_set_handler(sock, &handler, ws);
    return ws;
}

bool ws_open(const struct ws *ws)
{
    return ws->state == WS_STATE_OPEN;
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
