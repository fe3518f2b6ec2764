/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512 of eight messages side by side in vector registers: three times faster than one after the
 * other, where the processor has AVX-512. (With AVX2, which cannot rotate, it gained a fifth: not
 * worth its code.) */
#pragma once
#include "base/hash.h"

#define LANES 8
#define LANES_MAX_BLOCKS 10
/* Longer messages do not fit. */
#define LANES_MAX_BYTES (LANES_MAX_BLOCKS * 128 - 17)

/* Eight padded messages, word by word side by side. Large: keep it on the heap. */
struct lanes {
    _Alignas(64) uint64_t words[LANES_MAX_BLOCKS][16][LANES];
    uint32_t n_blocks[LANES]; /* 0 = the lane is empty */
};

/* Does this processor gain from it? */
bool lanes_usable(void);
/* Blocks that a message of n bytes takes, padding included. */
static inline uint32_t lanes_blocks(size_t n)
{
    return (uint32_t)((n + 17 + 127) / 128);
}
/* Put a message, given in parts, into a lane: at most LANES_MAX_BYTES. */
void lanes_set(struct lanes *l, uint32_t lane, const struct slice *parts, size_t n_parts);
/* First halves of the digests of all lanes that are not empty; then all are empty. Only where
 * lanes_usable. */
void lanes_hash(struct lanes *l, struct hash256 ret[LANES]);
