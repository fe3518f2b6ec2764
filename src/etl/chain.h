/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the key space that the initial load fetches side by side: chain i holds the keys
 * whose first byte is in [i * 256 / n, (i + 1) * 256 / n), the last one all the rest (etl-db 3.3).
 * Pure. */
#pragma once
#include "base/hash.h"

#define CHAIN_MAX 256

struct chain_range {
    bool has_after; /* false: from the first key */
    struct hash256 after;
    bool has_upto; /* false: to the last key */
    struct hash256 upto;
};

/* Bounds as GetLedgerData takes them: keys > after, keys <= upto. Every key is in exactly one
 * chain, 00..00 and XX00..00 included. 1 <= n <= CHAIN_MAX, i < n. */
struct chain_range chain_range_of(uint32_t i, uint32_t n);
/* How far `at` is through the range, 0..1: keys are hashes, so they lie evenly. */
double chain_fraction(const struct chain_range *r, const struct hash256 *at);
