/* SPDX-License-Identifier: Apache-2.0 */
/* Indexes that are younger than the dataset (the histories of MPT issuances) get the rows of older
 * ledgers from what is stored, in the background, from the newest ledger back. The store keeps how
 * far that is: it goes on where it was after a stop or a crash. Methods that read such an index say
 * that it is not ready where rows are lacking (store_index_lack). */
#pragma once
#include "base/err.h"

#include <stdbool.h>

struct store;

/* Fiber main; `store` is a struct store *. Ends when nothing is lacking or when it is cancelled. */
YIELDS void index_build_run(void *store);

/* One step of it: some ledgers of every index that lacks them. *ret_done: nothing is lacking.
 * Blocks: not on a core. Errors: those of the store. */
ERR index_build_step(struct store *s, bool *ret_done);
