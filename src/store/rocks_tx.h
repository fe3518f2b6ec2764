/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of transactions, for the reads of them. */
#pragma once
#include "store/rocks_read.h"

/* Transaction and metadata out of a row, in `a`; tx->pos is set. Errors: ERR_CORRUPT. */
ERR rocks_tx_unpack(const struct rocks *r, struct slice row, struct arena *a, struct store_tx *tx);
/* The transaction alone, which points into the row. */
ERR rocks_tx_only(const struct rocks *r, struct slice row, struct store_tx *tx);
/* The transaction at `pos`, in `a`. Errors: ERR_CORRUPT, ERR_LIMIT, ROCKS_COLD. */
ERR rocks_tx_read(const struct rocks_read *rd, struct store_tx_pos pos, struct arena *a,
                  struct store_tx *ret, bool *ret_found);
