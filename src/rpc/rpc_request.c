/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/rpc_request.h"

#include "rt/clock.h"
#include "rt/fiber.h"

static const struct json **place_of(struct rpc_request *q, struct slice key)
{
    switch (key.n) {
    case 2: return slice_is(key, "id") ? &q->id : NULL;
    case 6:
        return slice_is(key, "method") ? &q->method : slice_is(key, "params") ? &q->params : NULL;
    case 7:
        return slice_is(key, "command")   ? &q->command
               : slice_is(key, "jsonrpc") ? &q->jsonrpc
                                          : NULL;
    case 9: return slice_is(key, "ripplerpc") ? &q->ripplerpc : NULL;
    default: return NULL;
    }
}

/* One walk instead of a look-up each time that somebody asks. */
static void find_members(struct rpc_request *q)
{
    q->method = q->command = q->params = q->id = q->jsonrpc = q->ripplerpc = NULL;
    for (uint32_t i = 0; i < q->root.n; i++) {
        const struct json **place = place_of(q, q->root.members[i].key);
        if (place)
            *place = &q->root.members[i].value;
    }
}

void rpc_request_parse(struct rpc_request *q, struct slice text, struct arena *a)
{
    q->begun_ns = clock_now_ns();
    struct json_opts opts = {.max_values = RPC_REQUEST_MAX_VALUES, .breathe = fiber_breathe};
    err e = json_parse(text, &opts, a, &q->root, NULL);
    if (err_failed(e) || q->root.type != JSON_OBJECT)
        q->root = (struct json){0};
    find_members(q);
}

bool rpc_request_may_hold(const struct rpc_request *q, size_t bytes)
{
    return q == NULL || q->may_hold == NULL || q->may_hold(q->holder, bytes);
}

struct slice rpc_request_command(const struct rpc_request *q)
{
    const struct json *command = q->transport == RPC_WS ? q->command : NULL;
    if (q->method && command)
        return SLICE_EMPTY;
    const struct json *name = command ? command : q->method;
    return json_is(name, JSON_STRING) ? name->s : SLICE_EMPTY;
}

const struct json *rpc_request_params(const struct rpc_request *q)
{
    if (q->transport == RPC_WS)
        return q->root.type == JSON_OBJECT ? &q->root : NULL;
    const struct json *params = q->params;
    bool fine =
        json_is(params, JSON_ARRAY) && params->n == 1 && params->items[0].type == JSON_OBJECT;
    return fine ? &params->items[0] : NULL;
}
