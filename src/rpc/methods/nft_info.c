/* SPDX-License-Identifier: Apache-2.0 */
/* nft_info: a token's owner, URI and properties, also after it was burned (rpc-b A.6). */
#include "rpc/method.h"
#include "rpc/nft_state.h"

struct args {
    struct param_hash256 token;
};

static const struct param params[] = {
    PARAM_HASH256("nft_id", struct args, token, .required = true, .doc = "The token's id"),
    PARAM_LEDGER,
    PARAM_END,
};

static err run(struct call *c)
{
    const struct args *args = c->args;
    struct nft_state state;
    TRY(call_open_ledger(c));
    err e = nft_state_get(c, &args->token.v, view_seq(c->view), &state);
    if (e.code == ERR_NOT_FOUND)
        return rpc_error(c, RPC_OBJECT_NOT_FOUND, "NFT not found");
    TRY(e);
    nft_state_put(c, &args->token.v, &state);
    jw_kv_bool(c->w, "validated", true);
    return OK;
}

const struct method nft_info_method = {
    .name = "nft_info",
    .flags = METHOD_CLIO_ONLY,
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "A token's owner, URI and properties, also after it was burned.",
};
