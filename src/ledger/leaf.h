/* SPDX-License-Identifier: Apache-2.0 */
/* A list of state tree leaves that are hashed together. */
#pragma once
#include "base/hash.h"

struct leaf {
    struct hash256 key;
    struct hash256 hash; /* set by leaf_list_hash */
    struct slice object; /* borrowed until then */
};

struct leaf_list {
    struct leaf *items;
    size_t n;
    size_t cap;
    struct leaf_work *work; /* room for hashing */
};

void leaf_list_deinit(struct leaf_list *l);
void leaf_list_add(struct leaf_list *l, const void *key, struct slice object);
/* Compute the hash of every leaf. */
void leaf_list_hash(struct leaf_list *l);

static inline void leaf_list_clear(struct leaf_list *l)
{
    l->n = 0;
}
