/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/forward.h"

#include "base/counter.h"
#include "base/mem.h"
#include "json/json.h"
#include "net/ws_client.h"
#include "rippled/choice.h"
#include "rippled/forward_pool.h"
#include "rippled/sources.h"
#include "rt/clock.h"

#include <stdio.h>
#include <stdlib.h>

/* Messages that are not the reply, before we give up waiting for it. */
#define MAX_UNASKED 64
/* A parsed reply is some times larger than its text. */
#define SCRATCH_FACTOR 16

struct forward {
    struct sources *sources;
    int64_t request_timeout_ns;
    int64_t connect_timeout_ns;
    size_t max_reply_bytes;
    struct forward_pool pool;
    struct counter_registry *own_counters; /* when the caller brought none */
    struct counter *ms_success;
    struct counter *ms_fail;
    struct counter *retries;
};

/* One client's request on its way. */
struct errand {
    struct forward *f;
    struct slice request;
    struct forward_pool_key key;
    bool leaves_traces; /* changes what the connection later sends: it cannot be used again */
    int64_t deadline_ns;
    struct buf reply;
    struct arena *scratch;
    struct json parsed;           /* the reply, in scratch */
    enum forward_failure failure; /* of the newest attempt */
};

static void init_counters(struct forward *f, struct counter_registry *r)
{
    if (!r)
        r = f->own_counters = counter_registry_new();
    const char *ms = "forwarding_duration_milliseconds_counter";
    f->ms_success = counter_get(r, ms, "status=\"success\"", "Time spent on forwarded requests");
    f->ms_fail = counter_get(r, ms, "status=\"fail\"", NULL);
    f->retries = counter_get(r, "forwarding_retries_counter", "", "Failed attempts to forward");
}

struct forward *forward_new(const struct forward_opts *opts)
{
    struct forward *f = xcalloc(1, sizeof(*f));
    f->sources = opts->sources;
    f->request_timeout_ns = opts->request_timeout_ns ? opts->request_timeout_ns : 10 * CLOCK_S;
    f->connect_timeout_ns = opts->connect_timeout_ns ? opts->connect_timeout_ns : 3 * CLOCK_S;
    f->max_reply_bytes = opts->max_reply_bytes ? opts->max_reply_bytes : (size_t)16 << 20;
    forward_pool_init(&f->pool);
    f->pool.max_connections = opts->max_connections ? opts->max_connections : 256;
    f->pool.max_per_client = opts->max_per_client ? opts->max_per_client : 16;
    f->pool.idle_timeout_ns = opts->idle_timeout_ns ? opts->idle_timeout_ns : 30 * CLOCK_S;
    f->pool.max_reply_bytes = f->max_reply_bytes;
    init_counters(f, opts->counters);
    return f;
}

YIELDS struct forward *forward_free(struct forward *f)
{
    if (!f)
        return NULL;
    forward_pool_deinit(&f->pool);
    counter_registry_free(f->own_counters);
    free(f);
    return NULL;
}

static err failed(struct errand *e, enum forward_failure failure, err why)
{
    e->failure = failure;
    return why;
}

/* What is pushed on its own accord has a type of its own; replies are "response", or "error" for
 * what rippled could not read. */
static bool is_reply(const struct json *message)
{
    const struct json *type = json_get(message, "type");
    return !json_is(type, JSON_STRING) || slice_is(type->s, "response") ||
           slice_is(type->s, "error");
}

static YIELDS err read_reply(struct errand *e, struct ws_client *ws, int64_t deadline_ns)
{
    for (uint32_t i = 0; i < MAX_UNASKED; i++) {
        err r = ws_client_read(ws, deadline_ns, &e->reply, NULL);
        if (err_failed(r))
            return failed(
                e, r.code == ERR_TIMEOUT ? FORWARD_FAILURE_TIMEOUT : FORWARD_FAILURE_REQUEST, r);
        arena_clear(e->scratch);
        r = json_parse(buf_slice(&e->reply), &(struct json_opts){.max_depth = 64}, e->scratch,
                       &e->parsed, NULL);
        if (err_failed(r) || e->parsed.type != JSON_OBJECT)
            break;
        if (is_reply(&e->parsed))
            return OK;
    }
    return failed(e, FORWARD_FAILURE_INVALID_REPLY,
                  FAIL(ERR_PARSE, "rippled: the reply to a forwarded request is no JSON object"));
}

static YIELDS err exchange(struct errand *e, struct forward_pool_conn *conn)
{
    int64_t deadline_ns = MIN(e->deadline_ns, clock_now_ns() + e->f->request_timeout_ns);
    err r = ws_client_send(conn->ws, WS_FRAME_TEXT, e->request);
    if (err_failed(r))
        return failed(e, FORWARD_FAILURE_REQUEST, r);
    return read_reply(e, conn->ws, deadline_ns);
}

