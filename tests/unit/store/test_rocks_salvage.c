/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_salvage.h"

#include "base/mem.h"
#include "store/rocks_damage.h"
#include "store/rocks_scrub.h"
#include "unit/store/fixture.h"

#include <stdio.h>
#include <unistd.h>

static struct store_lost lost;

/* Objects of the store that are as they should be, that cannot be read, and that look otherwise. */
struct tally {
    size_t right, refused, other;
};

static struct tally count(struct store *s, struct store *brute, const struct model *m)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct tally t = {0};
    for (size_t i = 0; i < MODEL_N_KEYS; i++) {
        struct slice got, expected;
        ASSERT_OK(store_objects_get(brute, m->seq, &m->keys[i], 1, a, &expected, NULL));
        err e = store_objects_get(s, m->seq, &m->keys[i], 1, a, &got, NULL);
        if (e.code)
            t.refused++;
        else if (slice_eq(expected, got))
            t.right++;
        else
            t.other++;
    }
    return t;
}

static bool copy_is_there(void)
{
    char path[600];
    snprintf(path, sizeof path, "%s.repair", test_dir());
    return access(path, F_OK) == 0;
}

TEST(rocks_salvage_finds_nothing_in_a_store_that_is_whole)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    struct store *s = fixture_open(test_dir()), *copy = NULL;
    model_load(m, s);
    err e = store_salvage(s, &copy, &lost);
    ASSERT(e.code == ERR_NOT_FOUND && !copy_is_there());
    model_write(m, s, 2);
    store_close(s);
}

TEST(rocks_salvage_keeps_what_can_be_read)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    struct store *s = fixture_bad_block(m), *brute = fixture_memory(6, 20), *copy = NULL;
    struct tally before = count(s, brute, m);
    ASSERT(before.refused > 0 && before.other == 0);
    ASSERT_OK(store_salvage(s, &copy, &lost));
    ASSERT(copy_is_there());
    struct tally now = count(copy, brute, m);
    ASSERT(lost.objects && !lost.successors && !lost.rows && !lost.hashes && lost.last == 0);
    for (size_t i = 0; i < MODEL_N_KEYS; i++) { /* who cannot be read is among them */
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        struct slice got;
        bool is_lost = hash256_cmp(&lost.key_first, &m->keys[i]) <= 0 &&
                       hash256_cmp(&m->keys[i], &lost.key_last) <= 0;
        err e = store_objects_get(s, m->seq, &m->keys[i], 1, a, &got, NULL);
        ASSERT(e.code == 0 || is_lost);
    }
    ASSERT_INT(0, now.refused);
    ASSERT(now.right >= before.right);
    ASSERT_INT(0, rocks_scrub_round(rocks_of(copy)));
    ASSERT_INT(before.refused, count(s, brute, m).refused); /* nothing has changed yet */
    ASSERT_OK(store_salvage_end(s, copy, false));
    ASSERT(!copy_is_there());
    ASSERT_INT(before.refused, count(s, brute, m).refused);
    store_close(s);
    store_close(brute);
}

/* What is missing is written into the copy, which becomes the store. */
TEST(rocks_salvage_is_taken_once_it_is_mended)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = fixture_bad_block(m), *brute = fixture_memory(6, 20), *copy = NULL;
    ASSERT_OK(store_salvage(s, &copy, &lost));
    struct store_ledger more = model_next(m, a);
    ASSERT_ERR(ERR_BUSY, store_write(s, &more, 1));
    for (size_t i = 0; i < MODEL_N_KEYS; i++) {
        struct slice data;
        uint32_t seq;
        ASSERT_OK(store_objects_get(brute, m->seq, &m->keys[i], 1, a, &data, &seq));
        struct store_object o = {m->keys[i], data};
        struct store_ledger l = {.objects = &o, .n_objects = 1};
        if (seq != UINT32_MAX)
            ASSERT_OK(store_repair(copy, &(struct store_repair){.put = &l, .at = seq}));
    }
    ASSERT_OK(store_salvage_end(s, copy, true));
    ASSERT_INT(MODEL_N_KEYS, count(s, brute, m).right);
    ASSERT_INT(0, rocks_damage_count(rocks_of(s)));
    ASSERT(!copy_is_there());
    store_close(s);
    s = fixture_open(test_dir());
    ASSERT_INT(MODEL_N_KEYS, count(s, brute, m).right);
    ASSERT_INT(0, rocks_scrub_round(rocks_of(s)));
    ASSERT_OK(rocks_compact(s));
    ASSERT_INT(MODEL_N_KEYS, count(s, brute, m).right);
    store_close(s);
    store_close(brute);
}

