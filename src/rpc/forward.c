/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/forward.h"

#include "base/mem.h"
#include "rpc/method.h"
#include "rpc/server_impl.h"
#include "rt/clock.h"

/* Replies of rippled nest deeper than requests may. */
#define REPLY_DEPTH 64
/* What is passed on is looked at down to the members of `result`; the rest stays text. */
#define PASSED_DEPTH 2

static bool is_true(const struct json *v)
{
    return json_is(v, JSON_BOOL) && v->b;
}

/* A search belongs to a connection: over HTTP the command does not exist. */
bool forward_is_homeless(const struct exchange *x)
{
    return slice_is(x->command, "path_find") && x->request->session == NULL;
}

bool forward_is_due(const struct exchange *x)
{
    const struct method *m = x->entry ? x->entry->method : NULL;
    if (!x->entry || (m && m->flags & (METHOD_CLIO_ONLY | METHOD_LOCAL)))
        return false;
    if (!m)
        return true;
    if (x->params->n == 0)
        return false;
    const struct json *index = json_get(x->params, "ledger_index");
    if (json_is_string(index, "current") || json_is_string(index, "closed"))
        return true;
    if (x->request->is_admin && is_true(json_get(x->params, "force_forward")))
        return true;
    return (slice_is(x->command, "account_info") || slice_is(x->command, "ledger")) &&
           is_true(json_get(x->params, "queue"));
}

static bool is_truthy(const struct json *params, const char *key)
{
    const struct json *v = json_get(params, key);
    return v && param_truth(v);
}

bool forward_is_refused(const struct exchange *x)
{
    if (slice_is(x->command, "ledger"))
        return is_truthy(x->params, "full") || is_truthy(x->params, "accounts");
    return slice_is(x->command, "feature") && json_get(x->params, "vetoed");
}

bool forward_is_plain(const struct json *params)
{
    for (uint32_t i = 0; i < params->n; i++) {
        struct slice key = params->members[i].key;
        if (!slice_is(key, "command") && !slice_is(key, "method") && !slice_is(key, "id"))
            return false;
    }
    return true;
}

/* `method` is another name of `command`: with another value rippled could take it for the command.
 */
static bool is_command(struct slice key)
{
    return slice_is(key, "command") || slice_is(key, "method");
}

/* The parameter object with `command` set. */
static void put_request(struct buf *out, const struct json *params, struct slice command)
{
    struct jw w = jw_to(out);
    jw_obj_begin(&w);
    jw_kv_str(&w, "command", command);
    for (uint32_t i = 0; params && i < params->n; i++) {
        const struct json_member *m = &params->members[i];
        if (is_command(m->key))
            continue;
        jw_key_escaped(&w, m->key);
        jw_value(&w, &m->value);
    }
    jw_obj_end(&w);
}

struct ask {
    struct rpc_server *server;
    const struct rpc_request *request;
    const struct registry_entry *entry; /* NULL = the reply is not to be kept */
    const struct json *params;          /* NULL = none */
    struct slice command;
    int64_t deadline_ns;
    uint32_t keep_depth;
};

static bool may_use_cache(const struct ask *q)
{
    return q->entry && !q->request->is_admin && (!q->params || forward_is_plain(q->params));
}

static err check_held(const struct ask *q, const struct arena *a, size_t more,
                      enum rpc_code *ret_code)
{
    if (rpc_request_may_hold(q->request, arena_used(a) + more))
        return OK;
    *ret_code = RPC_TOO_BUSY;
    return FAIL(ERR_LIMIT, "rpc: the client's requests hold more memory than they may");
}

static err ask_source(const struct ask *q, struct arena *a, struct json *ret,
                      enum rpc_code *ret_code)
{
    const struct rpc_server_opts *o = &q->server->opts;
    *ret_code = RPC_CONNECTION_ERROR;
    if (!o->forward)
        return FAIL(ERR_REFUSED, "rpc: there is no rippled to ask");
    CLEANUP(buf_deinit) struct buf text = {0};
    put_request(&text, q->params, q->command);
    struct rpc_forward f = {buf_slice(&text), q->request->client_ip, q->request->is_admin,
                            q->keep_depth,
                            slice_is(q->command, "path_find") ? q->request->session : NULL};
    TRY(check_held(q, a, text.n, ret_code)); /* for as long as rippled takes */
    TRY(o->forward(o->arg, &f, q->deadline_ns, a, ret, ret_code));
    TRY(check_held(q, a, text.n + ret->raw.n, ret_code));
    if (may_use_cache(q) && !json_get(ret, "error"))
        reply_cache_put(q->server->forwarded, q->entry->index, ret->raw);
    return OK;
}

