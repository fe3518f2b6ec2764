/* SPDX-License-Identifier: Apache-2.0 */
/* What a ledger changes, objects and nodes of the state tree, lies all over the mirror's file. It
 * is kept in memory (waiting.h, nodes.h), and the file gets one slice of the keys at a time, which
 * begin with the same byte: every fourth ledger the next of the 256, and more when there is too
 * much in memory. Then many changes lie in the same page, and above them are few.
 *
 * So the file is a mixture: of each slice it has the objects, and the nodes above them, of the
 * ledger with which that was written last; only the nodes at depths 0 and 1 are always the newest.
 * The meta record says which ledgers these are at least; what later ones changed is in the history
 * (retree.h). A small tree, whose upper nodes have children that are not kept, is written whole
 * with every ledger, and its objects. The writer's. */
#pragma once
#include "ledger/nodes.h"
#include "ledger/waiting.h"

/* Ledgers until all slices have had their turn. */
#define TURNS_LEDGERS 1024
#define TURNS_MAX_NODE_BYTES ((uint64_t)16 << 20)
#define TURNS_MAX_OBJECT_BYTES ((uint64_t)40 << 20)
/* Instead of a number of ledgers: every slice. */
#define TURNS_ALL UINT32_MAX

struct turns {
    const struct mirror *mirror;
    struct nodes *nodes;
    struct undo *undo;
    uint64_t max_node_bytes, max_object_bytes; /* of memory, after a commit */
    uint32_t since[NODES_SLICES];              /* the ledger that the file has of each */
    uint32_t next;                             /* slice to be written next */
    uint32_t begun;                            /* with this ledger the first slice was written */
    uint32_t n_stored, stored_seq;             /* by the transaction */
};

/* The file is as its meta record says. */
void turns_begin(struct turns *t, const struct mirror_turn *turn);
/* The file has the object under this key, and what is above it, of this ledger or of a later one.
 */
uint32_t turns_since(const struct turns *t, const struct hash256 *key);

/* Before the commit of `txn`, which brings n_ledgers more (or TURNS_ALL), up to `seq`: write what
 * is due. *ret: for the meta record. Errors: ERR_IO, ERR_LIMIT, ERR_CORRUPT. */
ERR turns_store(struct turns *t, MDB_txn *txn, uint32_t seq, uint32_t n_ledgers,
                struct mirror_turn *ret);
/* It has been committed; `newest` is the run of ledger `seq`. */
void turns_committed(struct turns *t, struct undo_run *newest);
