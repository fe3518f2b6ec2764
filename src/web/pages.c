/* SPDX-License-Identifier: Apache-2.0 */
#include "web/pages.h"

#include "base/mem.h"
#include "net/http_server.h"
#include "rpc/rpc_server.h"

#include <stdio.h>
#include <zlib.h>

static void respond(struct web_core *wc, struct http_request *req, int status, const char *extra,
                    const char *text)
{
    struct buf body = {0};
    buf_put_str(&body, text);
    cors_respond(&wc->web->cors, req, status, "text/html", extra, &body);
    buf_deinit(&body);
}

static void respond_page(struct web_core *wc, struct http_request *req, int status,
                         const char *text)
{
    struct buf body = {0};
    buf_printf(&body,
               "<!DOCTYPE html><html><head><title>Kleio</title></head><body><h1>Kleio</h1><p>%s</p>"
               "</body></html>",
               text);
    cors_respond(&wc->web->cors, req, status, "text/html", NULL, &body);
    buf_deinit(&body);
}

/* gzip `in` into `out`; false when zlib refuses. */
static bool gzip(const struct buf *in, struct buf *out)
{
    z_stream z = {0};
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t bound = deflateBound(&z, in->n);
    z.next_in = in->p;
    z.avail_in = (uInt)in->n;
    z.next_out = buf_reserve(out, bound);
    z.avail_out = (uInt)bound;
    bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
    buf_advance(out, bound - z.avail_out);
    deflateEnd(&z);
    return done;
}

static void serve_metrics(struct web_core *wc, struct http_request *req, bool is_admin)
{
    static const char type[] = "text/plain; version=0.0.4";
    const struct web_opts *opts = &wc->web->opts;
    if (!is_admin) {
        respond(wc, req, 401, "WWW-Authenticate: Password realm=\"kleio\"\r\n",
                "Only admin is allowed to collect metrics");
        return;
    }
    if (!opts->metrics_enabled) {
        respond(wc, req, 403, NULL, "Prometheus is disabled in clio config");
        return;
    }
    CLEANUP(buf_deinit) struct buf text = {0}, packed = {0};
    if (opts->refresh)
        opts->refresh(opts->arg);
    counter_render(opts->counters, &text);
    rpc_server_render_counters(opts->rpc, &text);
    bool wants_gzip = http_request_list_has(http_request_header(req, "Accept-Encoding"), "gzip");
    if (opts->metrics_gzip && wants_gzip && gzip(&text, &packed))
        cors_respond(&wc->web->cors, req, 200, type, "Content-Encoding: gzip\r\n", &packed);
    else
        cors_respond(&wc->web->cors, req, 200, type, NULL, &text);
}

static bool is_ready(const struct web_core *wc)
{
    const struct web_opts *o = &wc->web->opts;
    return !atomic_load(&wc->web->stopping) && (o->ready == NULL || o->ready(o->arg));
}

/* Clio's name for "ready to answer": the state mirror needs no loading, so that is when there is a
 * ledger. */
static void serve_cache_state(struct web_core *wc, struct http_request *req)
{
    bool ready = is_ready(wc);
    respond_page(wc, req, ready ? 200 : 503,
                 ready ? "Cache is fully loaded" : "Cache is not yet loaded");
}

/* For load balancers: 200 means that requests are answered here, with what the network has. */
static void serve_health(struct web_core *wc, struct http_request *req)
{
    const struct web_opts *o = &wc->web->opts;
    const char *trouble = o->trouble ? o->trouble(o->arg) : NULL;
    char text[128] = "This page shows Kleio http(s) connectivity is working.";
    bool ready = is_ready(wc);
    if (!ready)
        snprintf(text, sizeof text,
                 "Kleio is reached, but has no ledger to serve yet, or is stopping.");
    else if (trouble)
        snprintf(text, sizeof text, "Kleio is reached, but may not have the newest ledger: %s.",
                 trouble);
    respond_page(wc, req, ready && !trouble ? 200 : 503, text);
}

static bool path_is(struct slice target, const char *path)
{
    const uint8_t *query = target.n ? memchr(target.p, '?', target.n) : NULL;
    return slice_is(slice_of(target.p, query ? (size_t)(query - target.p) : target.n), path);
}

void pages_serve(struct web_core *wc, struct http_request *req, bool is_admin)
{
    if (!slice_is(req->method, "GET") && !slice_is(req->method, "HEAD"))
        respond(wc, req, 405, "Allow: GET, HEAD, POST\r\n", "Expected a POST request");
    else if (path_is(req->target, "/health"))
        serve_health(wc, req);
    else if (path_is(req->target, "/cache_state"))
        serve_cache_state(wc, req);
    else if (path_is(req->target, "/metrics"))
        serve_metrics(wc, req, is_admin);
    else
        respond(wc, req, 400, NULL, "Expected a POST request");
}
