/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_RPC
#include "rpc/engine.h"

#include "base/log.h"
#include "rpc/envelope.h"
#include "rpc/forward.h"
#include "rpc/method.h"
#include "rpc/server_impl.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "xrpl/tables.h"

/* What a step of the engine decides. */
enum step { STEP_ON = 0, STEP_ANSWERED };

static enum step answer(struct exchange *x, enum rpc_code code, const char *message)
{
    struct call_fault fault = {.code = code, .message = message};
    envelope_error(x, &fault, ENVELOPE_WITHOUT_WARNINGS);
    return STEP_ANSWERED;
}

static enum step answer_text(struct exchange *x, const char *text)
{
    stats_error(x->server->stats, STATS_BAD_SYNTAX);
    envelope_text(x, text);
    return STEP_ANSWERED;
}

/* Over WebSocket there is nothing to echo from what is not an object. */
static enum step answer_unreadable(struct exchange *x)
{
    stats_error(x->server->stats, STATS_BAD_SYNTAX);
    if (x->request->transport == RPC_HTTP)
        envelope_text(x, "Unable to parse JSON from the request");
    else
        rpc_put_bare_error(x->out, RPC_BAD_SYNTAX);
    return STEP_ANSWERED;
}

/* Empty in any of the ways that clients write it. */
static bool counts_as_empty(const struct json *v)
{
    if (!v || v->type == JSON_NULL)
        return true;
    if (v->type == JSON_STRING)
        return v->s.n == 0;
    return (v->type == JSON_OBJECT || v->type == JSON_ARRAY) && v->n == 0;
}

static void normalise_params(struct exchange *x)
{
    const struct json *params = x->request->params;
    x->params_replaced = counts_as_empty(params);
    if (x->params_replaced || params->type != JSON_ARRAY)
        return;
    const struct json *first = &params->items[0];
    x->params_replaced =
        first->type == JSON_NULL || (first->type == JSON_STRING && first->s.n == 0);
}

static enum step check_ready(struct exchange *x)
{
    uint32_t first, last;
    if (ledgers_range(x->server->opts.ledgers, &first, &last))
        return STEP_ON;
    const struct registry_entry *entry = registry_find(rpc_request_command(x->request));
    if (entry && entry->method && entry->method->flags & METHOD_NO_LEDGER)
        return STEP_ON; /* by these clients see that the server lives, and why it does not serve */
    stats_error(x->server->stats, STATS_NOT_READY);
    return answer(x, RPC_NOT_READY, NULL);
}

static enum step open_http(struct exchange *x)
{
    static const struct json no_params = {.type = JSON_OBJECT};
    const struct json *method = x->request->method;
    if (!method)
        return answer_text(x, "Null method");
    if (method->type != JSON_STRING)
        return answer_text(x, "method is not string");
    if (method->s.n == 0)
        return answer_text(x, "method is empty");
    x->command = method->s;
    if (slice_is(x->command, "subscribe") || slice_is(x->command, "unsubscribe")) {
        x->http_status = 400;
        stats_error(x->server->stats, STATS_BAD_SYNTAX);
        return answer(x, RPC_BAD_SYNTAX,
                      "Subscribe and unsubscribe are only allowed for websocket.");
    }
    const struct json *params = x->request->params;
    if (x->params_replaced)
        x->params = &no_params;
    else if (params->type != JSON_ARRAY || params->n != 1 || params->items[0].type != JSON_OBJECT)
        return answer_text(x, "params unparsable");
    else
        x->params = &params->items[0];
    return STEP_ON;
}

static enum step open_ws(struct exchange *x)
{
    const struct json *command = x->request->command;
    const struct json *method = x->request->method;
    x->params = x->root;
    if (!command)
        command = method;
    else if (method)
        command = NULL;
    if (!json_is(command, JSON_STRING)) {
        stats_error(x->server->stats, STATS_BAD_SYNTAX);
        return answer(x, RPC_MISSING_COMMAND,
                      "Method/Command is not specified or is not a string.");
    }
    x->command = command->s;
    return STEP_ON;
}

static enum step refuse_version(struct exchange *x, const char *message)
{
    if (x->request->transport == RPC_HTTP)
        return answer_text(x, "invalid_API_version");
    stats_error(x->server->stats, STATS_BAD_SYNTAX);
    return answer(x, RPC_INVALID_API_VERSION, message);
}

static enum step read_version(struct exchange *x)
{
    const struct rpc_server_opts *o = &x->server->opts;
    const struct json *v = json_get(x->params, "api_version");
    x->api_version = o->api_default;
    if (!v)
        return STEP_ON;
    if (v->type != JSON_INT)
        return refuse_version(x, "API version must be an integer");
    int64_t version = v->i;
    if (version > o->api_max)
        return refuse_version(
            x, arena_printf(x->arena, "Requested API version is higher than maximum supported (%u)",
                            o->api_max));
    if (version < o->api_min)
        return refuse_version(
            x, arena_printf(x->arena, "Requested API version is lower than minimum supported (%u)",
                            o->api_min));
    x->api_version = (uint32_t)version;
    return STEP_ON;
}

