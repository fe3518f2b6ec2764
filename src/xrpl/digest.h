/* SPDX-License-Identifier: Apache-2.0 */
/* The hashes that prove a ledger (etl-db 1.7). */
#pragma once
#include "base/hash.h"

/* Header as rippled sends it: 118 bytes that are hashed, then the ledger's own hash. */
#define LEDGER_HEADER_BYTES 150
#define LEDGER_HEADER_HASHED_BYTES 118

struct ledger_header {
    uint32_t seq;
    uint64_t drops;
    struct hash256 parent_hash;
    struct hash256 tx_hash;     /* root of the transaction tree */
    struct hash256 state_hash;  /* root of the state tree */
    uint32_t parent_close_time; /* seconds since 2000-01-01 */
    uint32_t close_time;
    uint8_t close_resolution;
    uint8_t close_flags;
    struct hash256 hash;
};

/* False when not exactly 150 bytes. */
bool digest_header_decode(struct slice bytes, struct ledger_header *ret);
void digest_header_encode(const struct ledger_header *h, uint8_t out[LEDGER_HEADER_BYTES]);
/* What the ledger's hash must be (recomputed from the other fields). */
struct hash256 digest_ledger(const struct ledger_header *h);

struct hash256 digest_tx_id(struct slice tx_blob);
struct hash256 digest_tx_leaf(struct slice tx_blob, struct slice meta_blob,
                              const struct hash256 *tx_id);
struct hash256 digest_state_leaf(struct slice object, const struct hash256 *key);
struct hash256 digest_inner(const struct hash256 children[16]);

/* Root of a whole tree from its leaves, sorted ascending by key, keys distinct: the transaction
 * tree, and a check of the state tree in tests. 0 leaves = zero hash. */
struct digest_leaf {
    struct hash256 key;
    struct hash256 hash;
};
struct hash256 digest_tree_root(const struct digest_leaf *leaves, size_t n);
/* The same for the subtree at `depth` nibbles (all keys share them): for n = 1 that is the leaf's
 * hash itself. */
struct hash256 digest_subtree(const struct digest_leaf *leaves, size_t n, uint32_t depth);
