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
#include "web/web_http.h"
#include "web/web_work.h"

#include <stdio.h>
#include <stdlib.h>

/* Lives until its connection is closed and its last request has ended. */
struct web_session {
    struct list link; /* of wc->sessions */
    struct web_core *wc;
    struct ws *ws; /* a reference */
    struct guard_client *client;
    struct feed_party party; /* what it has subscribed to */
    bool is_admin;
    bool closed;
    bool paused;
    struct list works; /* requests in work */
    uint32_t n_works;
};

static void session_free_if_done(struct web_session *s)
{
    if (!s->closed || s->n_works)
        return;
    struct guard *g = s->wc->web->guard;
    list_unlink(&s->link);
    guard_disconnect(g, s->client);
    guard_put(g, s->client);
    counter_add(s->wc->web->n_connected, -1);
    ws_unref(s->ws);
    free(s);
}

static void session_send(struct web_session *s, struct buf *text)
{
    if (s->closed)
        return;
    err e = ws_send_buf(s->ws, WS_FRAME_TEXT, text);
    if (e.code == ERR_LIMIT)
        LOG_INFO("web: %s is too slow, closed", guard_ip(s->client));
}

static void work_done(struct web_work *work)
{
    struct web_session *s = work->session;
    feed_sub_done(&work->feed); /* what it subscribed to begins behind the answer */
    list_unlink(&work->link);
    s->n_works--;
    web_work_put(work);
    if (s->paused && s->n_works < s->wc->web->opts.max_parallel && !s->closed) {
        s->paused = false;
        ws_resume(s->ws);
    }
    session_free_if_done(s);
}

static void run_message(void *arg)
{
    struct web_work *work = arg;
    int status;
    const char *type;
    if (web_work_answer(work, &status, &type))
        session_send(work->session, &work->out);
    work_done(work);
}

static void refuse(struct web_session *s, enum web_admission why, struct slice text)
{
    CLEANUP(buf_deinit) struct buf out = {0};
    rpc_put_refusal(&out, web_work_refusal(why), text);
    (void)guard_bytes(s->wc->web->guard, s->client,
                      out.n); /* counted; there is nothing to add a warning to */
    session_send(s, &out);
}

static void on_message(void *arg, struct ws *ws, struct slice payload, bool text)
{
    struct web_session *s = arg;
    enum web_admission admission = web_work_admit(s->wc, s->client);
    if (admission != WEB_ADMIT) {
        refuse(s, admission, payload);
        return;
    }
    struct web_work *work = web_work_take(s->wc, s->client);
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
    if (++s->n_works >= s->wc->web->opts.max_parallel && !s->paused) {
        s->paused = true;
        ws_pause(ws);
    }
}

static void on_close(void *arg, struct ws *ws, uint16_t code, const char *reason)
{
    struct web_session *s = arg;
    s->closed = true;
    s->party.sub = feed_sub_close(s->party.sub);
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
        LOG_INFO("web: %s is too slow, closed", guard_ip(s->client));
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
    LOG_INFO("web: %s closed: %s", guard_ip(s->client), reason);
    ws_close(s->ws, code, reason);
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
    guard_connect(wc->web->guard, s->client);
    s->party = (struct feed_party){.feed = wc->web->opts.feed, .sink.ops = &sink_ops};
    list_init(&s->works);
    list_init(&s->link);
    counter_inc(wc->web->n_connected);
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
    if (peer->over_limit) {
        web_http_refuse_connection(peer, req);
        return;
    }
    struct web_session *s = session_new(wc, peer, is_admin);
    struct ws_opts opts = {
        .max_queue_msgs = wc->web->opts.ws_max_queue_msgs,
        .max_queue_bytes = (size_t)64 << 20,
        .idle_timeout_ms = 300000,
        .ping_interval_ms = 30000,
        .on_message = on_message,
        .on_close = on_close,
        .arg = s,
    };
    char headers[80];
    snprintf(headers, sizeof headers, "Server: %s\r\n", wc->web->server_name);
    list_push_back(&wc->sessions, &s->link);
    s->n_works++; /* on_close may be called in ws_accept: it must leave the session to us */
    struct ws *ws = ws_accept(req, &opts, headers);
    s->n_works--;
    if (ws || s->closed) /* upgraded: HTTP knows the connection no more */
        web_http_peer_free(peer);
    if (ws)
        s->ws = ws_ref(ws);
    else
        session_drop(s);
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
