/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around a result or an error in a reply (rpc-b B.6-B.9), for both transports. */
#pragma once
#include "json/json.h"
#include "rpc/call.h"
#include "rpc/engine.h"
#include "rpc/registry.h"

/* A request being answered. */
struct exchange {
    struct rpc_server *server;
    const struct rpc_request *request;
    struct arena *arena;
    struct buf *out;
    size_t start;              /* out->n at the begin: the reply's first byte */
    const struct json *root;   /* the received object: request->root */
    bool params_replaced;      /* HTTP: `params` counts as [{}] */
    const struct json *params; /* the parameter object; NULL before it is known */
    struct slice command;
    int64_t deadline_ns;
    const struct registry_entry *entry; /* NULL: unknown command */
    uint32_t api_version;
    int http_status;
    const char *content_type;
};

#define ENVELOPE_JSON "application/json"
/* What the text replies to unusable HTTP requests are labelled. */
#define ENVELOPE_TEXT "text/html"

/* Everything before the members of a result, and everything after them. `comma`: members were
 * written. */
void envelope_begin(struct exchange *x);
void envelope_end(struct exchange *x, bool comma);

enum envelope_warnings {
    ENVELOPE_WITHOUT_WARNINGS = 0,
    ENVELOPE_WITH_WARNINGS,
    ENVELOPE_WITHOUT_DEPRECATIONS
};

/* Drop what was written and write the error reply. */
void envelope_error(struct exchange *x, const struct call_fault *fault,
                    enum envelope_warnings warnings);
/* HTTP: a line of text with status 400. */
void envelope_text(struct exchange *x, const char *text);

/* `,"warnings":[...]` */
void envelope_put_warnings(struct exchange *x, bool deprecations);
/* Over HTTP `,"id":...,"jsonrpc":...,"ripplerpc":...`, where the request has them: beside `result`.
 */
void envelope_put_rpc_echo(struct exchange *x);
/* `,"id":...` and, over WebSocket, `,"api_version":...`, where the request has them. */
void envelope_put_echo(struct exchange *x);
/* Members error ... type, no braces. */
void envelope_put_error_members(struct buf *out, const struct call_fault *fault);
