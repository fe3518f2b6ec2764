/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/openrpc.h"

#include "base/arena.h"
#include "base/mem.h"
#include "json/json.h"
#include "rpc/method.h"
#include "rpc/registry.h"
#include "rpc/results.h"
#include "rpc/schema.h"
#include "rpc/schema_results.h"

static void put_str(struct jw *w, const char *key, const char *text)
{
    jw_key(w, key);
    jw_str(w, slice_str(text));
}

static void put_info(struct jw *w, const char *version)
{
    jw_key(w, "info");
    jw_obj_begin(w);
    put_str(w, "title", "Kleio");
    put_str(w, "version", version);
    put_str(w, "description",
            "An XRP Ledger API server. Over HTTP a request is {\"method\": name, \"params\": "
            "[parameters]}, over WebSocket the parameters with a member `command`. Parameters that "
            "are not named here are ignored.");
    jw_obj_end(w);
}

static bool is_deprecated(const struct method *m, const char *key)
{
    for (const char *const *field = m->deprecated; field && *field; field++)
        if (strcmp(*field, key) == 0)
            return true;
    return false;
}

static void begin_param(struct jw *w, const struct method *m, const char *key)
{
    jw_obj_begin(w);
    put_str(w, "name", key);
    if (is_deprecated(m, key))
        jw_kv_bool(w, "deprecated", true);
}

static void put_param(struct jw *w, const struct method *m, const char *key)
{
    const char *doc = schema_doc(m->params, key);
    begin_param(w, m, key);
    if (doc)
        put_str(w, "description", doc);
    jw_kv_bool(w, "required", schema_is_required(m->params, key));
    jw_key(w, "schema");
    schema_put_field(w, m->params, key, !(m->flags & (METHOD_CLIO_ONLY | METHOD_LOCAL)));
    jw_obj_end(w);
}

static bool has_row(const struct method *m, const char *key)
{
    for (const struct param *p = m->params; p && p->kind != PARAM_KIND_END; p++)
        if (strcmp(p->key, key) == 0)
            return true;
    return false;
}

/* Fields without effect, which bring a warning. */
static void put_ignored(struct jw *w, const struct method *m)
{
    for (const char *const *field = m->deprecated; field && *field; field++) {
        if (has_row(m, *field))
            continue;
        begin_param(w, m, *field);
        put_str(w, "description", "Without effect");
        jw_key(w, "schema");
        jw_raw(w, slice_str("{}"));
        jw_obj_end(w);
    }
}

/* Those that are required come first, as the standard wants; each in the order of their checks. */
static void put_params(struct jw *w, const struct method *m)
{
    jw_key(w, "params");
    jw_arr_begin(w);
    for (int required = 1; m && required >= 0; required--)
        for (const struct param *p = m->params; p && p->kind != PARAM_KIND_END; p++)
            if (schema_is_first(m->params, p) &&
                schema_is_required(m->params, p->key) == (required == 1))
                put_param(w, m, p->key);
    schema_put_ref(w, "contentDescriptors", "api_version");
    if (m)
        put_ignored(w, m);
    jw_arr_end(w);
}

#define MAX_ERRORS 64

struct errors {
    enum rpc_code codes[MAX_ERRORS];
    size_t n;
};

static void add_errors(struct errors *e, const enum rpc_code *codes, size_t n)
{
    for (size_t i = 0; i < n && codes[i] != RPC_NONE; i++) {
        size_t k = 0;
        while (k < e->n && e->codes[k] != codes[i])
            k++;
        if (k == e->n && e->n < MAX_ERRORS)
            e->codes[e->n++] = codes[i];
    }
}

/* Those of the parameters, those found behind them, and those of any method. */
static void put_errors(struct jw *w, const struct registry_entry *entry)
{
    static const enum rpc_code any[] = {RPC_INVALID_API_VERSION, RPC_NOT_READY, RPC_TOO_BUSY,
                                        RPC_SLOW_DOWN, RPC_INTERNAL};
    static const enum rpc_code forwarded[] = {RPC_CONNECTION_ERROR, RPC_REQUEST_ERROR, RPC_TIMEOUT,
                                              RPC_INVALID_RESPONSE};
    const struct method *m = entry->method;
    struct errors e = {.n = 0};
    enum rpc_code codes[SCHEMA_MAX_ERRORS];
    if (m && m->params)
        add_errors(&e, codes, schema_errors(m->params, codes));
    add_errors(&e, results_errors(entry->name), MAX_ERRORS);
    add_errors(&e, any, ARRAY_LEN(any));
    if (!m || !(m->flags & (METHOD_CLIO_ONLY | METHOD_LOCAL)))
        add_errors(&e, forwarded, ARRAY_LEN(forwarded));
    jw_key(w, "errors");
    jw_arr_begin(w);
    for (size_t i = 0; i < e.n; i++)
        schema_put_ref(w, "errors", errors_token(e.codes[i]));
    jw_arr_end(w);
}

