/* SPDX-License-Identifier: Apache-2.0 */
/* The kept nodes of the state tree. Every ledger changes nodes all over the tree, each in a page of
 * its own, but only the next ledger's root needs them: so they are kept in memory and written into
 * the mirror's file a slice at a time (a 256th, the nodes above keys that begin with the same
 * byte), each slice once in 256 ledgers. The file is always one state of the objects, but its nodes
 * are those of older ledgers; which ledger's at least is in its meta record, and what later ones
 * changed is in the history (retree.h). A small tree, whose upper nodes have children that are not
 * kept, is written whole with every ledger. The writer's. */
#pragma once
#include "ledger/fold.h"
#include "ledger/mirror.h"

#define NODES_SLICES 256
/* Slices are written earlier, when the nodes in memory take more. */
#define NODES_MAX_BYTES ((uint64_t)16 << 20)

struct nodes;

struct nodes *nodes_new(struct mirror *m, uint64_t max_bytes);
struct nodes *nodes_free(struct nodes *n); /* accepts NULL */

/* Forget what is in memory: the file has the nodes of ledger `seq`, or of later ones. Errors:
 * ERR_CORRUPT, ERR_IO. */
ERR nodes_begin(struct nodes *n, MDB_txn *txn, uint32_t seq);
/* None, neither in memory nor in the file: they are made anew (nodes_write). Errors: ERR_IO. */
ERR nodes_clear(struct nodes *n, MDB_txn *txn);

/* A kept node: at `depth`, above `key`. At depth 0 a tree without any is an empty node. `txn`: any
 * that sees the newest ledger committed. Errors: ERR_CORRUPT (it is missing, or damaged), ERR_IO.
 */
ERR nodes_get(const struct nodes *n, MDB_txn *txn, uint32_t depth, const struct hash256 *key,
              struct fold_node *ret);
/* As it was after the last nodes_committed. */
ERR nodes_get_committed(const struct nodes *n, MDB_txn *txn, uint32_t depth,
                        const struct hash256 *key, struct fold_node *ret);
/* As the file has it: up to date at depths 0 and 1. */
ERR nodes_get_stored(const struct mirror *m, MDB_txn *txn, uint32_t depth,
                     const struct hash256 *key, struct fold_node *ret);

/* Change a node, in memory, where what differs from the file is kept. Errors: ERR_CORRUPT (the
 * file's is damaged), ERR_IO. */
ERR nodes_put(struct nodes *n, MDB_txn *txn, uint32_t depth, const struct hash256 *key,
              const struct fold_node *node);
void nodes_remove(struct nodes *n, uint32_t depth, const struct hash256 *key);
/* Straight into the file, after nodes_clear. Errors: ERR_IO, ERR_LIMIT. */
ERR nodes_write(struct nodes *n, MDB_txn *txn, uint32_t depth, const struct hash256 *key,
                const struct fold_node *node);

/* Before the commit of `txn`, which brings n_ledgers more, up to `seq`: write what is due.
 * *ret_since: the file has the nodes of this ledger, or of later ones. Errors: ERR_IO, ERR_LIMIT,
 * ERR_CORRUPT. */
ERR nodes_store(struct nodes *n, MDB_txn *txn, uint32_t seq, uint32_t n_ledgers,
                uint32_t *ret_since);
/* What was changed since the last of these calls stays (and what was stored is in the file); or is
 * forgotten. */
void nodes_committed(struct nodes *n);
void nodes_aborted(struct nodes *n);

/* Memory taken by nodes that the file does not have. */
uint64_t nodes_bytes(const struct nodes *n);
