/* SPDX-License-Identifier: Apache-2.0 */
/* Replies kept for a short time, one per command (rpc-b C.5, A.11). Shared by the cores; off when
 * the time is 0. */
#pragma once
#include "base/arena.h"

#include <stdint.h>

struct reply_cache;

struct reply_cache *reply_cache_new(uint32_t n_commands, int64_t keep_ns);
struct reply_cache *reply_cache_free(struct reply_cache *c); /* accepts NULL */

/* The reply of command `index`, copied to `a`; false when there is none, or it is too old. */
bool reply_cache_get(struct reply_cache *c, uint32_t index, struct arena *a, struct slice *ret);
void reply_cache_put(struct reply_cache *c, uint32_t index, struct slice text);
void reply_cache_clear(struct reply_cache *c);
/* How often there was a reply to give, and how often not. Any thread. */
void reply_cache_counts(struct reply_cache *c, uint64_t *ret_hits, uint64_t *ret_misses);
