/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that wait for being written. Every ledger changes objects all over the state, each in a
 * page of its own; but the history has them already. So the newest version of a changed object
 * stays in memory (versions.h), and is written into the mirror's file with others that lie near it:
 * those of a slice of the keys (a 256th, which begin with the same byte), by turns (turns.h). The
 * writer's. */
#pragma once
#include "ledger/mirror.h"
#include "ledger/undo.h"

/* The objects of a slice; *ret_bytes: of memory that waits, until they are written. Errors: ERR_IO,
 * ERR_LIMIT, ERR_CORRUPT. */
ERR waiting_store(const struct mirror *m, const struct versions *versions, MDB_txn *txn,
                  uint32_t slice, uint64_t *ret_bytes);
/* It has been committed: they are the run's, of the newest ledger. */
void waiting_written(const struct versions *versions, uint32_t slice, struct undo_run *newest);
