/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/method.h"
#include "rpc/rpc_server.h"

static err run(struct call *c)
{
    const struct rpc_server_opts *o = rpc_server_get_opts(c->server);
    jw_key(c->w, "version");
    jw_obj_begin(c->w);
    jw_kv_u64(c->w, "first", o->api_min);
    jw_kv_u64(c->w, "last", o->api_max);
    jw_kv_u64(c->w, "good", o->api_default);
    jw_obj_end(c->w);
    return OK;
}

const struct method version_method = {
    .name = "version",
    .flags = METHOD_NO_LEDGER,
    .run = run,
    .doc = "The API versions that this server speaks.",
};
