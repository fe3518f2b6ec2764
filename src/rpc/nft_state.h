/* SPDX-License-Identifier: Apache-2.0 */
/* What the history knows of a token: who owned it, whether it was burned, its URI (rpc-b A.6). */
#pragma once
#include "rpc/call.h"

struct nft_state {
    uint32_t ledger_seq;  /* ledger of the last recorded change */
    struct account owner; /* the last one, if burned */
    bool is_burned;
    bool is_known;    /* there was such a token */
    struct slice uri; /* in the call's arena; may be empty */
};

/* The newest state at or before ledger `seq`. Errors: ERR_NOT_FOUND: no token in that ledger or
 * before. */
YIELDS ERR nft_state_get(struct call *c, const struct hash256 *token, uint32_t seq,
                         struct nft_state *ret);

/* The same of n tokens, in one read; is_known tells which there are. */
YIELDS ERR nft_state_get_many(struct call *c, const struct hash256 *tokens, size_t n, uint32_t seq,
                              struct nft_state *ret);

/* Write the token's members, those that stand in its id included. */
void nft_state_put(struct call *c, const struct hash256 *token, const struct nft_state *state);
