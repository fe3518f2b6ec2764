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
    const struct forward_query *query;
    struct forward_pool_key key;
    int64_t deadline_ns;
    struct arena *arena;
    struct buf *reply; /* its text; the arena's */
    struct json parsed;
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

/* The newest message becomes e->parsed if it is a reply; else what was parsed of it is forgotten.
 */
static YIELDS err parse_message(struct errand *e, bool *ret_is_reply)
{
    struct json_opts opts = {
        .max_depth = 64, .keep_depth = e->query->keep_depth, .breathe = fiber_breathe};
    struct arena_pos mark = arena_mark(e->arena);
    err r = json_parse(buf_slice(e->reply), &opts, e->arena, &e->parsed, NULL);
    if (!err_failed(r) && e->parsed.type != JSON_OBJECT)
        r = FAIL(ERR_PARSE, "rippled: the reply to a forwarded request is no JSON object");
    *ret_is_reply = !err_failed(r) && is_reply(&e->parsed);
    if (!*ret_is_reply)
        arena_rewind(e->arena, mark);
    return r;
}

static YIELDS err read_reply(struct errand *e, struct ws_client *ws, int64_t deadline_ns)
{
    for (uint32_t i = 0; i < MAX_UNASKED; i++) {
        err r = ws_client_read(ws, deadline_ns, e->reply, NULL);
        if (err_failed(r))
            return failed(
                e, r.code == ERR_TIMEOUT ? FORWARD_FAILURE_TIMEOUT : FORWARD_FAILURE_REQUEST, r);
        bool found = false;
        r = parse_message(e, &found);
        if (err_failed(r))
            return r.code == ERR_CANCELLED ? r : failed(e, FORWARD_FAILURE_INVALID_REPLY, r);
        if (found)
            return OK;
    }
    return failed(
        e, FORWARD_FAILURE_INVALID_REPLY,
        FAIL(ERR_PARSE, "rippled: a forwarded request gets no reply, but other messages"));
}

static YIELDS err exchange(struct errand *e, struct forward_pool_conn *conn)
{
    int64_t deadline_ns = MIN(e->deadline_ns, clock_now_ns() + e->f->request_timeout_ns);
    err r = ws_client_send(conn->ws, WS_FRAME_TEXT, e->query->text);
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
    forward_pool_give(pool, conn, !err_failed(r));
    return r;
}

static YIELDS err ask_source(struct errand *e)
{
    const char *host;
    uint16_t port;
    bool was_used;
    if (!sources_forward_target(e->f->sources, e->key.source, &host, &port, &e->key.tls))
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

static void release_text(void *obj)
{
    buf_deinit(obj);
    free(obj);
}

YIELDS ERR forward_request(struct forward *f, const struct forward_query *q, int64_t deadline_ns,
                           struct arena *a, struct json *ret_reply,
                           enum forward_failure *ret_failure)
{
    struct errand e = {.f = f, .query = q, .deadline_ns = deadline_ns, .arena = a};
    int64_t begun = clock_now_ns();
    e.reply = xcalloc(1, sizeof *e.reply);
    arena_adopt(a, e.reply, release_text); /* what is parsed points into it */
    e.key.admin = q->is_admin;
    snprintf(e.key.client_ip, sizeof(e.key.client_ip), "%s", q->client_ip ? q->client_ip : "");
    *ret_failure = FORWARD_FAILURE_NONE;
    err r = ask_sources(&e, ret_failure);
    if (!err_failed(r))
        *ret_reply = e.parsed;
    counter_add(err_failed(r) ? f->ms_fail : f->ms_success, (clock_now_ns() - begun) / CLOCK_MS);
    return r;
}
