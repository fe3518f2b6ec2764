/* SPDX-License-Identifier: Apache-2.0 */
/* How much was traded through offers in a ledger, and at what rates, by pair of assets: the
 * `changes` of the book_changes method and stream (rpc-a 13, rpc-b D.12). Trades with AMMs are not
 * among them. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "json/jw.h"

struct book_changes; /* opaque */

/* In the arena, as all that is added; the arena releases it. */
struct book_changes *book_changes_new(struct arena *a);

/* Add a transaction's trades. The order of calls decides which rates are `open` and `close`. Offer
 * nodes that cannot be read, and trades that lead to figures no amount can hold (tokens cost their
 * issuer nothing), are left out. Errors: ERR_LIMIT (the arena's budget). */
ERR book_changes_add(struct book_changes *b, struct slice tx, struct slice meta);

/* The array, sorted by pair. */
void book_changes_put(struct book_changes *b, struct jw *w);
