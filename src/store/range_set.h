/* SPDX-License-Identifier: Apache-2.0 */
/* The spans of complete ledgers that a backend holds. */
#pragma once
#include "store/store.h"

struct range_set {
    struct store_range r[STORE_MAX_RANGES]; /* ascending, with gaps between them */
    size_t n;
};

bool range_set_has(const struct range_set *set, uint32_t seq);
/* The n ledgers follow the newest span one after the other, and their transactions say so, too.
 * Errors: ERR_EXISTS (the first is held already), ERR_INVALID. */
ERR range_set_check_append(const struct range_set *set, const struct store_ledger *ledgers,
                           size_t n);
/* The ledger's transactions ascend and say that they stand in it. Errors: ERR_INVALID. */
ERR range_set_check_txs(const struct store_ledger *l);
/* The query asks for what there is, of ledgers that are held. Errors: ERR_INVALID, ERR_NOT_FOUND.
 */
ERR range_set_check_txs_query(const struct range_set *set, const struct store_txs_query *q);
/* What a first ledger must be. Errors: ERR_EXISTS (not empty), ERR_INVALID. */
ERR range_set_check_first(const struct range_set *set, uint32_t seq, uint32_t n_chains);

/* Bytes: first and last of each span, u32 big-endian. */
#define RANGE_SET_MAX_BYTES (8 * STORE_MAX_RANGES)
size_t range_set_encode(const struct range_set *set, uint8_t out[RANGE_SET_MAX_BYTES]);
/* False when the bytes are not what range_set_encode makes. */
bool range_set_decode(struct slice bytes, struct range_set *ret);
