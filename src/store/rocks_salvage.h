/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of the database without what a disk has damaged. The copy is a checkpoint: links to the
 * same files, in a directory beside it. Of each file with a block that cannot be read, the rows
 * that can be are written into a new one, and the file is left out (rocks_manifest.h). Who can make
 * the missing rows anew does so in the copy, which then takes the place of the original, or is
 * thrown away: until then nothing has changed. */
#pragma once
#include "store/rocks_impl.h"

/* As the operations of the store (store.h). */
err rocks_salvage(struct store *s, struct store **ret, struct store_lost *ret_lost);
err rocks_salvage_end(struct store *s, struct store *copy, bool take);
/* Throw away what a salvage that was killed has left. */
void rocks_salvage_forget(const struct rocks *r);
