/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/mem.h"
#include "store/rocks_ops.h"
#include "unit/store/fixture.h"

#include <stdlib.h>

#define N_DEAD 3000u

/* An order book between two keys that stay; in ledger 100 only these exist. */
static const struct hash256 below = {{0x20}}, above = {{0x70}};
static const struct hash256 end = {{[0 ... 31] = 0xFF}};

static struct hash256 book_key(uint64_t quality)
{
    struct hash256 key = {{0x50, 1, 2, 3}};
    bits_store64(key.b + 24, quality);
    return key;
}

static struct slice directory(void)
{
    return SLICE_LIT("\x11\x00\x64\x22\x00\x00\x00\x00");
}

static struct store *two_keys(void)
{
    struct store *s = fixture_open(test_dir());
    struct store_object objects[] = {{below, SLICE_LIT("x")}, {above, SLICE_LIT("x")}};
    struct store_successor rows[] = {{below, above}, {above, end}};
    struct store_successor head = {HASH256_ZERO, below};
    struct store_ledger l = {.header = {.seq = 100}, .successors = &head, .n_successors = 1};
    ASSERT_OK(store_load_begin(s, 100, 1));
    ASSERT_OK(store_load_add(s, 0, objects, 2, rows, 2, NULL, 0));
    ASSERT_OK(store_load_commit(s, &l));
    return s;
}

/* Ledger `seq` makes directories of the given qualities exist, and all others of 1..N_DEAD not. */
static void write_book(struct store *s, uint32_t seq, const uint64_t *alive, size_t n)
{
    CLEANUP(mem_freep) struct store_object *objects = xcalloc(N_DEAD, sizeof *objects);
    struct store_successor rows[16];
    struct store_ledger l = {.header = {.seq = seq}, .objects = objects, .successors = rows};
    size_t at = 0;
    struct hash256 before = below;
    for (uint64_t q = 1; q <= N_DEAD; q++) {
        bool is = at < n && alive[at] == q;
        objects[l.n_objects++] = (struct store_object){book_key(q), is ? directory() : SLICE_EMPTY};
        if (!is)
            continue;
        rows[l.n_successors++] = (struct store_successor){before, book_key(q)};
        before = book_key(q);
        at++;
    }
    rows[l.n_successors++] = (struct store_successor){before, above};
    rows[l.n_successors++] = (struct store_successor){book_key(0), n ? book_key(alive[0]) : above};
    ASSERT_OK(store_write(s, &l, 1));
}

/* All directories exist in ledger 101, none from 102 on. */
static void write_dead(struct store *s)
{
    CLEANUP(mem_freep) struct store_object *objects = xcalloc(N_DEAD, sizeof *objects);
    CLEANUP(mem_freep) struct store_successor *rows = xcalloc(N_DEAD + 2, sizeof *rows);
    struct store_ledger l = {.header = {.seq = 101},
                             .objects = objects,
                             .n_objects = N_DEAD,
                             .successors = rows,
                             .n_successors = N_DEAD + 2};
    rows[0] = (struct store_successor){below, book_key(1)};
    rows[1] = (struct store_successor){book_key(0), book_key(1)};
    for (uint64_t q = 1; q <= N_DEAD; q++) {
        objects[q - 1] = (struct store_object){book_key(q), directory()};
        rows[q + 1] = (struct store_successor){book_key(q), q < N_DEAD ? book_key(q + 1) : above};
    }
    ASSERT_OK(store_write(s, &l, 1));
    write_book(s, 102, NULL, 0);
}

static void expect(struct store *s, uint32_t seq, struct hash256 from, struct hash256 expected)
{
    struct hash256 got;
    ASSERT_OK(store_next(s, seq, &from, &got));
    ASSERT(hash256_eq(&got, &expected));
}

static const uint64_t asked[] = {0, 1, 2, 700, 1500, 2000, N_DEAD, N_DEAD + 5};

