/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that come in any order, given back in order of their keys: kept meanwhile in files of a
 * directory, one for each first byte of a key, each sorted in memory when its turn comes. So that
 * the mirror's file is written from its beginning to its end. */
#pragma once
#include "base/err.h"
#include "store/store.h"

struct spill;

/* Begin an empty one in the directory (made if missing; what is in it is removed). Errors: ERR_IO,
 * ERR_FULL. */
ERR spill_new(const char *directory, struct spill **ret);
/* Errors: ERR_IO, ERR_FULL. */
ERR spill_add(struct spill *s, const struct store_object *object);
/* All of them, ascending, up to `max` in a call of `take`; a key that was added twice comes once.
 * The files are removed as they are read. `done` and `total` count objects. Errors: take's, ERR_IO.
 */
typedef err (*spill_take_fn)(void *arg, const struct store_object *objects, size_t n, uint64_t done,
                             uint64_t total);
ERR spill_each(struct spill *s, size_t max, spill_take_fn take, void *arg);
/* Removes the directory. Accepts NULL, returns NULL. */
struct spill *spill_free(struct spill *s);
void spill_freep(struct spill **s);
