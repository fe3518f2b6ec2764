/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_WEB
#include "web/web_ws.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "net/ws.h"
#include "net/ws_msg.h"
#include "rpc/engine.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "web/held.h"
#include "web/throttle.h"
#include "web/web_http.h"
#include "web/web_work.h"

#include <stdio.h>
#include <stdlib.h>

/* So long a slow client may take to read why it was closed. */
#define SLOW_FLUSH_MS 10000
/* A compressed message that size is unpacked in any case: it may be one of those that always pass.
 */
#define MAX_CHEAP_BYTES 256

/* Lives until its connection is closed and its last request has ended. */
struct web_session {
    struct list link; /* of wc->sessions */
    struct web_core *wc;
    struct ws *ws; /* a reference */
    struct guard_client *client;
    char client_ip[ADDRESS_BYTES];
    struct feed_party party; /* what it has subscribed to */
    bool is_admin;
    bool closed;
    struct held held;
    struct throttle throttle;
    bool is_paused;    /* ws_pause */
    bool is_throttled; /* until go_on */
    struct list works; /* requests in work */
    uint32_t n_works;
};

static void session_free_if_done(struct web_session *s)
{
    if (!s->closed || s->n_works)
        return;
    struct web *web = s->wc->web;
    held_drop(&s->held);
    throttle_stop(&s->throttle);
    list_unlink(&s->link);
    guard_disconnect(web->guard, s->client);
    guard_put(web->guard, s->client);
    counter_add(web->n_connected, -1);
    atomic_fetch_sub(&web->n_open, 1);
    ws_unref(s->ws);
    free(s);
}

static void session_send(struct web_session *s, struct buf *text)
{
    if (s->closed)
        return;
    err_ignore(ws_send_buf(s->ws, WS_FRAME_TEXT, text)); /* of a close on_close tells */
    held_note(&s->held, s->client);
}

/* Read, or do not, as far as requests in work and limits allow. */
static void session_set_pace(struct web_session *s)
{
    bool pause = s->is_throttled || s->n_works >= s->wc->web->opts.max_parallel;
    if (s->closed || pause == s->is_paused)
        return;
    s->is_paused = pause;
    if (pause)
        ws_pause(s->ws);
    else
        ws_resume(s->ws);
}

static void go_on(struct throttle *t)
{
    struct web_session *s = container_of(t, struct web_session, throttle);
    s->is_throttled = false;
    session_set_pace(s);
}

/* The client is over its limits, and has been told. */
static void session_slow_down(struct web_session *s)
{
    if (s->closed)
        return;
    switch (throttle_refused(&s->throttle, s->wc->web->guard, s->client)) {
    case THROTTLE_TELL: break;
    case THROTTLE_HOLD:
        s->is_throttled = true;
        session_set_pace(s);
        break;
    case THROTTLE_CLOSE:
        ws_close(s->ws, WS_FRAME_CODE_POLICY, "over the limits, and goes on");
        break;
    }
}

static size_t queued_bytes(const struct held *h)
{
    const struct web_session *s = container_of(h, struct web_session, held);
    return s->closed ? 0 : ws_queued_bytes(s->ws);
}

static void work_done(struct web_work *work)
{
    struct web_session *s = work->session;
    feed_sub_done(&work->feed); /* what it subscribed to begins behind the answer */
    list_unlink(&work->link);
    s->n_works--;
    web_work_put(work);
    session_set_pace(s);
    session_free_if_done(s);
}

static void run_message(void *arg)
{
    struct web_work *work = arg;
    int status;
    const char *type;
    if (web_work_answer(work, &status, &type))
        session_send(work->session, &work->out);
    if (work->is_slowed)
        session_slow_down(work->session);
    work_done(work);
}

static void refuse(struct web_session *s, enum web_admission why, struct slice text)
{
    CLEANUP(buf_deinit) struct buf out = {0};
    rpc_put_refusal(&out, web_work_refusal(why), text);
    (void)guard_bytes(s->wc->web->guard, s->client,
                      out.n); /* counted; there is nothing to add a warning to */
    session_send(s, &out);
    if (why == WEB_SLOW_DOWN)
        session_slow_down(s);
}

static void on_message(void *arg, struct ws *ws, struct slice payload, bool text)
{
    struct web_session *s = arg;
    enum web_admission admission = web_work_admit(s->wc, s->client, payload);
    if (!web_work_admitted(admission)) {
        refuse(s, admission, payload);
        return;
    }
    struct web_work *work = web_work_take(s->wc, s->client, s->client_ip, payload.n, admission);
    work->fiber = fiber_try_spawn("ws request", run_message, work);
    if (work->fiber == NULL) {
        web_work_put(work);
        refuse(s, WEB_TOO_BUSY, payload);
        return;
    }
    work->session = s;
    work->feed = (struct feed_call){.party = &s->party};
    work->is_admin = s->is_admin;
    work->text = arena_dup(work->arena, payload); /* the payload goes when this call returns */
    list_push_back(&s->works, &work->link);
    s->n_works++;
    session_set_pace(s);
}