TEST(rocks_next_jumps_over_an_emptied_book)
{
    struct store *s = two_keys();
    write_dead(s);
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        expect(s, 102, book_key(asked[i]), above);
        expect(s, 101, book_key(asked[i]), asked[i] < N_DEAD ? book_key(asked[i] + 1) : above);
        expect(s, 100, book_key(asked[i]), above); /* the book did not exist yet */
    }
    expect(s, 102, (struct hash256){{0x60}}, above); /* behind the book */
    expect(s, 100, (struct hash256){{0x60}}, above);
    store_close(s);
}

TEST(rocks_next_finds_the_few_that_exist_among_dead_directories)
{
    struct store *s = two_keys();
    const uint64_t alive[] = {500, 1400, 1600, 2500};
    write_dead(s);
    write_book(s, 103, alive, ARRAY_LEN(alive));
    write_book(s, 104, NULL, 0);
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        size_t at = 0;
        while (at < ARRAY_LEN(alive) && alive[at] <= asked[i])
            at++;
        expect(s, 103, book_key(asked[i]), at < ARRAY_LEN(alive) ? book_key(alive[at]) : above);
        expect(s, 104, book_key(asked[i]), above);
    }
    expect(s, 103, (struct hash256){{0x60}}, above);
    expect(s, 103, (struct hash256){{0x30}}, book_key(500));
    ASSERT_OK(rocks_compact(s));
    expect(s, 103, book_key(1000), book_key(1400));
    store_close(s);
}

TEST(rocks_next_walks_where_dead_directories_are_of_no_book)
{
    struct store *s = two_keys();
    struct hash256 root = {{0x40, [20] = 7}}, page = {{0x40, [31] = 9}};
    struct store_object made[] = {{page, directory()}, {root, directory()}};
    struct store_successor rows[] = {{below, page}, {page, root}, {root, above}};
    struct store_ledger l = {.header = {.seq = 101},
                             .objects = made,
                             .n_objects = 2,
                             .successors = rows,
                             .n_successors = 3};
    ASSERT_OK(store_write(s, &l, 1));
    struct store_object gone = {root, SLICE_EMPTY};
    struct store_successor row = {page, above};
    l = (struct store_ledger){.header = {.seq = 102},
                              .objects = &gone,
                              .n_objects = 1,
                              .successors = &row,
                              .n_successors = 1};
    ASSERT_OK(store_write(s, &l, 1));
    expect(s, 102, root, above);
    expect(s, 102, (struct hash256){{0x41}}, above);
    expect(s, 102, (struct hash256){{0x30}}, page);
    expect(s, 101, page, root);
    store_close(s);
}

/* NFT pages of one owner share 24 bytes, and may end in zeros. */
TEST(rocks_next_does_not_take_a_dead_object_for_a_book)
{
    struct store *s = two_keys();
    struct hash256 root = {{0x40, [20] = 7}}, first = {{0x40, [20] = 7, [31] = 3}},
                   second = {{0x40, [20] = 7, [31] = 9}};
    struct store_object made[] = {{root, SLICE_LIT("page")}, {second, SLICE_LIT("page")}};
    struct store_successor rows[] = {{below, root}, {root, second}, {second, above}};
    struct store_ledger l = {.header = {.seq = 101},
                             .objects = made,
                             .n_objects = 2,
                             .successors = rows,
                             .n_successors = 3};
    ASSERT_OK(store_write(s, &l, 1));
    struct store_object gone = {root, SLICE_EMPTY}, born = {first, SLICE_LIT("page")};
    struct store_successor after_gone = {below, second};
    struct store_successor after_born[] = {{below, first}, {first, second}};
    l = (struct store_ledger){.header = {.seq = 102},
                              .objects = &gone,
                              .n_objects = 1,
                              .successors = &after_gone,
                              .n_successors = 1};
    ASSERT_OK(store_write(s, &l, 1));
    l = (struct store_ledger){.header = {.seq = 103},
                              .objects = &born,
                              .n_objects = 1,
                              .successors = after_born,
                              .n_successors = 2};
    ASSERT_OK(store_write(s, &l, 1));
    expect(s, 101, root, second);
    expect(s, 102, root, second);
    expect(s, 103, root, first);
    store_close(s);
}