/* Envelope of the request: everything before a command is chosen. */
static enum step open_request(struct exchange *x)
{
    if (x->root->type != JSON_OBJECT)
        return answer_unreadable(x);
    if (x->request->transport == RPC_HTTP)
        normalise_params(x);
    if (check_ready(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    enum step step = x->request->transport == RPC_HTTP ? open_http(x) : open_ws(x);
    return step == STEP_ON ? read_version(x) : step;
}

/* What an error without rpc_error means for the client. The only place that maps them. */
static enum rpc_code code_of(err e)
{
    switch (e.code) {
    case ERR_TIMEOUT:
    case ERR_BUSY:
    case ERR_LIMIT: return RPC_TOO_BUSY;
    default: return RPC_INTERNAL;
    }
}

static void log_internal(struct exchange *x, err e)
{
    static struct log_limit limit = LOG_LIMIT_INIT(10);
    uint64_t dropped;
    if (log_limit_take(&limit, &dropped))
        LOG_ERROR("rpc: %s: %s: %s, answered internal (%llu such lines dropped before)",
                  x->entry->name, err_name(e), err_text(), (unsigned long long)dropped);
}

static void answer_fault(struct exchange *x, struct call *c, err e)
{
    /* rpc_error gives ERR_INVALID; with any other error a fault is left over from something the
     * method got over */
    bool ours = c->fault.code == RPC_NONE || e.code != ERR_INVALID;
    if (ours)
        c->fault = (struct call_fault){.code = code_of(e)};
    if (c->fault.code == RPC_INTERNAL) {
        stats_error(x->server->stats, STATS_INTERNAL_ERROR);
        log_internal(x, e);
    }
    if (c->fault.code == RPC_TOO_BUSY)
        stats_error(x->server->stats, STATS_TOO_BUSY);
    if (!ours && c->at.set)
        c->fault.at = &c->at;
    stats_count(x->server->stats, x->entry->index, ours ? STATS_FAILED : STATS_ERRORED, 0);
    envelope_error(x, &c->fault, ours ? ENVELOPE_WITHOUT_DEPRECATIONS : ENVELOPE_WITH_WARNINGS);
}

static err run_method(struct exchange *x, struct call *c)
{
    const struct method *m = c->method;
    if (m->args_bytes)
        c->args = arena_zalloc(x->arena, m->args_bytes);
    if (m->params)
        TRY(param_check(c, m->params, c->params));
    return m->run(c);
}

static bool may_use_cache(const struct exchange *x)
{
    return x->server->opts.rpc_cache_ns > 0 && !x->request->is_admin &&
           slice_is(x->command, "server_info") && forward_is_plain(x->params);
}

static err call_method(struct exchange *x)
{
    envelope_begin(x);
    size_t members = x->out->n;
    struct jw w = jw_to(x->out);
    w.tables = tables_now(); /* one state of things for the whole call */
    struct call c = {
        .server = x->server,
        .request = x->request,
        .method = x->entry->method,
        .params = x->params,
        .api_version = x->api_version,
        .is_admin = x->request->is_admin,
        .deadline_ns = x->deadline_ns,
        .arena = x->arena,
        .w = &w,
        .max_out_bytes = x->start + x->server->opts.max_reply_bytes,
        .ledgers = x->server->opts.ledgers,
    };
    err e = run_method(x, &c);
    c.view = view_close(c.view);
    if (e.code == ERR_CANCELLED)
        return e;
    if (err_failed(e)) {
        answer_fault(x, &c, e);
        return OK;
    }
    if (may_use_cache(x))
        reply_cache_put(x->server->own, x->entry->index,
                        slice_of(x->out->p + members, x->out->n - members));
    envelope_end(x, x->out->n > members);
    stats_count(x->server->stats, x->entry->index, STATS_FINISHED,
                clock_now_ns() - x->request->begun_ns);
    return OK;
}

static bool answer_from_cache(struct exchange *x)
{
    struct slice members;
    if (!x->entry || !may_use_cache(x) ||
        !reply_cache_get(x->server->own, x->entry->index, x->arena, &members))
        return false;
    envelope_begin(x);
    buf_put_slice(x->out, members);
    envelope_end(x, members.n > 0);
    return true;
}

/* Errors before a method looked at the parameters: nothing is said about deprecated ones. */
static err answer_engine_error(struct exchange *x, enum rpc_code code)
{
    struct call_fault fault = {.code = code};
    envelope_error(x, &fault, ENVELOPE_WITHOUT_DEPRECATIONS);
    return OK;
}

/* A request whose envelope is in order (rpc-b B.2, "Engine"). */
static err serve(struct exchange *x)
{
    x->entry = forward_is_homeless(x) ? NULL : registry_find(x->command);
    if (forward_is_due(x)) {
        if (forward_is_refused(x))
            return answer_engine_error(x, RPC_NO_PERMISSION);
        return forward_run(x);
    }
    if (answer_from_cache(x))
        return OK;
    const struct rpc_server_opts *o = &x->server->opts;
    if (o->is_overloaded && o->is_overloaded(o->arg)) {
        stats_error(x->server->stats, STATS_TOO_BUSY);
        return answer_engine_error(x, RPC_TOO_BUSY);
    }
    if (!x->entry) {
        stats_error(x->server->stats, STATS_UNKNOWN_COMMAND);
        return answer_engine_error(x, RPC_UNKNOWN_CMD);
    }
    return call_method(x);
}

err rpc_handle(struct rpc_server *s, const struct rpc_request *request, struct arena *a,
               struct buf *out, int *ret_http_status, const char **ret_content_type)
{
    struct exchange x = {
        .server = s,
        .request = request,
        .root = &request->root,
        .deadline_ns = request->begun_ns + s->opts.deadline_ns,
        .arena = a,
        .out = out,
        .start = out->n,
        .http_status = 200,
        .content_type = ENVELOPE_JSON,
    };
    fiber_set_deadline(x.deadline_ns);
    fiber_set_doing("request", request->root.raw);
    err e = open_request(&x) == STEP_ON ? serve(&x) : OK;
    fiber_set_doing(NULL, SLICE_EMPTY);
    if (err_failed(e)) {
        out->n = x.start;
        return e;
    }
    *ret_http_status = x.http_status;
    *ret_content_type = x.content_type;
    return OK;
}
