/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_WEB
#include "web/web_http.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "net/tls.h"
#include "net/ws_deflate.h"
#include "rpc/engine.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "web/held.h"
#include "web/netlist.h"
#include "web/pages.h"
#include "web/throttle.h"
#include "web/web_work.h"
#include "web/web_ws.h"

#include <stdio.h>
#include <stdlib.h>

/* Connections over its limit that one client is told of; what is more is closed unheard. */
#define MAX_TOLD 8
/* Handshakes of TLS that one client may have in progress: a quarter of a core's places (tls.h). */
#define MAX_HANDSHAKES 64

struct peer {
    struct web_peer base;
    struct http_conn *conn; /* NULL before the first request */
    struct held held;
    struct throttle throttle;
};

static const char json_type[] = "application/json";

/* Connections are counted where they are; a proxy's clients are counted instead of the proxy. `ip`
 * is the peer's own, or has ADDRESS_BYTES. */
static void peer_count(struct web_peer *peer, const char *ip)
{
    struct guard *g = peer->wc->web->guard;
    if (peer->client) {
        guard_disconnect(g, peer->client);
        guard_put(g, peer->client);
    }
    peer->client_ip = ip == peer->ip ? ip : memcpy(peer->named, ip, sizeof peer->named);
    peer->client = guard_get(g, ip);
    peer->n_over_limit = guard_connect(g, peer->client);
}

static struct peer *peer_of(struct web_peer *base)
{
    return container_of(base, struct peer, base);
}

void web_http_peer_free(struct web_peer *base)
{
    struct peer *peer = peer_of(base);
    struct web *web = base->wc->web;
    held_drop(&peer->held);
    throttle_stop(&peer->throttle);
    guard_disconnect(web->guard, base->client);
    guard_put(web->guard, base->client);
    counter_add(web->n_connected, -1);
    atomic_fetch_sub(&web->n_open, 1);
    free(peer);
}

static size_t queued_bytes(const struct held *h)
{
    struct peer *peer = container_of(h, struct peer, held);
    return peer->conn ? http_server_queued_bytes(peer->conn) : 0;
}

static void go_on(struct throttle *t)
{
    http_server_resume(container_of(t, struct peer, throttle)->conn);
}

static struct web_peer *peer_new(struct web_core *wc, const char *ip)
{
    struct peer *peer = xcalloc(1, sizeof *peer);
    struct web_peer *base = &peer->base;
    base->wc = wc;
    held_init(&peer->held, wc, queued_bytes);
    throttle_init(&peer->throttle, go_on);
    if (!address_canonical(slice_str(ip), base->ip)) /* no address of IP: as it is */
        snprintf(base->ip, sizeof base->ip, "%s", ip);
    peer_count(base, base->ip);
    counter_inc(wc->web->n_connected);
    return base;
}

/* Some connections too many are told so; more would be a way to take all there are. Who may turn
 * out to be a proxy is counted when its clients are known. */
static bool is_one_too_many(const struct web_peer *peer)
{
    const struct web *web = peer->wc->web;
    return peer->n_over_limit > MAX_TOLD && web->opts.n_proxy_tokens == 0 &&
           !netlist_has(web->proxies, peer->ip);
}

static void log_refused(const struct web_peer *peer, bool full)
{
    static struct log_limit limit = LOG_LIMIT_INIT(2);
    uint64_t dropped;
    if (!log_limit_take(&limit, &dropped))
        return;
    LOG_WARN("web: %s: %s, the connection is closed (%llu such lines dropped before)", peer->ip,
             full ? "as many connections are open as may be" : "it has too many connections",
             (unsigned long long)dropped);
}

/* The handshake is over: NULL when it failed. */
static void on_secured(void *arg, struct sock *s)
{
    struct web_peer *peer = arg;
    peer->wc->n_handshakes--;
    guard_handshake_end(peer->client);
    if (s)
        http_server_accept(peer->wc->http, s, peer);
    else
        web_http_peer_free(peer);
}

/* Places for handshakes are few, and who begins one need not go on: a client has its share. Proxies
 * come for many. */
static void secure(struct web_peer *peer, struct sock *s)
{
    struct web_core *wc = peer->wc;
    bool bounded = !guard_whitelisted(peer->client) && !netlist_has(wc->web->proxies, peer->ip);
    if (guard_handshake_begin(peer->client) > MAX_HANDSHAKES && bounded) {
        guard_handshake_end(peer->client);
        web_http_peer_free(peer);
        sock_close(s, 0);
        return;
    }
    wc->n_handshakes++;
    tls_accept(wc->web->tls, s, on_secured, peer);
}

void web_http_accept(struct web_core *wc, struct sock *s, const char *peer_ip)
{
    if (atomic_load_explicit(&wc->web->stopping, memory_order_relaxed)) {
        sock_close(s, 0);
        return;
    }
    uint32_t max = atomic_load_explicit(&wc->web->max_connections, memory_order_relaxed);
    bool full = atomic_fetch_add(&wc->web->n_open, 1) >= max && max;
    struct web_peer *peer = peer_new(wc, peer_ip);
    if (full || is_one_too_many(peer)) {
        log_refused(peer, full);
        web_http_peer_free(peer);
        sock_close(s, 0);
        return;
    }
    if (wc->web->tls)
        secure(peer, s);
    else
        http_server_accept(wc->http, s, peer);
}

