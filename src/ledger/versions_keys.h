/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that have versions (versions.h), to be found by hash and in order: a skip list, buckets,
 * and a filter before these. Written by one thread, read by many without locks. */
#pragma once
#include "base/hash.h"

#include <stdatomic.h>

#define VERSIONS_KEYS_MAX_HEIGHT 12 /* of 1/4 each: good for 16 million keys */

struct version;

/* A key and its versions, newest first; a node of a skip list in key order, and of a list of those
 * with the same hash. */
struct versions_key {
    struct hash256 key;
    _Atomic(struct version *) newest;
    struct version *oldest;
    _Atomic(struct versions_key *) same_hash;
    uint32_t height;
    _Atomic(struct versions_key *) next[];
};

struct versions_keys {
    uint64_t seed;
    _Atomic uint64_t *filter; /* by hash: 0 = no such key */
    _Atomic(struct versions_key *) *buckets;
    struct versions_key *head; /* as high as can be, its key is never looked at */
    uint64_t random;
};

void versions_keys_init(struct versions_keys *ks);
/* The keys that are left in it are the caller's. */
void versions_keys_deinit(struct versions_keys *ks);

/* NULL: there is none. */
struct versions_key *versions_keys_find(const struct versions_keys *ks, const struct hash256 *key);
/* First key >= `key`; ret_before (may be NULL) gets the last node before it on each level. */
struct versions_key *versions_keys_seek(const struct versions_keys *ks, const struct hash256 *key,
                                        struct versions_key *ret_before[VERSIONS_KEYS_MAX_HEIGHT]);

/* A new key, which is not there, with its first version: complete before anyone can see it. */
struct versions_key *versions_keys_add(struct versions_keys *ks, const struct hash256 *key,
                                       struct version *v);
/* Not to be found any more. Its memory is the caller's: readers may still look at it. */
void versions_keys_remove(struct versions_keys *ks, struct versions_key *k);

static inline struct versions_key *versions_keys_next(const struct versions_key *k, uint32_t level)
{
    return atomic_load_explicit(&k->next[level], memory_order_acquire);
}