/* From the cache, or from rippled. */
static err ask(const struct ask *q, struct arena *a, struct json *ret, enum rpc_code *ret_code)
{
    struct slice text;
    struct json_opts opts = {.max_depth = REPLY_DEPTH, .keep_depth = q->keep_depth};
    if (may_use_cache(q) && reply_cache_get(q->server->forwarded, q->entry->index, a, &text))
        return json_parse(text, &opts, a, ret, NULL);
    return ask_source(q, a, ret, ret_code);
}

static const struct registry_entry *cacheable(const struct registry_entry *e)
{
    bool own = e && e->method && slice_is(slice_str(e->name), "server_info");
    return e && (e->cacheable || own) ? e : NULL;
}

err forward_ask(struct rpc_server *s, const struct rpc_request *request, const char *command,
                int64_t deadline_ns, struct arena *a, struct json *ret, enum rpc_code *ret_code)
{
    struct slice name = slice_str(command);
    struct ask q = {.server = s,
                    .request = request,
                    .entry = cacheable(registry_find(name)),
                    .command = name,
                    .deadline_ns = deadline_ns};
    return ask(&q, a, ret, ret_code);
}

/* Is this member of rippled's reply one that we write ourselves? */
static bool is_ours(const struct exchange *x, const struct json *reply, struct slice key)
{
    if (slice_is(key, "warnings") || slice_is(key, "forwarded"))
        return true;
    if (slice_is(key, "type"))
        return true;
    if (x->request->transport == RPC_HTTP) /* status stands in the result */
        return slice_is(key, "result") || slice_is(key, "status") || slice_is(key, "id") ||
               slice_is(key, "jsonrpc") || slice_is(key, "ripplerpc");
    if (slice_is(key, "status"))
        return !json_get(reply, "error");
    const struct json *mine = x->request->id;
    if (slice_is(key, "id"))
        return mine && mine->type != JSON_NULL;
    mine = json_get(x->root, "api_version");
    return slice_is(key, "api_version") && mine && mine->type != JSON_NULL;
}

static void put_members(struct exchange *x, struct jw *w, const struct json *reply)
{
    for (uint32_t i = 0; i < reply->n; i++) {
        const struct json_member *m = &reply->members[i];
        if (is_ours(x, reply, m->key))
            continue;
        jw_key_escaped(w, m->key);
        jw_raw(w, m->value.raw);
    }
}

/* rippled's `result` with status, or its whole reply when it has none. */
static void put_http_result(struct jw *w, const struct json *reply)
{
    const struct json *result = json_get(reply, "result");
    jw_key(w, "result");
    if (!json_is(result, JSON_OBJECT)) {
        jw_raw(w, result ? result->raw : reply->raw);
        return;
    }
    bool failed = json_get(result, "error") != NULL;
    jw_obj_begin(w);
    for (uint32_t i = 0; i < result->n; i++) {
        const struct json_member *m = &result->members[i];
        if (slice_is(m->key, "status"))
            continue;
        jw_key_escaped(w, m->key);
        jw_raw(w, m->value.raw);
    }
    jw_key(w, "status");
    jw_ascii(w, failed ? "error" : "success", failed ? 5 : 7);
    jw_obj_end(w);
}

static void put_reply(struct exchange *x, const struct json *reply)
{
    struct jw w = jw_to(x->out);
    jw_obj_begin(&w);
    if (x->request->transport == RPC_HTTP) {
        put_http_result(&w, reply);
        if (json_get(reply, "result"))
            put_members(x, &w, reply);
    } else {
        put_members(x, &w, reply);
    }
    jw_kv_bool(&w, "forwarded", true);
    if (x->request->transport == RPC_WS) {
        envelope_put_echo(x);
        if (!json_get(reply, "error"))
            jw_kv_lit(&w, "status", "success");
        jw_kv_lit(&w, "type", "response");
    }
    envelope_put_rpc_echo(x);
    envelope_put_warnings(x, false);
    jw_obj_end(&w);
}

static void count(struct exchange *x, enum stats_result result)
{
    if (x->entry)
        stats_count(x->server->stats, x->entry->index, result, 0);
}

err forward_run(struct exchange *x)
{
    struct json reply;
    enum rpc_code code = RPC_CONNECTION_ERROR;
    struct ask q = {.server = x->server,
                    .request = x->request,
                    .entry = cacheable(x->entry),
                    .params = x->params,
                    .command = x->command,
                    .deadline_ns = x->deadline_ns,
                    .keep_depth = PASSED_DEPTH};
    err e = ask(&q, x->arena, &reply, &code);
    if (e.code == ERR_CANCELLED)
        return e;
    count(x, err_failed(e) ? STATS_FAILED_FORWARD : STATS_FORWARDED);
    if (err_failed(e)) {
        struct call_fault fault = {.code = code};
        envelope_error(x, &fault, ENVELOPE_WITHOUT_DEPRECATIONS);
    } else {
        put_reply(x, &reply);
    }
    return OK;
}
