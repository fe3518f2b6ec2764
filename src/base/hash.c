/* SPDX-License-Identifier: Apache-2.0 */
/* The low-level digest calls are deprecated in favour of EVP, which costs an allocation and a
 * look-up per digest: several hundred nanoseconds, more than hashing a ledger object itself. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"

#include <openssl/ripemd.h>
#include <openssl/sha.h>
#include <stdlib.h>

size_t hash256_sort_unique(struct hash256 *v, size_t n)
{
    size_t n_kept = 0;
    if (n > 0)
        qsort(v, n, sizeof *v, hash256_order);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !hash256_eq(&v[n_kept - 1], &v[i]))
            v[n_kept++] = v[i];
    return n_kept;
}

bool hash256_in(const struct hash256 *v, size_t n, const struct hash256 *h)
{
    return n > 0 && bsearch(h, v, n, sizeof *v, hash256_order) != NULL;
}

struct hash256 hash_sha512half(const struct slice *parts, size_t n)
{
    SHA512_CTX ctx;
    SHA512_Init(&ctx);
    for (size_t i = 0; i < n; i++)
        if (parts[i].n)
            SHA512_Update(&ctx, parts[i].p, parts[i].n);
    uint8_t full[64];
    SHA512_Final(full, &ctx);
    return hash256_of(full);
}

struct hash256 hash_sha256(struct slice in)
{
    struct hash256 h;
    SHA256_CTX ctx; /* SHA256() goes through EVP */
    SHA256_Init(&ctx);
    if (in.n)
        SHA256_Update(&ctx, in.p, in.n);
    SHA256_Final(h.b, &ctx);
    return h;
}

void hash_ripemd160(struct slice in, uint8_t out[20])
{
    RIPEMD160_CTX ctx;
    RIPEMD160_Init(&ctx);
    if (in.n)
        RIPEMD160_Update(&ctx, in.p, in.n);
    RIPEMD160_Final(out, &ctx);
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ (h >> 32);
}

uint64_t hash_fast(const void *p, size_t n, uint64_t seed)
{
    const uint8_t *at = p;
    uint64_t h = mix(seed ^ n);
    for (; n >= 8; n -= 8, at += 8) {
        uint64_t v;
        memcpy(&v, at, 8);
        h = mix(h ^ v) + 0x9e3779b97f4a7c15u;
    }
    uint64_t tail = 0;
    if (n)
        memcpy(&tail, at, n);
    return mix(h ^ tail);
}
