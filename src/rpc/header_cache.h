/* SPDX-License-Identifier: Apache-2.0 */
/* Close times and hashes of ledgers, remembered by each core for itself: lists of transactions ask
 * for one per transaction. A stored header never changes, so nothing ever has to be forgotten. */
#pragma once
#include "base/hash.h"

struct header_cache;

struct header_cache_entry {
    uint32_t seq; /* 0 = none */
    uint32_t close_time;
    struct hash256 hash;
};

struct header_cache *header_cache_new(uint32_t n_cores);
struct header_cache *header_cache_free(struct header_cache *c); /* accepts NULL */

/* False when this core has not seen it (always, off the cores). */
bool header_cache_get(struct header_cache *c, uint32_t seq, struct header_cache_entry *ret);
void header_cache_put(struct header_cache *c, const struct header_cache_entry *e);
