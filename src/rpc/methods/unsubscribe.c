/* SPDX-License-Identifier: Apache-2.0 */
/* unsubscribe: end what subscribe began (rpc-b A.13). */
#include "feed/feed.h"
#include "rpc/methods/subscribe_params.h"
#include "rpc/rpc_request.h"
#include "rpc/server_impl.h"

static const struct param params[] = {
    SUBSCRIBE_PARAMS_TARGETS(subscribe_params_books_named),
    PARAM_END,
};

static err run(struct call *c)
{
    const struct subscribe_args *args = c->args;
    if (c->request->session == NULL || c->server->opts.feed == NULL)
        return rpc_error(c, RPC_NOT_SUPPORTED, NULL);
    struct feed_sub *sub = feed_sub_of(c->request->session);
    if (sub == NULL)
        return (err){ERR_CANCELLED};
    feed_sub_remove(sub, &args->request);
    return OK;
}

const struct method unsubscribe_method = {
    .name = "unsubscribe",
    .flags = METHOD_LOCAL,
    .params = params,
    .args_bytes = sizeof(struct subscribe_args),
    .deprecated = (const char *const[]){"url", "rt_accounts", "rt_transactions", NULL},
    .run = run,
    .doc = "End subscriptions of this connection.",
};
