/* SPDX-License-Identifier: Apache-2.0 */
/* What was read from the history and does not change: bytes under a key, each true for a span of
 * ledgers. Bounded; what was not asked for longest goes first. Any thread.
 *
 * Rows that are written later than they were read must not be hidden by what was read before: a
 * reader takes the epoch of his key before he reads and hands it to memo_put; who writes drops the
 * key after the write. */
#pragma once
#include "base/arena.h"

struct memo;

/* Key and value of an entry may have up to MEMO_MAX_BYTES together; larger ones are not kept. */
#define MEMO_MAX_BYTES 32768

struct memo *memo_new(size_t max_bytes);
struct memo *memo_free(struct memo *m); /* accepts NULL */

/* The value that is true at `at`, copied into `a` (NULL: only whether there is one; *ret stays);
 * *ret_low: where its span begins. */
bool memo_get(struct memo *m, struct slice key, uint32_t at, struct arena *a, struct slice *ret,
              uint32_t *ret_low);
uint32_t memo_epoch(struct memo *m, struct slice key);
/* The value is true from `low` to `high`, perhaps longer: spans of one key with the same `low` are
 * one value, and grow together. Nothing happens if the key was dropped since `epoch`. */
void memo_put(struct memo *m, uint32_t epoch, struct slice key, uint32_t low, uint32_t high,
              struct slice value);
void memo_drop(struct memo *m, struct slice key);
void memo_clear(struct memo *m);
