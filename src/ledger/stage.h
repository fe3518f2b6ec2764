/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers changed on top of the mirror's, in memory: each verified against its state root, with
 * what it replaced, and not visible yet. The mirror's transaction gets what is due with them at the
 * commit. The writer's; from begin to commit on one thread. */
#pragma once
#include "ledger/ledgers_impl.h"

struct stage_item {
    struct ledger_header header;
    const struct store_object *objects; /* as given */
    size_t n_objects;
    struct undo_run *run; /* the keys that really changed, and what was there */
};

struct stage {
    struct ledgers *l;
    MDB_txn *txn;
    struct ledger_header newest; /* the last one added, or the mirror's */
    struct stage_item *items;
    size_t n, cap;
    struct hash256 *keys; /* scratch */
    size_t cap_keys;
    bool broken;       /* the transaction is of no use any more */
    bool root_differs; /* the newest ledger that did not verify had right links, but another root */
};

/* Begin on top of the mirror's ledger. Errors: ERR_IO, ERR_LIMIT, ERR_CORRUPT (the mirror is
 * damaged). */
ERR stage_begin(struct ledgers *l, struct stage **ret);

/* Change the state to the next ledger's and verify its root. `objects`: ascending keys, empty data
 * = deleted; those that change nothing are passed over. They must stay valid until the stage ends.
 * ERR_VERIFY: links or root do not match (the text says what); the stage is as if the ledger had
 * not been added. Other errors (ERR_IO, ERR_CORRUPT: the mirror's) end its use. */
ERR stage_add(struct stage *s, const struct ledger_header *header,
              const struct store_object *objects, size_t n);

/* The history has all its ledgers: make them visible, in order. Frees the stage, also on failure;
 * then nothing of it is visible. Errors: ERR_IO, ERR_LIMIT, ERR_CORRUPT. */
ERR stage_commit(struct stage *s);
struct stage *stage_free(struct stage *s); /* gives it up; accepts NULL */
void stage_freep(struct stage **s);
