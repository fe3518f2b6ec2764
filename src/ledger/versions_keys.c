/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/versions_keys.h"

#include "base/mem.h"
#include "base/table.h"

#include <stdlib.h>

#define MAX_HEIGHT VERSIONS_KEYS_MAX_HEIGHT
#define BUCKETS ((size_t)1 << 17)
/* Most keys that are asked for have no versions. Bits stay in the processor's cache, where the keys
 * of a bucket do not: there are eight bits to a bucket. */
#define FILTER_BITS (BUCKETS * 8)

static struct versions_key *key_new(const struct hash256 *key, uint32_t height)
{
    struct versions_key *k = xcalloc(1, sizeof *k + height * sizeof k->next[0]);
    k->key = *key;
    k->height = height;
    return k;
}

void versions_keys_init(struct versions_keys *ks)
{
    *ks = (struct versions_keys){
        .seed = table_seed(),
        .filter = xcalloc(FILTER_BITS / 64, sizeof *ks->filter),
        .buckets = xcalloc(BUCKETS, sizeof *ks->buckets),
        .head = key_new(&HASH256_ZERO, MAX_HEIGHT),
        .random = 0x9e3779b97f4a7c15u,
    };
}

void versions_keys_deinit(struct versions_keys *ks)
{
    free(ks->head);
    free(ks->buckets);
    free(ks->filter);
}

struct versions_key *versions_keys_seek(const struct versions_keys *ks, const struct hash256 *key,
                                        struct versions_key *ret_before[MAX_HEIGHT])
{
    struct versions_key *at = ks->head, *next = NULL;
    for (uint32_t level = MAX_HEIGHT; level-- > 0;) {
        next = versions_keys_next(at, level);
        while (next && hash256_cmp(&next->key, key) < 0) {
            at = next;
            next = versions_keys_next(at, level);
        }
        if (ret_before)
            ret_before[level] = at;
    }
    return next;
}

/* Keys share beginnings or ends, so all of them counts; the seed keeps anybody from choosing keys
 * of one bucket. */
static uint64_t hash_of(const struct versions_keys *ks, const struct hash256 *key)
{
    uint64_t w[4];
    memcpy(w, key->b, sizeof w);
    unsigned __int128 a = (unsigned __int128)(w[0] ^ ks->seed) * (w[1] ^ 0x9e3779b97f4a7c15u);
    unsigned __int128 b = (unsigned __int128)(w[2] ^ ks->seed) * (w[3] ^ 0xbf58476d1ce4e5b9u);
    uint64_t h = (uint64_t)a ^ (uint64_t)(a >> 64) ^ (uint64_t)b ^ (uint64_t)(b >> 64);
    return (h ^ h >> 32) & (FILTER_BITS - 1);
}

static _Atomic(struct versions_key *) *bucket_of(const struct versions_keys *ks, uint64_t hash)
{
    return &ks->buckets[hash & (BUCKETS - 1)];
}

struct versions_key *versions_keys_find(const struct versions_keys *ks, const struct hash256 *key)
{
    uint64_t hash = hash_of(ks, key);
    uint64_t bits = atomic_load_explicit(&ks->filter[hash / 64], memory_order_acquire);
    if (__builtin_expect(!(bits >> hash % 64 & 1), 1))
        return NULL;
    struct versions_key *k = atomic_load_explicit(bucket_of(ks, hash), memory_order_acquire);
    while (k && !hash256_eq(&k->key, key))
        k = atomic_load_explicit(&k->same_hash, memory_order_acquire);
    return k;
}

static void filter_add(struct versions_keys *ks, uint64_t hash)
{
    atomic_fetch_or_explicit(&ks->filter[hash / 64], (uint64_t)1 << hash % 64,
                             memory_order_release);
}

/* Keys that share a bit are in the same bucket. */
static void filter_remove(struct versions_keys *ks, uint64_t hash)
{
    for (struct versions_key *k = atomic_load(bucket_of(ks, hash)); k;
         k = atomic_load(&k->same_hash))
        if (hash_of(ks, &k->key) == hash)
            return;
    atomic_fetch_and_explicit(&ks->filter[hash / 64], ~((uint64_t)1 << hash % 64),
                              memory_order_release);
}

static uint32_t random_height(struct versions_keys *ks)
{
    ks->random ^= ks->random << 13;
    ks->random ^= ks->random >> 7;
    ks->random ^= ks->random << 17;
    uint32_t height = 1;
    for (uint64_t bits = ks->random >> 20; height < MAX_HEIGHT && (bits & 3) == 0; bits >>= 2)
        height++;
    return height;
}

struct versions_key *versions_keys_add(struct versions_keys *ks, const struct hash256 *key,
                                       struct version *v)
{
    struct versions_key *before[MAX_HEIGHT];
    versions_keys_seek(ks, key, before);
    uint32_t height = random_height(ks);
    struct versions_key *k = key_new(key, height);
    uint64_t hash = hash_of(ks, key);
    _Atomic(struct versions_key *) *bucket = bucket_of(ks, hash);
    k->oldest = v;
    atomic_init(&k->newest, v);
    atomic_init(&k->same_hash, atomic_load_explicit(bucket, memory_order_relaxed));
    for (uint32_t i = 0; i < height; i++)
        atomic_init(&k->next[i], versions_keys_next(before[i], i));
    for (uint32_t i = 0; i < height; i++)
        atomic_store_explicit(&before[i]->next[i], k, memory_order_release);
    atomic_store_explicit(bucket, k, memory_order_release);
    filter_add(ks, hash);
    return k;
}

void versions_keys_remove(struct versions_keys *ks, struct versions_key *k)
{
    struct versions_key *before[MAX_HEIGHT];
    versions_keys_seek(ks, &k->key, before);
    for (uint32_t i = k->height; i-- > 0;)
        atomic_store_explicit(&before[i]->next[i], versions_keys_next(k, i), memory_order_release);
    uint64_t hash = hash_of(ks, &k->key);
    _Atomic(struct versions_key *) *at = bucket_of(ks, hash);
    for (struct versions_key *one; (one = atomic_load(at)) != k;)
        at = &one->same_hash;
    atomic_store_explicit(at, atomic_load(&k->same_hash), memory_order_release);
    filter_remove(ks, hash);
}
