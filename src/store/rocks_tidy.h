/* SPDX-License-Identifier: Apache-2.0 */
/* Merging of files in the families whose keys ascend with time ("tx", "header"). Their files never
 * overlap, so compaction only ever moves them to the last level as they are: small, one for every
 * few thousand transactions, and lightly packed. A thread of the store's looks now and then and
 * merges neighbours that together make a file of full size. It also lets go of idle iterators,
 * which keep the files alive that were merged. */
#pragma once
#include "store/rocks_impl.h"

/* The thread; stopping waits for the merge in progress, which is called off. Errors: ERR_IO. */
ERR rocks_tidy_start(struct rocks *r);
void rocks_tidy_stop(struct rocks *r);
/* Merge once what can be merged: groups of at least `bytes`, or of `max_files`. Returns how many
 * groups. Idle iterators are gone then. A failure shows in the next write. */
size_t rocks_tidy_once(struct rocks *r, uint64_t bytes, size_t max_files);
