/* SPDX-License-Identifier: Apache-2.0 */
/* The hash values and functions the XRP Ledger is made of. */
#pragma once
#include "base/slice.h"

/* 256 bits, as they stand on the wire. Ordered as big-endian numbers = memcmp. */
struct hash256 {
    uint8_t b[32];
};

#define HASH256_ZERO ((struct hash256){{0}})

static inline bool hash256_eq(const struct hash256 *a, const struct hash256 *b)
{
    return memcmp(a->b, b->b, 32) == 0;
}

static inline int hash256_cmp(const struct hash256 *a, const struct hash256 *b)
{
    return memcmp(a->b, b->b, 32);
}

/* The same for qsort and bsearch, of hashes or of what begins with one. */
static inline int hash256_order(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* Put n hashes in order, each once: how many there are then. */
size_t hash256_sort_unique(struct hash256 *v, size_t n);
/* Is it among n that ascend? */
bool hash256_in(const struct hash256 *v, size_t n, const struct hash256 *h);

static inline bool hash256_is_zero(const struct hash256 *a)
{
    static const uint8_t zero[32];
    return memcmp(a->b, zero, 32) == 0;
}

/* From exactly 32 bytes. */
static inline struct hash256 hash256_of(const void *p)
{
    struct hash256 h;
    memcpy(h.b, p, 32);
    return h;
}

static inline struct slice hash256_slice(const struct hash256 *h)
{
    return slice_of(h->b, 32);
}

/* First 32 bytes of SHA-512 over the concatenation of n parts (the ledger's hash). */
struct hash256 hash_sha512half(const struct slice *parts, size_t n);
struct hash256 hash_sha256(struct slice in);
void hash_ripemd160(struct slice in, uint8_t out[20]);

/* Fast non-cryptographic 64-bit hash for tables in memory (seed: per process, against collisions on
 * purpose). */
uint64_t hash_fast(const void *p, size_t n, uint64_t seed);
