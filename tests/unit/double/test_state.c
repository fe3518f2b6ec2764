/* SPDX-License-Identifier: Apache-2.0 */
#include "double/state.h"

#include "test.h"
#include "xrpl/digest.h"

#include <stdlib.h>

#define N 300

static struct hash256 key_at(uint32_t i)
{
    struct hash256 k = hash_sha256(slice_of(&i, 4));
    if (i % 3 == 0) /* keys that share a long prefix, like a book's directories */
        memset(k.b, 0x77, 30);
    return k;
}

static int by_key(const void *a, const void *b)
{
    return hash256_cmp(&((const struct digest_leaf *)a)->key,
                       &((const struct digest_leaf *)b)->key);
}

/* Root of the objects 0..N-1 that are `in`, from scratch. */
static struct hash256 root_of(const bool in[N], uint32_t version)
{
    static struct digest_leaf leaves[N];
    size_t n = 0;
    for (uint32_t i = 0; i < N; i++)
        if (in[i]) {
            uint32_t data[2] = {i, version};
            struct hash256 key = key_at(i);
            leaves[n++] =
                (struct digest_leaf){key, digest_state_leaf(slice_of(data, sizeof data), &key)};
        }
    qsort(leaves, n, sizeof leaves[0], by_key);
    return digest_tree_root(leaves, n);
}

static struct state *put(struct state *s, uint32_t i, uint32_t version)
{
    uint32_t data[2] = {i, version};
    struct hash256 key = key_at(i);
    return state_put(s, &key, slice_of(data, sizeof data));
}

TEST(the_root_is_that_of_the_objects_whatever_the_order_of_changes)
{
    bool in[N] = {false};
    struct state *s = state_new();
    srand(7);
    for (int step = 0; step < 4000; step++) {
        uint32_t i = (uint32_t)rand() % N;
        struct hash256 key = key_at(i);
        in[i] = rand() % 3 != 0;
        s = in[i] ? put(s, i, 1) : state_del(s, &key);
        if (step % 200 == 0) {
            struct hash256 expected = root_of(in, 1), found = state_hash(s);
            ASSERT(hash256_eq(&expected, &found));
        }
    }
    state_unref(s);
}

TEST(older_versions_stay_as_they_were)
{
    bool in[N];
    struct state *s = state_new();
    for (uint32_t i = 0; i < N; i++) {
        in[i] = true;
        s = put(s, i, 1);
    }
    struct hash256 before = state_hash(s), after = root_of(in, 2);
    struct state *old = state_ref(s);
    for (uint32_t i = 0; i < N; i++)
        s = put(s, i, 2);
    struct hash256 now = state_hash(s), then = state_hash(old);
    ASSERT(hash256_eq(&after, &now) && hash256_eq(&before, &then) && !hash256_eq(&now, &then));
    ASSERT_INT(N, state_count(old));
    state_unref(s);
    state_unref(old);
}

TEST(walking_gives_every_key_in_order_both_ways)
{
    struct state *s = state_new();
    for (uint32_t i = 0; i < N; i++)
        s = put(s, i, 1);
    struct hash256 at = {{0}}, next, back;
    struct slice data;
    uint32_t n = 0;
    for (; state_next(s, &at, &next, &data); n++) {
        ASSERT(hash256_cmp(&at, &next) < 0);
        if (n > 0)
            ASSERT(state_prev(s, &next, &back) && hash256_eq(&back, &at));
        at = next;
    }
    ASSERT_INT(N, n);
    state_unref(s);
}
