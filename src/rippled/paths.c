/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_RPC
#include "rippled/paths.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/ws_client.h"
#include "rippled/choice.h"
#include "rippled/forward_pool.h"
#include "rippled/sources.h"
#include "rt/clock.h"
#include "rt/fiber.h"

#include <stdio.h>
#include <stdlib.h>

#define CONNECT_NS (5 * CLOCK_S)
#define PAUSE_FIRST_NS (500 * CLOCK_MS)
#define PAUSE_MAX_NS (30 * CLOCK_S)
#define MAX_REPLY_BYTES ((size_t)16 << 20)
#define REPLY_DEPTH 64
#define MAX_REQUEST_BYTES ((size_t)64 << 10)

/* Lives until it is closed, nobody asks, and its reader has ended. */
struct paths {
    struct paths_opts opts;
    char client_ip[FORWARD_POOL_IP_MAX];
    uint32_t refs;
    bool closed;
    struct ws_client *ws; /* the reader's; NULL while there is no connection */
    struct fiber *reader; /* NULL: none runs */
    struct fiber_mutex asking;
    struct fiber_cond answered;
    bool waits; /* somebody for an answer */
    bool has_answer;
    bool lost;   /* the connection, while somebody waited */
    bool is_own; /* the next answer is to a request of ours */
    struct buf answer;
    struct buf create; /* the search, as it was asked for; empty = none */
};

struct paths *paths_new(const struct paths_opts *opts)
{
    struct paths *p = xcalloc(1, sizeof *p);
    p->opts = *opts;
    p->refs = 1;
    snprintf(p->client_ip, sizeof p->client_ip, "%s", opts->client_ip ? opts->client_ip : "");
    fiber_mutex_init(&p->asking);
    fiber_cond_init(&p->answered);
    return p;
}

static void unref(struct paths *p)
{
    if (--p->refs > 0)
        return;
    buf_deinit(&p->answer);
    buf_deinit(&p->create);
    free(p);
}

struct paths *paths_close(struct paths *p)
{
    if (p == NULL)
        return NULL;
    p->closed = true;
    if (p->reader)
        fiber_cancel(p->reader);
    unref(p);
    return NULL;
}

/* --- connection --- */

static YIELDS err connect_to(struct paths *p, uint32_t source, int64_t deadline_ns)
{
    const char *host;
    uint16_t port;
    struct tls_client *tls = NULL;
    char headers[FORWARD_POOL_HEADERS_MAX];
    if (!sources_forward_target(p->opts.sources, source, &host, &port, &tls))
        return FAIL(ERR_REFUSED, "rippled: the source cannot be used for forwarding");
    forward_pool_headers(p->client_ip, p->opts.is_admin, headers);
    struct ws_client_opts opts = {.host = host,
                                  .port = port,
                                  .tls = tls,
                                  .headers = headers,
                                  .max_message_bytes = MAX_REPLY_BYTES,
                                  .idle_timeout_ms = 60000};
    struct ws_client *ws = NULL;
    TRY(ws_client_connect(&opts, deadline_ns, &ws));
    p->ws = ws;
    return OK;
}

static YIELDS err connect_any(struct paths *p)
{
    uint32_t n = p->opts.sources ? sources_count(p->opts.sources) : 0;
    uint32_t start = n ? choice_random(n) : 0;
    err e = FAIL(ERR_REFUSED, "rippled: path_find: there is no source");
    for (uint32_t i = 0; i < n && !p->closed; i++) {
        e = connect_to(p, (start + i) % n, clock_now_ns() + CONNECT_NS);
        if (e.code == 0 || e.code == ERR_CANCELLED)
            return e;
    }
    return e;
}

/* --- reading --- */

/* What cannot be read answers the request, too: who asked hears of it. */
static bool is_answer(struct slice text)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(4 * MAX_REPLY_BYTES);
    struct json v;
    struct json_opts opts = {.max_depth = REPLY_DEPTH, .keep_depth = 1};
    err e = json_parse(text, &opts, a, &v, NULL);
    return err_failed(e) || !json_is_string(json_get(&v, "type"), "path_find");
}

static void take(struct paths *p, struct buf *text)
{
    if (!is_answer(buf_slice(text))) {
        if (p->create.n)
            p->opts.on_update(p->opts.arg, buf_slice(text));
    } else if (p->is_own) {
        p->is_own = false;
    } else if (p->waits && !p->has_answer) {
        buf_clear(&p->answer);
        buf_put_slice(&p->answer, buf_slice(text));
        p->has_answer = true;
        fiber_cond_broadcast(&p->answered);
    }
}

static YIELDS void read_until_lost(struct paths *p)
{
    CLEANUP(buf_deinit) struct buf text = {0};
    while (!p->closed && ws_client_read(p->ws, CLOCK_NEVER, &text, NULL).code == 0)
        if (!p->closed)
            take(p, &text);
    p->ws = ws_client_free(p->ws);
    p->lost = p->waits;
    fiber_cond_broadcast(&p->answered);
}

