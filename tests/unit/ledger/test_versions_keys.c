/* SPDX-License-Identifier: Apache-2.0 */
/* Beneath versions: test_versions.c has them with a naive list. */
#include "ledger/versions_keys.h"

#include "base/bits.h"
#include "test.h"

#include <stdlib.h>

#define N 5000

static struct hash256 key_of(uint32_t i)
{
    struct hash256 key = {{1}};
    bits_store32(key.b + 8, i * 2654435761u);
    return key;
}

static int key_order(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* Every key of `sorted` whose place is kept, in order, and no other. */
static void check_all(const struct versions_keys *ks, const struct hash256 *sorted,
                      bool (*kept)(size_t))
{
    struct versions_key *before[VERSIONS_KEYS_MAX_HEIGHT];
    struct versions_key *at = versions_keys_next(ks->head, 0), *last = ks->head;
    for (size_t i = 0; i < N; i++) {
        struct versions_key *found = versions_keys_find(ks, &sorted[i]);
        ASSERT_INT(kept(i), found != NULL);
        ASSERT(versions_keys_seek(ks, &sorted[i], before) == at);
        ASSERT(before[0] == last);
        if (!found)
            continue;
        ASSERT(found == at && hash256_eq(&found->key, &sorted[i]));
        last = at;
        at = versions_keys_next(at, 0);
    }
    ASSERT(at == NULL);
}

static bool all(size_t i)
{
    (void)i;
    return true;
}

static bool some(size_t i)
{
    return i % 3 != 0;
}

static bool none(size_t i)
{
    (void)i;
    return false;
}

static void remove_key(struct versions_keys *ks, const struct hash256 *key)
{
    struct versions_key *k = versions_keys_find(ks, key);
    versions_keys_remove(ks, k);
    free(k);
}

TEST(keys_are_found_by_hash_and_in_order)
{
    static struct hash256 sorted[N];
    struct versions_keys ks;
    versions_keys_init(&ks);
    for (uint32_t i = 0; i < N; i++)
        sorted[i] = key_of(i);
    qsort(sorted, N, sizeof *sorted, key_order);
    check_all(&ks, sorted, none);
    for (uint32_t i = 0; i < N; i++) {
        struct hash256 key = key_of(i);
        ASSERT(hash256_eq(&versions_keys_add(&ks, &key, NULL)->key, &key));
    }
    check_all(&ks, sorted, all);
    for (size_t i = 0; i < N; i++)
        if (!some(i))
            remove_key(&ks, &sorted[i]);
    check_all(&ks, sorted, some);
    for (size_t i = 0; i < N; i++)
        if (some(i))
            remove_key(&ks, &sorted[i]);
    check_all(&ks, sorted, none);
    versions_keys_deinit(&ks);
}
