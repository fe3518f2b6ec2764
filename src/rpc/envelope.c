/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/envelope.h"

#include "json/json_peek.h"
#include "rpc/method.h"
#include "rpc/server_impl.h"

#define PUT(out, literal) buf_put((out), (literal), sizeof(literal) - 1)

/* A refusal costs next to nothing, whatever was sent. */
#define PEEK_BYTES 4096
#define MAX_ECHOED_ID 256

#define WARNING_CLIO                                                                               \
    "{\"id\":2001,\"message\":\"This is a clio server. clio only serves validated data. If you "   \
    "want "                                                                                        \
    "to talk to rippled, include 'ledger_index':'current' in your request\"}"
#define WARNING_STALE "{\"id\":2002,\"message\":\"This server may be out of date\"}"
#define WARNING_LOAD "{\"id\":2003,\"message\":\"You are about to be rate limited\"}"
#define WARNING_DEPRECATED                                                                         \
    "{\"id\":2004,\"message\":\"Some fields from your request are deprecated. Please check the "   \
    "documentation at https://xrpl.org/docs/references/http-websocket-apis/ and update your "      \
    "request."

static void put_deprecations(struct exchange *x)
{
    const struct method *m = x->entry ? x->entry->method : NULL;
    bool any = false;
    for (const char *const *field = m ? m->deprecated : NULL; field && *field; field++) {
        if (!json_get(x->params, *field))
            continue;
        if (!any)
            PUT(x->out, WARNING_DEPRECATED);
        any = true;
        PUT(x->out, " Field '");
        buf_put_str(x->out, *field);
        PUT(x->out, "' is deprecated.");
    }
    if (any)
        PUT(x->out, "\"},");
}

void envelope_put_warnings(struct exchange *x, bool deprecations)
{
    PUT(x->out, ",\"warnings\":[");
    if (deprecations)
        put_deprecations(x);
    if (server_impl_is_stale(x->server))
        PUT(x->out, WARNING_CLIO "," WARNING_STALE "]");
    else
        PUT(x->out, WARNING_CLIO "]");
}

static void put_member(struct buf *out, const char *key, const struct json *v)
{
    if (!v || v->type == JSON_NULL)
        return;
    struct jw w = jw_to(out);
    w.comma = true;
    jw_key(&w, key);
    jw_value(&w, v);
}

/* What JSON-RPC 2.0 wants back beside `result`. Nothing else is echoed over HTTP. */
void envelope_put_rpc_echo(struct exchange *x)
{
    if (x->request->transport != RPC_HTTP)
        return;
    put_member(x->out, "id", x->request->id);
    put_member(x->out, "jsonrpc", x->request->jsonrpc);
    put_member(x->out, "ripplerpc", x->request->ripplerpc);
}

void envelope_put_echo(struct exchange *x)
{
    put_member(x->out, "id", x->request->id);
    if (x->request->transport == RPC_WS)
        put_member(x->out, "api_version", json_get(x->root, "api_version"));
}

void envelope_begin(struct exchange *x)
{
    PUT(x->out, "{\"result\":{");
}

void envelope_end(struct exchange *x, bool comma)
{
    if (x->request->transport == RPC_WS) {
        PUT(x->out, "}");
        envelope_put_echo(x);
        PUT(x->out, ",\"status\":\"success\",\"type\":\"response\"");
    } else {
        if (comma)
            PUT(x->out, ",");
        PUT(x->out, "\"status\":\"success\"}");
        envelope_put_rpc_echo(x);
    }
    envelope_put_warnings(x, true);
    PUT(x->out, "}");
}

void envelope_put_error_members(struct buf *out, const struct call_fault *fault)
{
    struct jw w = jw_to(out);
    const char *token = fault->token ? fault->token : errors_token(fault->code);
    const char *message = fault->message ? fault->message : errors_message(fault->code);
    jw_kv_str(&w, "error", slice_str(token));
    jw_kv_u64(&w, "error_code", (uint64_t)fault->code);
    jw_kv_str(&w, "error_message", slice_str(message));
    PUT(out, ",\"status\":\"error\",\"type\":\"response\"");
    if (fault->at) {
        jw_kv_hex(&w, "ledger_hash", hash256_slice(&fault->at->hash));
        jw_kv_u64(&w, "ledger_index", fault->at->seq);
        PUT(out, ",\"validated\":true");
    }
    if (!fault->extra)
        return;
    PUT(out, ",");
    buf_put_str(out, fault->extra);
}

/* The received object; where `params` was replaced it is shown as what it counted as. */
static void put_request(struct exchange *x)
{
    struct jw w = jw_to(x->out);
    PUT(x->out, ",\"request\":");
    if (!x->params_replaced) {
        jw_value(&w, x->root);
        return;
    }
    jw_obj_begin(&w);
    for (uint32_t i = 0; i < x->root->n; i++) {
        const struct json_member *m = &x->root->members[i];
        if (slice_is(m->key, "params"))
            continue;
        jw_key_escaped(&w, m->key);
        jw_value(&w, &m->value);
    }
    jw_key(&w, "params");
    jw_raw(&w, SLICE_LIT("[{}]"));
    jw_obj_end(&w);
}

void envelope_error(struct exchange *x, const struct call_fault *fault,
                    enum envelope_warnings warnings)
{
    bool http = x->request->transport == RPC_HTTP;
    x->out->n = x->start;
    if (http)
        PUT(x->out, "{\"result\":");
    PUT(x->out, "{");
    envelope_put_error_members(x->out, fault);
    envelope_put_echo(x);
    put_request(x);
    if (http)
        PUT(x->out, "}");
    envelope_put_rpc_echo(x);
    if (warnings != ENVELOPE_WITHOUT_WARNINGS)
        envelope_put_warnings(x, warnings == ENVELOPE_WITH_WARNINGS);
    PUT(x->out, "}");
}

void envelope_text(struct exchange *x, const char *text)
{
    x->out->n = x->start;
    buf_put_str(x->out, text);
    x->http_status = 400;
    x->content_type = ENVELOPE_TEXT;
}

void rpc_put_bare_error(struct buf *out, enum rpc_code code)
{
    struct call_fault fault = {.code = code};
    PUT(out, "{");
    envelope_put_error_members(out, &fault);
    PUT(out, "}");
}

void rpc_put_refusal(struct buf *out, enum rpc_code code, struct slice text)
{
    struct call_fault fault = {.code = code};
    struct slice id = json_peek(text, "id", PEEK_BYTES);
    PUT(out, "{");
    envelope_put_error_members(out, &fault);
    if (id.n && id.n <= MAX_ECHOED_ID) {
        PUT(out, ",\"id\":");
        buf_put_slice(out, id);
    }
    PUT(out, "}");
}

void rpc_add_load_warning(struct buf *out, size_t start)
{
    if (out->n < start + 2 || out->p[out->n - 1] != '}')
        return; /* not an object: a line of text */
    /* warnings are always the last member, and no other reply ends with an array */
    bool has_warnings = out->p[out->n - 2] == ']';
    out->n -= has_warnings ? 2 : 1;
    if (has_warnings)
        PUT(out, "," WARNING_LOAD "],\"warning\":\"load\"}");
    else
        PUT(out, ",\"warnings\":[" WARNING_LOAD "],\"warning\":\"load\"}");
}
