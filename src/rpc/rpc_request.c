/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/rpc_request.h"

void rpc_request_parse(struct rpc_request *q, struct slice text, struct arena *a)
{
    struct json_opts opts = {.max_values = RPC_REQUEST_MAX_VALUES};
    err e = json_parse(text, &opts, a, &q->root, NULL);
    if (err_failed(e) || q->root.type != JSON_OBJECT)
        q->root = (struct json){0};
}

bool rpc_request_may_hold(const struct rpc_request *q, size_t bytes)
{
    return q == NULL || q->may_hold == NULL || q->may_hold(q->holder, bytes);
}

struct slice rpc_request_command(const struct rpc_request *q)
{
    const struct json *method = json_get(&q->root, "method");
    const struct json *command = q->transport == RPC_WS ? json_get(&q->root, "command") : NULL;
    if (method && command)
        return SLICE_EMPTY;
    const struct json *name = command ? command : method;
    return json_is(name, JSON_STRING) ? name->s : SLICE_EMPTY;
}

const struct json *rpc_request_params(const struct rpc_request *q)
{
    if (q->transport == RPC_WS)
        return q->root.type == JSON_OBJECT ? &q->root : NULL;
    const struct json *params = json_get(&q->root, "params");
    bool fine =
        json_is(params, JSON_ARRAY) && params->n == 1 && params->items[0].type == JSON_OBJECT;
    return fine ? &params->items[0] : NULL;
}
