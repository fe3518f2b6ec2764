/* SPDX-License-Identifier: Apache-2.0 */
/* The state tree (etl-db 1.7) over the mirror's objects. An inner node with many leaves is kept in
 * the database `tree`; a subtree with few is hashed when needed from a range of `state`. Which
 * nodes are kept depends on the number of leaves below each, so the tree follows the growth of the
 * state, and keys that share long prefixes, node by node. Used by the writer only. */
#pragma once
#include "ledger/fold.h"
#include "ledger/mirror.h"

/* A slot with more leaves becomes a kept node; a kept node with at most half of it becomes a slot.
 */
#define TREE_SLOT_LEAVES 24

struct tree;

struct tree *tree_new(struct mirror *m);
struct tree *tree_free(struct tree *t); /* accepts NULL */

/* The objects under these keys (ascending, distinct) were changed in `txn`: bring the kept hashes
 * up to date. *ret_root is the root of the whole state now. Errors: ERR_IO, ERR_LIMIT (map full),
 * ERR_CORRUPT. */
ERR tree_update(struct tree *t, MDB_txn *txn, const struct hash256 *keys, size_t n,
                struct hash256 *ret_root);

/* Called for every object in ascending order while the tree is built. */
struct tree_visitor {
    void (*visit)(void *arg, const struct hash256 *key, struct slice object);
    void *arg;
};
/* Make the kept hashes anew from all objects. `visitor` may be NULL. */
ERR tree_build(struct tree *t, MDB_txn *txn, const struct tree_visitor *visitor,
               struct hash256 *ret_root);

/* A kept node: at `depth`, above `key`. At depth 0 a tree without any is an empty node. Errors:
 * ERR_CORRUPT (it is missing, or damaged), ERR_IO. */
ERR tree_node(const struct mirror *m, MDB_txn *txn, uint32_t depth, const struct hash256 *key,
              struct fold_node *ret);

/* Number of objects, from the kept root. An empty mirror has 0. */
ERR tree_count(const struct mirror *m, MDB_txn *txn, uint64_t *ret);
