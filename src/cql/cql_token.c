/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_token.h"

#include <endian.h>

#define C1 0x87c37b91114253d5ull
#define C2 0x4cf5ad432745937full

static uint64_t rotl(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

static uint64_t mix1(uint64_t k)
{
    return rotl(k * C1, 31) * C2;
}

static uint64_t mix2(uint64_t k)
{
    return rotl(k * C2, 33) * C1;
}

static uint64_t finish(uint64_t k)
{
    k ^= k >> 33;
    k *= 0xff51afd7ed558ccdull;
    k ^= k >> 33;
    k *= 0xc4ceb9fe1a85ec53ull;
    return k ^ k >> 33;
}

static uint64_t load_le(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return le64toh(v);
}

/* The reference implementation adds the tail's bytes as signed ones. */
static uint64_t tail(const uint8_t *p, size_t n)
{
    uint64_t k = 0;
    for (size_t i = 0; i < n; i++)
        k ^= (uint64_t)(int64_t)(int8_t)p[i] << (8 * i);
    return k;
}

int64_t cql_token_of(struct slice key)
{
    uint64_t h1 = 0, h2 = 0;
    const uint8_t *p = key.p;
    size_t left = key.n;
    for (; left >= 16; left -= 16, p += 16) {
        h1 = (rotl(h1 ^ mix1(load_le(p)), 27) + h2) * 5 + 0x52dce729;
        h2 = (rotl(h2 ^ mix2(load_le(p + 8)), 31) + h1) * 5 + 0x38495ab5;
    }
    if (left > 8)
        h2 ^= mix2(tail(p + 8, left - 8));
    if (left > 0)
        h1 ^= mix1(tail(p, left < 8 ? left : 8));
    h1 ^= key.n;
    h2 ^= key.n;
    h1 += h2;
    h2 += h1;
    h1 = finish(h1);
    h2 = finish(h2);
    int64_t token = (int64_t)(h1 + h2);
    return token == INT64_MIN ? INT64_MAX : token;
}

uint32_t cql_token_shard(int64_t token, uint32_t n_shards, uint32_t ignore_msb)
{
    uint64_t biased = ((uint64_t)token + (1ull << 63)) << (ignore_msb & 63);
    return (uint32_t)((unsigned __int128)biased * n_shards >> 64);
}
