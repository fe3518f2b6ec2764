/* SPDX-License-Identifier: Apache-2.0 */
/* unsubscribe: end what subscribe began (rpc-b A.13). */
#include "feed/feed.h"
#include "rpc/methods/subscribe_params.h"
#include "rpc/rpc_request.h"
#include "rpc/server_impl.h"

static const struct param history_members[] = {
    PARAM_ACCOUNT("account", struct subscribe_args, history, .required = true,
                  .doc = "Whose transactions"),
    PARAM_BOOL("stop_history_tx_only", struct subscribe_args, stop_history_tx_only,
               .doc = "End the old ones, go on with the new ones"),
    PARAM_END,
};
static const struct param params[] = {
    SUBSCRIBE_PARAMS_TARGETS(subscribe_params_books_named),
    PARAM_OBJECT("account_history_tx_stream", history_members, .doc = "The history of an account"),
    PARAM_END,
};

static err run(struct call *c)
{
    struct subscribe_args *args = c->args;
    args->request.history = args->history.set ? &args->history.v : NULL;
    args->request.only_old = args->stop_history_tx_only;
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
