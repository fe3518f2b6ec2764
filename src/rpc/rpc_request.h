/* SPDX-License-Identifier: Apache-2.0 */
/* A request as it came in, parsed once: what the front door weighs, the engine answers and
 * `forward` passes on. */
#pragma once
#include "base/err.h"
#include "json/json.h"

enum rpc_transport { RPC_HTTP = 1, RPC_WS };

/* Values that a request's text may have in all: far above any that makes sense, and so few that
 * they take below 2 MiB. */
#define RPC_REQUEST_MAX_VALUES 16384

struct feed_call;

struct rpc_request {
    enum rpc_transport transport;
    const char *client_ip; /* NULL when unknown */
    bool is_admin;
    struct feed_call *session; /* WebSocket: for what subscribes; else NULL */
    /* Besides its text the request holds so many bytes now, reply included; false: it may not.
     * Through rpc_request_may_hold. NULL = as many as it likes. */
    bool (*may_hold)(void *holder, size_t bytes);
    void *holder;
    /* What rpc_request_parse gives: */
    int64_t begun_ns; /* when it was read (clock_now_ns) */
    struct json root; /* the object; JSON_NONE = nothing that can be read */
    /* Its members that make a request; NULL = absent. */
    const struct json *method, *command, *params, *id, *jsonrpc, *ripplerpc;
};

/* Read the body or message into q, whose values live in `a` and points into `text`. Never fails:
 * what cannot be read is the engine's to answer. On a fiber it breathes. */
YIELDS void rpc_request_parse(struct rpc_request *q, struct slice text, struct arena *a);

/* May the request hold `bytes` besides its text? False: it ends with tooBusy. */
bool rpc_request_may_hold(const struct rpc_request *q, size_t bytes);

/* The command that it names, and its parameter object, as far as they are in order (else empty, and
 * NULL): for whoever is not the engine. */
struct slice rpc_request_command(const struct rpc_request *q);
const struct json *rpc_request_params(const struct rpc_request *q);