/* Who is over its limits is refused without unpacking, as far as that could be dear. */
static bool on_packed(void *arg, struct ws *ws, size_t n)
{
    struct web_session *s = arg;
    if (n <= MAX_CHEAP_BYTES || guard_within(s->wc->web->guard, s->client))
        return true;
    refuse(s, WEB_SLOW_DOWN, SLICE_EMPTY);
    return false;
}

static void on_close(void *arg, struct ws *ws, uint16_t code, const char *reason)
{
    struct web_session *s = arg;
    s->closed = true;
    feed_sub_end_party(&s->party);
    LIST_EACH(it, &s->works)
    fiber_cancel(LIST_ENTRY(it, struct web_work, link)->fiber);
    session_free_if_done(s);
}

/* ---- streams ---- */

static struct web_session *session_of(struct feed_sink *k)
{
    return container_of(k, struct web_session, party.sink);
}

static void *wire_make(struct slice payload, _Atomic int64_t *bytes)
{
    return ws_msg_new_counted(WS_FRAME_TEXT, payload, bytes);
}

static void *wire_ref(void *msg)
{
    return ws_msg_ref(msg);
}

const struct feed_wire web_ws_wire = {.make = wire_make, .ref = wire_ref, .unref = ws_msg_unref};

static err sink_send(struct feed_sink *k, void *msg)
{
    struct web_session *s = session_of(k);
    err e = ws_send_msg(s->ws, msg);
    if (e.code == ERR_LIMIT)
        LOG_INFO("web: %s is too slow, closed", s->client_ip);
    return e;
}

static void sink_cork(struct feed_sink *k)
{
    ws_cork(session_of(k)->ws);
}

static void sink_uncork(struct feed_sink *k)
{
    ws_uncork(session_of(k)->ws);
}

static struct feed_queue sink_queued(struct feed_sink *k)
{
    const struct ws *ws = session_of(k)->ws;
    return (struct feed_queue){ws_queued_msgs(ws), ws_queued_bytes(ws)};
}

static void sink_close(struct feed_sink *k, uint16_t code, const char *reason)
{
    struct web_session *s = session_of(k);
    LOG_INFO("web: %s closed: %s", s->client_ip, reason);
    ws_cut(s->ws, code, reason, SLOW_FLUSH_MS);
}

static const struct feed_sink_ops sink_ops = {.send = sink_send,
                                              .cork = sink_cork,
                                              .uncork = sink_uncork,
                                              .queued = sink_queued,
                                              .close = sink_close};

/* The connection's record moves from HTTP to the session: http's on_close is not called for an
 * upgraded connection. */
static struct web_session *session_new(struct web_core *wc, struct web_peer *peer, bool is_admin)
{
    struct web_session *s = xcalloc(1, sizeof *s);
    s->wc = wc;
    s->is_admin = is_admin;
    s->client = guard_ref(peer->client);
    memcpy(s->client_ip, peer->client_ip, strlen(peer->client_ip) + 1);
    guard_connect(wc->web->guard, s->client);
    s->party = (struct feed_party){.feed = wc->web->opts.feed, .sink.ops = &sink_ops};
    list_init(&s->works);
    list_init(&s->link);
    held_init(&s->held, wc, queued_bytes);
    throttle_init(&s->throttle, go_on);
    counter_inc(wc->web->n_connected);
    atomic_fetch_add(&wc->web->n_open, 1);
    return s;
}

static void session_drop(struct web_session *s)
{
    s->closed = true;
    session_free_if_done(s);
}

void web_ws_accept(struct web_core *wc, struct http_request *req)
{
    struct web_peer *peer = req->conn_user;
    bool is_admin = web_http_resolve(peer, req);
    if (peer->n_over_limit) {
        web_http_refuse_connection(peer, req);
        return;
    }
    struct web_session *s = session_new(wc, peer, is_admin);
    struct ws_opts opts = {
        .max_message_bytes = wc->web->opts.max_request_bytes,
        .max_queue_msgs = wc->web->opts.ws_max_queue_msgs,
        .max_queue_bytes = (size_t)64 << 20,
        .deflate = wc->deflate,
        .idle_timeout_ms = 300000,
        .ping_interval_ms = 30000,
        .on_packed = on_packed,
        .on_message = on_message,
        .on_close = on_close,
        .arg = s,
    };
    char headers[80];
    snprintf(headers, sizeof headers, "Server: %s\r\n", wc->web->server_name);
    list_push_back(&wc->sessions, &s->link);
    struct ws *ws = ws_accept(req, &opts, headers);
    if (ws == NULL) { /* refused: the connection is still HTTP's */
        session_drop(s);
        return;
    }
    s->ws = ws_ref(ws);
    web_http_peer_free(peer);
}

void web_ws_close_all(struct web_core *wc)
{
    LIST_EACH(it, &wc->sessions)
    {
        struct web_session *s = LIST_ENTRY(it, struct web_session, link);
        if (!s->closed)
            ws_close(s->ws, WS_FRAME_CODE_GOING_AWAY,
                     "This Kleio node is shutting down. Please try another node.");
    }
}

void web_ws_abort_all(struct web_core *wc)
{
    LIST_EACH(it, &wc->sessions)
    {
        struct web_session *s = LIST_ENTRY(it, struct web_session, link);
        if (!s->closed)
            ws_abort(s->ws, "server stops");
    }
}
