/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_ops.h"
#include "unit/store/fixture.h"

static void load(struct store *s)
{
    ASSERT_OK(store_load_begin(s, 5, 1));
    ASSERT_OK(store_load_commit(s, &(struct store_ledger){.header = {.seq = 5}}));
}

TEST(rocks_diff_of_metadata_that_cannot_be_read_is_what_was_stored)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = fixture_open(test_dir());
    struct store_tx tx = {{6, 9}, SLICE_LIT("tx"), SLICE_LIT("\xF8\xE5\x11\x00")};
    struct hash256 hash = {{1}}, *keys;
    struct store_object object = {{{7}}, SLICE_LIT("x")};
    struct store_ledger l = {.header = {.seq = 6},
                             .txs = &tx,
                             .tx_hashes = &hash,
                             .n_txs = 1,
                             .objects = &object,
                             .n_objects = 1,
                             .unnamed = &object.key,
                             .n_unnamed = 1};
    size_t n;
    load(s);
    ASSERT_OK(store_write(s, &l, 1));
    ASSERT_OK(store_diff(s, 6, a, &keys, &n));
    ASSERT_INT(1, n);
    ASSERT(hash256_eq(&keys[0], &object.key));
    ASSERT_ERR(ERR_NOT_FOUND, store_diff(s, 7, a, &keys, &n));
    store_close(s);
}

TEST(rocks_diff_of_an_unnamed_change_comes_from_the_header_row)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = fixture_open(test_dir());
    struct store_object object = {{{7}}, SLICE_LIT("x")};
    struct store_ledger l = {.header = {.seq = 6},
                             .objects = &object,
                             .n_objects = 1,
                             .unnamed = &object.key,
                             .n_unnamed = 1};
    struct ledger_header header;
    struct hash256 *keys;
    size_t n;
    load(s);
    ASSERT_OK(store_write(s, &l, 1));
    ASSERT_OK(store_diff(s, 6, a, &keys, &n));
    ASSERT(n == 1 && hash256_eq(&keys[0], &object.key));
    ASSERT_OK(store_header_get(s, 6, &header));
    ASSERT_INT(6, header.seq);
    store_close(s);
}
