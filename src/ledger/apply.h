/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the ledgers: the apply thread alone calls this. A batch holds one or several consecutive
 * ledgers; nothing is visible before apply_commit. Order kept for every batch: undo in memory,
 * history durable, mirror committed, tip moved. */
#pragma once
#include "ledger/ledgers.h"

struct apply;

/* One ledger as the extractor hands it over; `objects` as in store_ledger. The successors are
 * computed here, from the mirror (never trusted from outside). */
struct apply_ledger {
    struct ledger_header header;
    const struct store_object *objects; /* ascending keys; empty data = deleted */
    size_t n_objects;
    const struct store_tx *txs;
    const struct hash256 *tx_hashes;
    size_t n_txs;
    const struct hash256 *unnamed;
    size_t n_unnamed;
    const struct store_index_row *index_rows;
    size_t n_index_rows;
};

/* Begin a batch on top of the newest ledger. Errors: ERR_IO, ERR_FULL (too little room on the
 * disk), and those of mirror_follow. */
ERR apply_begin(struct ledgers *l, struct apply **ret);

/* Add the next ledger and verify it: sequence, parent hash, header hash, state root (the
 * transaction root is the extractor's). The slices must stay valid until the batch ends. On
 * ERR_VERIFY (the text names what did not match) the batch is as if the ledger had not been added.
 * Before it says so of a state root the mirror is looked at: if that is damaged, the error is
 * ERR_IO (it is made anew), and nobody is to blame. Other errors: ERR_IO, ERR_INVALID. */
ERR apply_add(struct apply *b, const struct apply_ledger *ledger);
/* Ledgers added so far. */
size_t apply_count(const struct apply *b);

/* Make the batch durable and visible; frees it, also on failure (then nothing of it is visible). */
ERR apply_commit(struct apply *b);
struct apply *apply_abort(struct apply *b);

/* A ledger that the history has already, and has wrong, as a source gives it: verified as by
 * apply_add on top of the newest one, and handed on as the history should have it. Nothing is
 * changed. Errors: as apply_add, ERR_BUSY (the mirror is put aside), and fn's. */
typedef err (*apply_proven_fn)(void *arg, const struct store_ledger *right);
ERR apply_prove(struct ledgers *l, const struct apply_ledger *ledger, apply_proven_fn fn,
                void *arg);

/* Initial load into an empty history: objects in n_chains parts, keys ascending within a part
 * (store_load_*). apply_load_add may be called with pages of different chains in any order, by the
 * apply thread; costs least when all keys ascend. ERR_CANCELLED: ledgers_interrupt. */
ERR apply_load_begin(struct ledgers *l, const struct ledger_header *header, uint32_t n_chains);
ERR apply_load_add(struct ledgers *l, uint32_t chain, const struct store_object *objects, size_t n,
                   const struct store_index_row *rows, size_t n_rows);
/* All parts are there: check that the root is the header's, complete the successor list, make it
 * durable and visible. ERR_VERIFY: the state is not this ledger's; the load is dropped. `ledger`
 * brings transactions and index rows. */
ERR apply_load_commit(struct ledgers *l, const struct apply_ledger *ledger);
void apply_load_abort(struct ledgers *l);
uint64_t apply_load_count(struct ledgers *l); /* objects so far; any thread */

/* After a start with lazy_repair: views read the mirror from now on. (Otherwise the first batch, or
 * apply_check, sees to it.) Errors: ERR_IO (it is damaged), ERR_BUSY (the history cannot say what
 * it lacks). */
ERR apply_ready(struct ledgers *l);

/* When there is nothing to apply: look for damage in the mirror, for so long, where it was left
 * off; and see to it that its file is not much larger than it must be (compact.h). *ret_more: not
 * all of it has been seen since the start. ERR_IO: it is damaged, the next mirror_follow makes it
 * anew. */
ERR apply_check(struct ledgers *l, int64_t budget_ns, bool *ret_more);
