/* SPDX-License-Identifier: Apache-2.0 */
/* The state tree (etl-db 1.7) over the newest objects (merged.h). An inner node with many leaves is
 * kept (nodes.h); a subtree with few is hashed when needed from a range of them. Which nodes are
 * kept depends on the number of leaves below each, so the tree follows the growth of the state, and
 * keys that share long prefixes, node by node. Used by the writer only. */
#pragma once
#include "ledger/nodes.h"
#include "ledger/versions.h"

/* A slot with more leaves becomes a kept node; a kept node with at most half of it becomes a slot.
 */
#define TREE_SLOT_LEAVES 24

struct tree;

/* All borrowed. */
struct tree *tree_new(struct mirror *m, struct nodes *kept, const struct versions *versions);
struct tree *tree_free(struct tree *t); /* accepts NULL */

/* The objects under these keys (ascending, distinct) were changed in `txn`: bring the kept nodes up
 * to date, in memory. *ret_root is the root of the whole state now. Errors: ERR_IO, ERR_LIMIT (map
 * full), ERR_CORRUPT. */
ERR tree_update(struct tree *t, MDB_txn *txn, const struct hash256 *keys, size_t n,
                struct hash256 *ret_root);

/* Called for every object in ascending order while the tree is built. */
struct tree_visitor {
    void (*visit)(void *arg, const struct hash256 *key, struct slice object);
    void *arg;
};
/* Make the kept nodes anew from the file's objects, in the file; nothing waits. `visitor` may be
 * NULL. */
ERR tree_build(struct tree *t, MDB_txn *txn, const struct tree_visitor *visitor,
               struct hash256 *ret_root);

/* Number of objects, from the root in the file. An empty mirror has 0. */
ERR tree_count(const struct mirror *m, MDB_txn *txn, uint64_t *ret);
