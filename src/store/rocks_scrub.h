/* SPDX-License-Identifier: Apache-2.0 */
/* Slow reading of everything, so that a block that a disk has spoiled is found before it is needed.
 * Checksums are RocksDB's. A thread of the store's, at most so much of a processor; a round
 * begins so long after the one before began. What is found is named in the log and remembered
 * (rocks_damage.h). */
#pragma once
#include "store/rocks_impl.h"

#define ROCKS_SCRUB_PER_CENT 2 /* of a processor */
#define ROCKS_SCRUB_INTERVAL_S (24 * 3600)

/* As the options say; 0 = default. */
void rocks_scrub_set(struct rocks *r, int percent, int64_t interval_s);
/* Errors: ERR_IO. */
ERR rocks_scrub_start(struct rocks *r);
void rocks_scrub_stop(struct rocks *r);
/* A whole round, without pauses. Returns how many times it met damage. */
size_t rocks_scrub_round(struct rocks *r);