/* Another source for the search at hand; pauses grow while there is none. */
static YIELDS err search_anew(struct paths *p)
{
    for (uint32_t n = 1; !p->closed && p->create.n && p->ws == NULL; n++) {
        TRY(fiber_sleep_until(clock_now_ns() +
                              choice_backoff_jitter(n, PAUSE_FIRST_NS, PAUSE_MAX_NS)));
        if (p->closed || p->create.n == 0 || p->ws || err_failed(connect_any(p)))
            continue;
        p->is_own = ws_client_send(p->ws, WS_FRAME_TEXT, buf_slice(&p->create)).code == 0;
        LOG_DEBUG("rippled: a path_find goes on at another source");
    }
    return OK;
}

static void reader_run(void *arg)
{
    struct paths *p = arg;
    while (!p->closed && p->ws) {
        read_until_lost(p);
        if (err_failed(search_anew(p)))
            break;
    }
    p->ws = ws_client_free(p->ws);
    p->reader = NULL;
    unref(p);
}

/* --- asking --- */

static err failed(enum forward_failure *ret, enum forward_failure failure, err e)
{
    *ret = failure;
    return e;
}

static YIELDS err connect_first(struct paths *p, enum forward_failure *ret_failure)
{
    if (p->ws == NULL) {
        err e = connect_any(p);
        if (err_failed(e) || p->closed)
            return failed(ret_failure, FORWARD_FAILURE_CONNECTION,
                          err_failed(e) ? e : FAIL(ERR_CANCELLED, "rippled: path_find: closed"));
    }
    if (p->reader)
        return OK;
    p->reader = fiber_try_spawn("path_find", reader_run, p);
    if (p->reader == NULL)
        return failed(ret_failure, FORWARD_FAILURE_CONNECTION,
                      FAIL(ERR_LIMIT, "rippled: path_find: no stack can be had"));
    p->refs++;
    return OK;
}

static YIELDS err wait_for_answer(struct paths *p, int64_t deadline_ns,
                                  enum forward_failure *ret_failure)
{
    while (!p->has_answer && !p->lost && !p->closed) {
        err e = fiber_cond_wait(&p->answered, deadline_ns);
        if (err_failed(e))
            return failed(ret_failure, FORWARD_FAILURE_TIMEOUT, e);
    }
    if (p->has_answer)
        return OK;
    return failed(ret_failure, FORWARD_FAILURE_REQUEST,
                  FAIL(ERR_IO, "rippled: path_find: connection lost"));
}

/* What the search is, for when it must begin anew. */
static void note_search(struct paths *p, struct slice text, const struct json *reply)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json request;
    if (json_get(reply, "error") || err_failed(json_parse(text, NULL, a, &request, NULL)))
        return;
    const struct json *what = json_get(&request, "subcommand");
    if (json_is_string(what, "create")) {
        buf_clear(&p->create);
        buf_put_slice(&p->create, text);
    } else if (json_is_string(what, "close")) {
        buf_clear(&p->create);
    }
}

static YIELDS err ask(struct paths *p, struct slice text, int64_t deadline_ns, struct arena *a,
                      struct json *ret_reply, enum forward_failure *ret_failure)
{
    TRY(connect_first(p, ret_failure));
    p->has_answer = p->lost = false;
    p->waits = true;
    err e = ws_client_send(p->ws, WS_FRAME_TEXT, text);
    if (err_failed(e))
        e = failed(ret_failure, FORWARD_FAILURE_REQUEST, e);
    else
        e = wait_for_answer(p, deadline_ns, ret_failure);
    p->waits = false;
    TRY(e);
    struct json_opts opts = {.max_depth = REPLY_DEPTH};
    struct slice reply = arena_dup(a, buf_slice(&p->answer));
    e = json_parse(reply, &opts, a, ret_reply, NULL);
    if (err_failed(e) || ret_reply->type != JSON_OBJECT)
        return failed(ret_failure, FORWARD_FAILURE_INVALID_REPLY,
                      FAIL(ERR_PARSE, "rippled: path_find: the reply is no JSON object"));
    note_search(p, text, ret_reply);
    return OK;
}

YIELDS ERR paths_ask(struct paths *p, struct slice text, int64_t deadline_ns, struct arena *a,
                     struct json *ret_reply, enum forward_failure *ret_failure)
{
    if (text.n > MAX_REQUEST_BYTES)
        return failed(ret_failure, FORWARD_FAILURE_REQUEST,
                      FAIL(ERR_LIMIT, "rippled: path_find: a request of %zu bytes", text.n));
    p->refs++;
    err e = fiber_mutex_lock(&p->asking, deadline_ns);
    if (e.code == 0) {
        e = ask(p, text, deadline_ns, a, ret_reply, ret_failure);
        fiber_mutex_unlock(&p->asking);
    } else {
        *ret_failure = FORWARD_FAILURE_TIMEOUT;
    }
    unref(p);
    return e;
}
