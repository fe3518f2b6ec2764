/* SPDX-License-Identifier: Apache-2.0 */
/* nft_buy_offers: the offers to buy a token (rpc-b A.4). */
#include "rpc/methods/nft_offers.h"
#include "xrpl/keylet.h"

static err run(struct call *c)
{
    const struct nft_offers_args *args = c->args;
    struct hash256 root = keylet_nft_buys(&args->token.v);
    return nft_offers_run(c, &root);
}

const struct method nft_buy_offers_method = {
    .name = "nft_buy_offers",
    .params = nft_offers_params,
    .args_bytes = sizeof(struct nft_offers_args),
    .run = run,
    .doc = "The offers to buy a token.",
};
