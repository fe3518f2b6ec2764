/* SPDX-License-Identifier: Apache-2.0 */
/* Index rows: who and what a transaction, or an initially loaded object, concerns
 * (etl-db 3.5, 3.7, 3.8). Pure. */
#pragma once
#include "base/arena.h"
#include "store/store.h"

/* Rows in the making, in an arena. Zero-initialise, set `a`. */
struct rows {
    struct arena *a;
    struct store_index_row *v;
    size_t n;
    size_t cap;
};

/* Rows of a transaction at `pos`. Errors: those of txmeta (malformed metadata); rows found before
 * stay. */
ERR rows_add_tx(struct rows *r, const struct store_tx *tx);
/* Only those of the histories of MPT issuances, for stores that are older than these indexes. */
ERR rows_add_mpts(struct rows *r, const struct store_tx *tx);
/* Rows of an object of the initially loaded state; they stand at ledger 0, like the object.
 * Malformed objects have none. */
void rows_add_object(struct rows *r, const struct store_object *o);
/* Of rows with equal index, prefix and suffix only the one added last stays. */
void rows_settle(struct rows *r);
