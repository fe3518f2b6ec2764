/* SPDX-License-Identifier: Apache-2.0 */
/* Slow reading of everything, so that a block that a disk has spoiled is found before it is needed.
 * Checksums are RocksDB's. A thread of the store's, at most so much of a processor; a round
 * begins so long after the one before began. How far it has come is written down now and then, and
 * the next process goes on there: a round of a terabyte takes days. What is found is named in the
 * log and remembered (rocks_damage.h). */
#pragma once
#include "store/rocks_impl.h"

#define ROCKS_SCRUB_PER_CENT 2 /* of a processor */
#define ROCKS_SCRUB_INTERVAL_S (24 * 3600)
#define ROCKS_SCRUB_META ".scrub"
#define ROCKS_SCRUB_PLACE (32 + ROCKS_MAX_KEY)

/* The place in a value of meta, and back; false: none of ours, begin at the beginning. */
struct slice rocks_scrub_put_place(enum rocks_cf cf, const struct rocks_key *at,
                                   uint8_t ret[ROCKS_SCRUB_PLACE]);
bool rocks_scrub_get_place(struct slice place, enum rocks_cf *ret_cf, struct rocks_key *ret_at);
/* As the options say; 0 = default. */
void rocks_scrub_set(struct rocks *r, int percent, int64_t interval_s);
/* Errors: ERR_IO. */
ERR rocks_scrub_start(struct rocks *r);
void rocks_scrub_stop(struct rocks *r);
/* A whole round, without pauses. Returns how many times it met damage. */
size_t rocks_scrub_round(struct rocks *r);
