/* SPDX-License-Identifier: Apache-2.0 */
/* What some ledgers in the spool changed: of each key the newest version, found by key. For
 * bringing pages of older ledgers forward. Calls block. */
#pragma once
#include "etl/ledger_spool.h"
#include "store/store.h"

struct load_changes;

/* Of the ledgers after `oldest` up to `newest`. Errors: ERR_CORRUPT (one is missing or damaged),
 * ERR_IO, ERR_VERIFY. */
ERR load_changes_read(struct ledger_spool *s, uint32_t oldest, uint32_t newest,
                      struct load_changes **ret);
struct load_changes *load_changes_free(struct load_changes *c); /* accepts NULL */
void load_changes_freep(struct load_changes **c);

/* The objects of ledger `seq` whose keys are in (after, upto] (after NULL: from the first),
 * ascending, as they are in the newest: in *ret, in `a`; `objects` if nothing changed. Errors:
 * ERR_IO, ERR_LIMIT. */
ERR load_changes_merge(struct load_changes *c, uint32_t seq, const struct hash256 *after,
                       const struct hash256 *upto, struct store_object *objects, size_t n,
                       struct arena *a, struct store_object **ret, size_t *ret_n);
