/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_WEB
#include "web/web_http.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "net/tls.h"
#include "rpc/engine.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "web/pages.h"
#include "web/web_work.h"
#include "web/web_ws.h"

#include <stdio.h>
#include <stdlib.h>

static const char json_type[] = "application/json";

/* Connections are counted where they are; a proxy's clients are counted instead of the proxy. */
static void peer_count(struct web_peer *peer, const char *ip)
{
    struct guard *g = peer->wc->web->guard;
    if (peer->client) {
        guard_disconnect(g, peer->client);
        guard_put(g, peer->client);
    }
    peer->client = guard_get(g, ip);
    peer->over_limit = !guard_connect(g, peer->client);
}

void web_http_peer_free(struct web_peer *peer)
{
    struct guard *g = peer->wc->web->guard;
    guard_disconnect(g, peer->client);
    guard_put(g, peer->client);
    counter_add(peer->wc->web->n_connected, -1);
    free(peer);
}

/* The handshake is over: NULL when it failed. */
static void on_secured(void *arg, struct sock *s)
{
    struct web_peer *peer = arg;
    peer->wc->n_handshakes--;
    if (s)
        http_server_accept(peer->wc->http, s, peer);
    else
        web_http_peer_free(peer);
}

void web_http_accept(struct web_core *wc, struct sock *s, const char *peer_ip)
{
    if (atomic_load_explicit(&wc->web->stopping, memory_order_relaxed)) {
        sock_close(s, 0);
        return;
    }
    struct web_peer *peer = xcalloc(1, sizeof *peer);
    peer->wc = wc;
    if (!address_canonical(slice_str(peer_ip), peer->ip)) /* no address of IP: as it is */
        snprintf(peer->ip, sizeof peer->ip, "%s", peer_ip);
    peer_count(peer, peer->ip);
    counter_inc(wc->web->n_connected);
    if (wc->web->tls == NULL) {
        http_server_accept(wc->http, s, peer);
        return;
    }
    wc->n_handshakes++;
    tls_accept(wc->web->tls, s, on_secured, peer);
}

bool web_http_resolve(struct web_peer *peer, const struct http_request *req)
{
    struct identity_client who;
    identity_resolve(peer->wc->web->identity, req, peer->ip, &peer->is_proxy, &who);
    if (strcmp(who.ip, guard_ip(peer->client)) != 0)
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

static void refuse(struct web_core *wc, struct http_request *req, enum web_admission why)
{
    struct buf body = {0};
    rpc_put_bare_error(&body, web_work_refusal(why));
    cors_respond(&wc->web->cors, req, 503, json_type, NULL, &body);
    buf_deinit(&body);
}

static void run_request(void *arg)
{
    struct web_work *work = arg;
    work->fiber = fiber_current();
    const char *type = json_type;
    int status = 503;
    /* An answer that nobody waits for goes the same way: its client is gone, or the server stops,
     * and the connection is closed either way. */
    (void)web_work_answer(work, &status, &type);
    cors_respond(&work->wc->web->cors, work->http, status, type, NULL, &work->out);
    guard_put(work->wc->web->guard, work->client);
    web_work_put(work);
}

static void start_rpc(struct web_core *wc, struct web_peer *peer, struct http_request *req,
                      bool is_admin)
{
    enum web_admission admission = web_work_admit(wc, peer->client);
    if (admission != WEB_ADMIT) {
        refuse(wc, req, admission);
        return;
    }
    /* The peer may be gone, or change its address, before the answer: the request holds the record
     * itself. */
    struct web_work *work = web_work_take(wc, guard_ref(peer->client));
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
    if (peer->over_limit)
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
        .idle_timeout_ms = 30000,
        .server_name = wc->web->server_name,
        .on_request = on_request,
        .on_upgrade = on_upgrade,
        .on_abort = on_abort,
        .on_close = on_close,
        .arg = wc,
    };
    wc->http = http_server_new(&opts);
}