static const struct {
    const char *method, *params, *result;
} examples[] = {
#define X(method, params, result) {#method, params, result},
#include "rpc/examples.def"
#undef X
};

static void put_example(struct jw *w, const char *params, const char *result)
{
    struct json values;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    jw_obj_begin(w);
    put_str(w, "name", "example");
    jw_key(w, "params");
    jw_arr_begin(w);
    if (!err_failed(json_parse(slice_str(params), NULL, a, &values, NULL)))
        for (uint32_t i = 0; i < values.n; i++) {
            jw_obj_begin(w);
            jw_key(w, "name");
            jw_str(w, values.members[i].key);
            jw_key(w, "value");
            jw_value(w, &values.members[i].value);
            jw_obj_end(w);
        }
    jw_arr_end(w);
    jw_key(w, "result");
    jw_obj_begin(w);
    put_str(w, "name", "result");
    jw_key(w, "value");
    jw_raw(w, slice_str(result));
    jw_obj_end(w);
    jw_obj_end(w);
}

static void put_examples(struct jw *w, const char *method)
{
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        if (strcmp(examples[i].method, method) != 0)
            continue;
        jw_key(w, "examples");
        jw_arr_begin(w);
        put_example(w, examples[i].params, examples[i].result);
        jw_arr_end(w);
    }
}

static void put_result(struct jw *w, const struct registry_entry *entry)
{
    jw_key(w, "result");
    jw_obj_begin(w);
    put_str(w, "name", "result");
    jw_key(w, "schema");
    schema_results_put(w, entry->method ? entry->name : "");
    jw_obj_end(w);
}

static void put_method(struct jw *w, const struct registry_entry *entry)
{
    const struct method *m = entry->method;
    jw_obj_begin(w);
    put_str(w, "name", entry->name);
    put_str(w, "summary", m ? (m->doc ? m->doc : "") : "Answered by rippled.");
    put_str(w, "paramStructure", "by-name");
    if (!m)
        jw_kv_bool(w, "x-forwarded", true);
    put_params(w, m);
    put_result(w, entry);
    put_errors(w, entry);
    put_examples(w, entry->name);
    jw_obj_end(w);
}

static void put_error_components(struct jw *w)
{
    static const enum rpc_code codes[] = {
#define X(name, code, token, message) RPC_##name,
#include "rpc/errors.def"
#undef X
    };
    jw_key(w, "errors");
    jw_obj_begin(w);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        jw_key(w, errors_token(codes[i]));
        jw_obj_begin(w);
        jw_kv_u64(w, "code", (uint64_t)codes[i]);
        put_str(w, "message", errors_message(codes[i]));
        jw_obj_end(w);
    }
    jw_obj_end(w);
}

static void put_components(struct jw *w)
{
    jw_key(w, "components");
    jw_obj_begin(w);
    jw_key(w, "contentDescriptors");
    jw_raw(w, slice_str("{\"api_version\":{\"name\":\"api_version\",\"required\":false,"
                        "\"description\":\"Version of the API that request and reply follow\","
                        "\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":3}}}"));
    jw_key(w, "schemas");
    jw_obj_begin(w);
    schema_put_components(w);
    schema_results_put_components(w);
    jw_obj_end(w);
    put_error_components(w);
    jw_obj_end(w);
}

void openrpc_put(struct buf *out, const char *version)
{
    struct jw w = jw_to(out);
    jw_obj_begin(&w);
    put_str(&w, "openrpc", "1.3.2");
    put_info(&w, version);
    jw_key(&w, "methods");
    jw_arr_begin(&w);
    for (uint32_t i = 0; i < registry_count(); i++)
        put_method(&w, registry_at(i));
    jw_arr_end(&w);
    put_components(&w);
    jw_obj_end(&w);
}