bool web_http_resolve(struct web_peer *peer, const struct http_request *req)
{
    struct identity_client who;
    identity_resolve(peer->wc->web->identity, req, peer->ip, &peer->is_proxy, &who);
    if (who.ip != peer->client_ip && strcmp(who.ip, peer->client_ip) != 0)
        peer_count(peer, who.ip);
    return who.is_admin;
}

void web_http_refuse_connection(struct web_peer *peer, struct http_request *req)
{
    struct buf body = {0};
    buf_put_str(&body, "Too many requests");
    req->keep_alive = false;
    cors_respond(&peer->wc->web->cors, req, 429, "text/html", NULL, &body);
    buf_deinit(&body);
}

/* The request is refused because of its client's limits: slow the connection down. */
static void slow_down(struct http_request *req)
{
    struct web_peer *base = req->conn_user;
    struct peer *peer = peer_of(base);
    if (req->conn == NULL)
        return;
    switch (throttle_refused(&peer->throttle, base->wc->web->guard, base->client)) {
    case THROTTLE_TELL: break;
    case THROTTLE_HOLD: http_server_pause(req->conn); break;
    case THROTTLE_CLOSE: req->keep_alive = false; break;
    }
}

static void refuse(struct web_core *wc, struct http_request *req, enum web_admission why)
{
    struct buf body = {0};
    if (why == WEB_SLOW_DOWN)
        slow_down(req);
    rpc_put_bare_error(&body, web_work_refusal(why));
    cors_respond(&wc->web->cors, req, 503, json_type, NULL, &body);
    buf_deinit(&body);
}

/* Send the answer; an answer that nobody waits for goes the same way: its client is gone, or the
 * server stops, and the connection is closed either way. */
static void respond(struct web_work *work, int status, const char *type)
{
    struct http_request *req = work->http;
    struct peer *peer = req->conn ? peer_of(req->conn_user) : NULL;
    if (work->is_slowed)
        slow_down(req);
    cors_respond(&work->wc->web->cors, req, status, type, NULL, &work->out);
    if (peer)
        held_note(&peer->held, work->client);
}

static void run_request(void *arg)
{
    struct web_work *work = arg;
    work->fiber = fiber_current();
    const char *type = json_type;
    int status = 503;
    (void)web_work_answer(work, &status, &type);
    respond(work, status, type);
    guard_put(work->wc->web->guard, work->client);
    web_work_put(work);
}

static void start_rpc(struct web_core *wc, struct web_peer *peer, struct http_request *req,
                      bool is_admin)
{
    enum web_admission admission = web_work_admit(wc, peer->client, req->body);
    if (!web_work_admitted(admission)) {
        refuse(wc, req, admission);
        return;
    }
    /* The peer may be gone, or change its address, before the answer: the request holds both
     * itself. */
    struct web_work *work =
        web_work_take(wc, guard_ref(peer->client), peer->client_ip, req->body.n, admission);
    work->http = req;
    work->text = req->body;
    work->is_admin = is_admin;
    req->user = work;
    if (!fiber_try_spawn_now("http request", run_request, work)) {
        req->user = NULL;
        guard_put(wc->web->guard, work->client);
        web_work_put(work);
        refuse(wc, req, WEB_TOO_BUSY);
    }
}

static void on_request(void *arg, struct http_request *req)
{
    struct web_core *wc = arg;
    struct web_peer *peer = req->conn_user;
    bool is_admin = web_http_resolve(peer, req);
    peer_of(peer)->conn = req->conn;
    if (peer->n_over_limit)
        web_http_refuse_connection(peer, req);
    else if (slice_is(req->method, "POST"))
        start_rpc(wc, peer, req, is_admin);
    else if (!cors_preflight(&wc->web->cors, req))
        pages_serve(wc, req, is_admin);
}

static void on_abort(void *arg, struct http_request *req)
{
    struct web_work *work = req->user;
    if (work && work->fiber)
        fiber_cancel(work->fiber);
}

static void on_close(void *arg, void *conn_user)
{
    web_http_peer_free(conn_user);
}

static void on_upgrade(void *arg, struct http_request *req)
{
    web_ws_accept(arg, req);
}

void web_http_start(struct web_core *wc)
{
    struct http_server_opts opts = {
        .max_body_bytes = wc->web->opts.max_request_bytes,
        .idle_timeout_ms = 30000,
        .server_name = wc->web->server_name,
        .on_request = on_request,
        .on_upgrade = on_upgrade,
        .on_abort = on_abort,
        .on_close = on_close,
        .arg = wc,
    };
    wc->http = http_server_new(&opts);
    if (wc->web->opts.ws_compression)
        wc->deflate = ws_deflate_new();
}