/* A table file cut off, or gone: the store opens all the same, and refuses what was in it. */
TEST(rocks_salvage_does_without_a_file_that_is_bad_as_a_whole)
{
    for (int gone = 0; gone < 2; gone++) {
        CLEANUP(mem_freep) struct model *m = model_new(6);
        char path[600], dir[600];
        snprintf(dir, sizeof dir, "%s/%d", test_dir(), gone);
        struct store *s = fixture_open(dir), *brute = fixture_memory(6, 20), *copy = NULL;
        model_load(m, s);
        model_write(m, s, 20);
        ASSERT_OK(rocks_compact(s));
        fixture_file_of(s, ROCKS_CF_OBJECT, path);
        store_close(s);
        ASSERT_INT(0, gone ? unlink(path) : truncate(path, 1000));
        s = fixture_open(dir);
        struct tally t = count(s, brute, m);
        ASSERT(t.refused > 0 && t.other == 0);
        ASSERT(rocks_scrub_round(rocks_of(s)) > 0);
        ASSERT_OK(store_salvage(s, &copy, &lost));
        ASSERT_INT(0, count(copy, brute, m).refused);
        ASSERT_INT(0, rocks_scrub_round(rocks_of(copy)));
        ASSERT_OK(store_salvage_end(s, copy, false));
        store_close(s);
        store_close(brute);
    }
}

#define N_PARTS 8

/* One table file of objects for each part of a load. */
static void load_parts(struct store *s)
{
    static uint8_t bytes[3000];
    struct store_ledger l = {.header = {.seq = 10}};
    ASSERT_OK(store_load_begin(s, 10, N_PARTS));
    for (uint32_t i = 0; i < N_PARTS; i++) {
        struct store_object o[] = {{{{(uint8_t)(i + 1), 1}}, slice_of(bytes, sizeof bytes)},
                                   {{{(uint8_t)(i + 1), 2}}, slice_of(bytes, sizeof bytes)}};
        ASSERT_OK(store_load_add(s, i, o, 2, NULL, 0, NULL, 0));
    }
    ASSERT_OK(store_load_commit(s, &l));
}

/* Leaves a store of such files; `path` is one between the others. */
static void store_parts(char path[600])
{
    struct store *s = fixture_open(test_dir());
    load_parts(s);
    fixture_file_of(s, ROCKS_CF_OBJECT, path);
    store_close(s);
    path[strlen(path) - 5] += 4; /* the files of the parts have numbers in a row */
}

TEST(rocks_salvage_sees_a_file_between_others_that_is_cut_off)
{
    char path[600];
    store_parts(path);
    ASSERT_INT(0, truncate(path, 500));
    struct store *s = fixture_open(test_dir());
    ASSERT(rocks_scrub_round(rocks_of(s)) > 0);
    store_close(s);
}

/* A walk that comes to a bad block or file from before must not pass over it. */
static void walk_fails(void)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = fixture_open(test_dir());
    struct store_object page[64];
    size_t n = 0;
    ASSERT_ERR(ERR_CORRUPT, store_page(s, 10, &HASH256_ZERO, 64, true, a, page, &n));
    store_close(s);
}

TEST(rocks_salvage_walks_do_not_pass_over_a_bad_file)
{
    char path[600];
    store_parts(path);
    ASSERT_INT(0, truncate(path, 500));
    walk_fails();
}

TEST(rocks_salvage_walks_do_not_pass_over_a_bad_block)
{
    char path[600];
    store_parts(path);
    fixture_flip(path, 60);
    walk_fails();
}
