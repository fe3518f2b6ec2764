/* SPDX-License-Identifier: Apache-2.0 */
/* The kept nodes of the state tree. Every ledger changes nodes all over the tree, each in a page of
 * its own, but only the next ledger's root needs them: so they are kept in memory and written into
 * the mirror's file a slice at a time (a 256th, the nodes above keys that begin with the same
 * byte), by turns, together with the objects below (turns.h). The nodes at depths 0 and 1, which
 * are in no slice, are written with every ledger. The writer's. */
#pragma once
#include "ledger/fold.h"
#include "ledger/mirror.h"

#define NODES_SLICES 256

struct nodes;

struct nodes *nodes_new(struct mirror *m);
struct nodes *nodes_free(struct nodes *n); /* accepts NULL */

/* Forget what is in memory. Errors: ERR_CORRUPT, ERR_IO. */
ERR nodes_begin(struct nodes *n, MDB_txn *txn);
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

/* Before the commit of `txn`: write those at depths 0 and 1. *ret_wide: all nodes at depth 2 are
 * there, and were in the file; if not, all slices must be written, too, as those above change in
 * more than hashes and counts then. Errors: ERR_IO, ERR_LIMIT, ERR_CORRUPT. */
ERR nodes_store_top(struct nodes *n, MDB_txn *txn, bool *ret_wide);
/* The nodes of a slice; *ret_bytes: of memory, until nodes_committed. Errors: the same. */
ERR nodes_store_slice(struct nodes *n, MDB_txn *txn, uint32_t slice, uint64_t *ret_bytes);
/* What was changed since the last of these calls stays (and what was stored is in the file); or is
 * forgotten. */
void nodes_committed(struct nodes *n);
void nodes_aborted(struct nodes *n);

/* Memory taken by nodes that the file does not have. */
uint64_t nodes_bytes(const struct nodes *n);
