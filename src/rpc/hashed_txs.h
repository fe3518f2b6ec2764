/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger's transactions in the order of their hashes, in which some replies show them. */
#pragma once
#include "rpc/call.h"
#include "store/store.h"

struct hashed_tx {
    struct hash256 hash;
    const struct store_tx *tx;
};

/* All transactions of c->view's ledger, ascending by hash; in the call's arena. */
YIELDS ERR hashed_txs_read(struct call *c, struct hashed_tx **ret, size_t *ret_n);