static YIELDS err attempt(struct errand *e, const char *host, uint16_t port, bool reuse,
                          bool *ret_was_used)
{
    struct forward_pool *pool = &e->f->pool;
    struct forward_pool_conn *conn;
    int64_t deadline_ns = MIN(e->deadline_ns, clock_now_ns() + e->f->connect_timeout_ns);
    *ret_was_used = false;
    err r = forward_pool_take(pool, &e->key, host, port, reuse, deadline_ns, &conn);
    if (err_failed(r))
        return failed(e, FORWARD_FAILURE_CONNECTION, r);
    *ret_was_used = conn->is_used;
    r = exchange(e, conn);
    forward_pool_give(pool, conn, !err_failed(r) && !e->leaves_traces);
    return r;
}

static YIELDS err ask_source(struct errand *e)
{
    const char *host;
    uint16_t port;
    bool was_used;
    if (!sources_forward_target(e->f->sources, e->key.source, &host, &port))
        return failed(e, FORWARD_FAILURE_CONNECTION,
                      FAIL(ERR_REFUSED, "rippled: the source cannot be used for forwarding"));
    err r = attempt(e, host, port, true, &was_used);
    /* rippled may close a kept connection just when we take it */
    if (err_failed(r) && was_used && e->failure == FORWARD_FAILURE_REQUEST && !fiber_cancelled())
        r = attempt(e, host, port, false, &was_used);
    return r;
}

/* In step with the failure, so that callers can branch on either. */
static err sum_up(enum forward_failure failure)
{
    switch (failure) {
    case FORWARD_FAILURE_REQUEST: return FAIL(ERR_IO, "rippled: forwarding: connection lost");
    case FORWARD_FAILURE_TIMEOUT: return FAIL(ERR_TIMEOUT, "rippled: forwarding: no reply in time");
    case FORWARD_FAILURE_INVALID_REPLY:
        return FAIL(ERR_PARSE, "rippled: forwarding: the reply is no JSON object");
    default: return FAIL(ERR_REFUSED, "rippled: forwarding: no source can be reached");
    }
}

static YIELDS err ask_sources(struct errand *e, enum forward_failure *ret_failure)
{
    uint32_t n = e->f->sources ? sources_count(e->f->sources) : 0;
    uint32_t start = n ? choice_random(n) : 0;
    enum forward_failure worst = FORWARD_FAILURE_CONNECTION;
    for (uint32_t i = 0; i < n; i++) {
        e->key.source = (start + i) % n;
        err r = ask_source(e);
        if (!err_failed(r) || r.code == ERR_CANCELLED)
            return r;
        worst = MAX(worst, e->failure);
        counter_inc(e->f->retries);
        if (clock_now_ns() >= e->deadline_ns)
            break;
    }
    *ret_failure = worst;
    return sum_up(worst);
}

static YIELDS err deliver(struct errand *e, struct arena *a, struct slice *ret_reply,
                          enum forward_failure *ret_failure)
{
    TRY(ask_sources(e, ret_failure));
    uint8_t *copy = arena_try(a, e->reply.n);
    if (!copy) {
        *ret_failure = FORWARD_FAILURE_INVALID_REPLY;
        return FAIL(ERR_LIMIT, "rippled: forwarding: a reply of %zu bytes is too large",
                    e->reply.n);
    }
    memcpy(copy, e->reply.p, e->reply.n);
    *ret_reply = slice_of(copy, e->reply.n);
    return OK;
}

YIELDS ERR forward_request(void *arg, struct slice request_json_object, const char *client_ip,
                           bool admin, int64_t deadline_ns, struct arena *a,
                           struct slice *ret_reply, enum forward_failure *ret_failure)
{
    struct forward *f = arg;
    struct json request;
    struct errand e = {.f = f, .request = request_json_object, .deadline_ns = deadline_ns};
    int64_t begun = clock_now_ns();
    *ret_failure = FORWARD_FAILURE_NONE;
    TRY(json_parse(request_json_object, &(struct json_opts){.max_depth = 64}, a, &request, NULL));
    if (!json_is(json_get(&request, "command"), JSON_STRING))
        return FAIL(ERR_INVALID, "rippled: forwarding: a request without a command");
    e.leaves_traces = json_is_string(json_get(&request, "command"), "path_find");
    e.key.admin = admin;
    snprintf(e.key.client_ip, sizeof(e.key.client_ip), "%s", client_ip ? client_ip : "");
    CLEANUP(arena_freep) struct arena *scratch = arena_new(f->max_reply_bytes * SCRATCH_FACTOR);
    e.scratch = scratch;
    err r = deliver(&e, a, ret_reply, ret_failure);
    buf_deinit(&e.reply);
    counter_add(err_failed(r) ? f->ms_fail : f->ms_success, (clock_now_ns() - begun) / CLOCK_MS);
    return r;
}
