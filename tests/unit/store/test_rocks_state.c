/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "store/rocks_ops.h"
#include "unit/store/fixture.h"

#include <stdlib.h>

#define N_KEYS 20000
#define N_LEDGERS 8

/* Keys spread over the whole space, ascending with i. */
static struct hash256 key_of(uint32_t i)
{
    struct hash256 key = {{0}};
    bits_store32(key.b, (i + 1) * (UINT32_MAX / (N_KEYS + 2)));
    bits_store64(key.b + 8, i * 0x9E3779B97F4A7C15u);
    return key;
}

static struct hash256 end_key(void)
{
    return (struct hash256){{[0 ... 31] = 0xFF}};
}

static struct store_object object_of(uint32_t i, uint32_t seq, uint32_t *bytes)
{
    *bytes = i * 31 + seq;
    return (struct store_object){key_of(i), slice_of(bytes, 4)};
}

struct big {
    struct store *s;
    struct store_object *objects;
    struct store_successor *successors;
    uint32_t *bytes;
    struct hash256 *keys;
};

static struct big big_load(void)
{
    struct big b = {fixture_open(test_dir()), calloc(N_KEYS, sizeof *b.objects),
                    calloc(N_KEYS, sizeof *b.successors), calloc(N_KEYS, 4), calloc(N_KEYS, 32)};
    struct store_successor head = {HASH256_ZERO, key_of(0)};
    struct store_ledger l = {.header = {.seq = 100}, .successors = &head, .n_successors = 1};
    for (uint32_t i = 0; i < N_KEYS; i++) {
        b.objects[i] = object_of(i, 0, &b.bytes[i]);
        b.successors[i] =
            (struct store_successor){key_of(i), i + 1 < N_KEYS ? key_of(i + 1) : end_key()};
    }
    ASSERT_OK(store_load_begin(b.s, 100, 1));
    ASSERT_OK(store_load_add(b.s, 0, b.objects, N_KEYS, b.successors, N_KEYS, NULL, 0));
    ASSERT_OK(store_load_commit(b.s, &l));
    return b;
}

static void big_free(struct big *b)
{
    store_close(b->s);
    free(b->objects);
    free(b->successors);
    free(b->bytes);
    free(b->keys);
}

/* Ledger `seq` changes every n-th key, n = seq - 99. */
static void modify(struct big *b, uint32_t seq)
{
    struct store_ledger l = {.header = {.seq = seq}, .objects = b->objects, .unnamed = b->keys};
    for (uint32_t i = 0; i < N_KEYS; i += seq - 99)
        b->objects[l.n_objects] = object_of(i, seq, &b->bytes[l.n_objects]), l.n_objects++;
    for (; l.n_unnamed < l.n_objects; l.n_unnamed++)
        b->keys[l.n_unnamed] = b->objects[l.n_unnamed].key;
    ASSERT_OK(store_write(b->s, &l, 1));
}

static uint32_t expected_seq(uint32_t i, uint32_t seq)
{
    while (seq > 100 && i % (seq - 99) != 0)
        seq--;
    return seq > 100 ? seq : 0;
}

static void check_all(struct big *b, uint32_t seq)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice *got = arena_array(a, struct slice, N_KEYS);
    uint32_t *seqs = arena_array(a, uint32_t, N_KEYS);
    for (uint32_t i = 0; i < N_KEYS; i++)
        b->keys[i] = key_of(i);
    ASSERT_OK(store_objects_get(b->s, seq, b->keys, N_KEYS, a, got, seqs));
    for (uint32_t i = 0; i < N_KEYS; i++) {
        uint32_t at = expected_seq(i, seq), value = i * 31 + at;
        ASSERT_INT(at, seqs[i]);
        ASSERT(slice_eq(got[i], slice_of(&value, 4)));
    }
}

/* Enough rows for many filter and index parts in several files. */
TEST(rocks_state_finds_every_version_behind_the_filters)
{
    struct big b = big_load();
    for (uint32_t seq = 101; seq <= 100 + N_LEDGERS; seq++) {
        modify(&b, seq);
        if (seq == 103 || seq == 106) { /* several levels */
            store_close(b.s);
            b.s = fixture_open(test_dir());
        }
    }
    check_all(&b, 100 + N_LEDGERS);
    check_all(&b, 104);
    ASSERT_OK(rocks_compact(b.s));
    check_all(&b, 100 + N_LEDGERS);
    check_all(&b, 100);
    big_free(&b);
}

/* All keys but the first and the last are deleted. */
static void clear_middle(struct big *b)
{
    struct store_successor to_last = {key_of(0), key_of(N_KEYS - 1)};
    struct store_ledger l = {.header = {.seq = 101},
                             .objects = b->objects + 1,
                             .n_objects = N_KEYS - 2,
                             .successors = &to_last,
                             .n_successors = 1};
    for (uint32_t i = 0; i < N_KEYS; i++)
        b->objects[i].data = SLICE_EMPTY;
    ASSERT_OK(store_write(b->s, &l, 1));
}

TEST(rocks_state_next_crosses_long_runs_of_dead_keys)
{
    struct big b = big_load();
    struct hash256 from = key_of(N_KEYS - 2), next, expected = key_of(N_KEYS - 1);
    clear_middle(&b);
    ASSERT_OK(store_next(b.s, 101, &from, &next));
    ASSERT(hash256_eq(&next, &expected));
    ASSERT_OK(store_next(b.s, 100, &from, &next));
    ASSERT(hash256_eq(&next, &expected));
    from = key_of(5);
    expected = key_of(6);
    ASSERT_OK(store_next(b.s, 100, &from, &next));
    ASSERT(hash256_eq(&next, &expected));
    big_free(&b);
}

TEST(rocks_state_takes_next_zero_for_the_end)
{
    struct store *s = fixture_open(test_dir());
    struct store_object object = {{{0x10}}, SLICE_LIT("x")};
    struct store_successor rows[] = {{{{0x10}}, HASH256_ZERO}}, head = {HASH256_ZERO, {{0x10}}};
    struct store_ledger l = {.header = {.seq = 5}, .successors = &head, .n_successors = 1};
    struct hash256 next;
    ASSERT_OK(store_load_begin(s, 5, 1));
    ASSERT_OK(store_load_add(s, 0, &object, 1, rows, 1, NULL, 0));
    ASSERT_OK(store_load_commit(s, &l));
    ASSERT_ERR(ERR_NOT_FOUND, store_next(s, 5, &object.key, &next));
    ASSERT_ERR(ERR_NOT_FOUND, store_next(s, 5, &(struct hash256){{0x20}}, &next));
    store_close(s);
}

TEST(rocks_state_names_a_broken_successor_list)
{
    struct store *s = fixture_open(test_dir());
    struct store_object object = {{{0x10}}, SLICE_LIT("x")};
    struct store_ledger l = {.header = {.seq = 5}};
    struct hash256 next;
    ASSERT_OK(store_load_begin(s, 5, 1));
    ASSERT_OK(store_load_add(s, 0, &object, 1, NULL, 0, NULL, 0));
    ASSERT_OK(store_load_commit(s, &l));
    ASSERT_ERR(ERR_CORRUPT, store_next(s, 5, &object.key, &next));
    ASSERT(strstr(err_text(), "successor") && strstr(err_text(), "10000000"));
    store_close(s);
}
