/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "store/rocks_ops.h"
#include "unit/store/fixture.h"

#define N_KEYS 600

static struct hash256 key_of(uint32_t i)
{
    struct hash256 key = {{0x55}};
    bits_store32(key.b + 28, i);
    return key;
}

/* Keys 1 to N_KEYS; at ledger 6 only every 97th and the last is left. */
static struct store *open_sparse(struct arena *a)
{
    struct store *s = fixture_open(test_dir());
    struct store_object *objects = arena_array(a, struct store_object, N_KEYS);
    struct store_successor *list = arena_array(a, struct store_successor, N_KEYS + 1);
    struct store_ledger first = {.header = {.seq = 5}}, second = {.header = {.seq = 6}};
    struct hash256 end = {{[0 ... 31] = 0xFF}};
    for (uint32_t i = 0; i < N_KEYS; i++) {
        objects[i] = (struct store_object){key_of(i + 1), SLICE_LIT("there")};
        list[i] = (struct store_successor){key_of(i + 1), i + 1 < N_KEYS ? key_of(i + 2) : end};
    }
    ASSERT_OK(store_load_begin(s, 5, 1));
    ASSERT_OK(store_load_add(s, 0, objects, N_KEYS, list, N_KEYS, NULL, 0));
    list[0] = (struct store_successor){HASH256_ZERO, key_of(1)};
    first.successors = list;
    first.n_successors = 1;
    ASSERT_OK(store_load_commit(s, &first));
    struct hash256 below = HASH256_ZERO;
    size_t n = 0;
    for (uint32_t i = 1; i <= N_KEYS; i++) {
        if (i % 97 != 0 && i != N_KEYS) {
            objects[n++] = (struct store_object){key_of(i), SLICE_EMPTY};
            continue;
        }
        list[second.n_successors++] = (struct store_successor){below, key_of(i)};
        below = key_of(i);
    }
    second.objects = objects;
    second.n_objects = n;
    second.successors = list;
    ASSERT_OK(store_write(s, &second, 1));
    return s;
}

static void expect_page(struct store *s, uint32_t seq, uint32_t from, uint32_t every)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_object *got = arena_array(a, struct store_object, N_KEYS + 1);
    struct hash256 after = key_of(from);
    size_t n, at = 0;
    ASSERT_OK(store_page(s, seq, &after, N_KEYS + 1, true, a, got, &n));
    for (uint32_t i = from + 1; i <= N_KEYS; i++)
        if (i % every == 0 || i == N_KEYS) {
            struct hash256 key = key_of(i);
            ASSERT(at < n && hash256_eq(&key, &got[at].key));
            ASSERT_SLICE("there", got[at++].data);
        }
    ASSERT_INT(at, n);
}

TEST(rocks_page_jumps_over_keys_that_are_gone)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = open_sparse(a);
    for (uint32_t from = 0; from <= N_KEYS; from += 13) {
        expect_page(s, 5, from, 1);
        expect_page(s, 6, from, 97);
    }
    ASSERT_OK(rocks_compact(s));
    expect_page(s, 5, 0, 1);
    expect_page(s, 6, 0, 97);
    store_close(s);
}

TEST(rocks_page_keeps_to_the_budget)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(arena_freep) struct arena *small = arena_new(2000);
    struct store *s = open_sparse(a);
    static struct store_object got[N_KEYS];
    size_t n;
    ASSERT_ERR(ERR_LIMIT, store_page(s, 5, &HASH256_ZERO, N_KEYS, true, small, got, &n));
    store_close(s);
}
