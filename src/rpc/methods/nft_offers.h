/* SPDX-License-Identifier: Apache-2.0 */
/* What nft_buy_offers and nft_sell_offers share: all but the directory they list (rpc-b A.4). */
#pragma once
#include "rpc/method.h"

struct nft_offers_args {
    struct param_hash256 token;
    struct param_u32 limit;
    struct param_hash256 marker; /* first offer of the page */
};

extern const struct param nft_offers_params[];

/* List the offers of the directory whose first page is `root`. */
YIELDS ERR nft_offers_run(struct call *c, const struct hash256 *root);
