/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "store/rocks_ops.h"
#include "unit/store/fixture.h"

#define N_ROWS 1000 /* several steps */

static void fill(struct store *s, enum store_index index, struct arena *a)
{
    struct store_index_row *rows = arena_array(a, struct store_index_row, N_ROWS);
    static uint8_t value[STORE_TX_VALUE_BYTES];
    store_tx_value(&HASH256_ZERO, 'p' << 8 | 'q', value);
    struct store_ledger l = {.header = {.seq = 6}, .index_rows = rows, .n_index_rows = N_ROWS};
    for (uint32_t i = 0; i < N_ROWS; i++) {
        uint8_t *suffix = arena_zalloc(a, 36);
        bits_store32(suffix, i);
        size_t n = index == STORE_INDEX_NFT_ISSUER ? 36 : 8;
        rows[i] = (struct store_index_row){index, model_prefix(index, 1), slice_of(suffix, n),
                                           n == 8 ? slice_of(value, sizeof value) : SLICE_EMPTY};
    }
    ASSERT_OK(store_load_begin(s, 5, 1));
    ASSERT_OK(store_load_commit(s, &(struct store_ledger){.header = {.seq = 5}}));
    ASSERT_OK(store_write(s, &l, 1));
}

static void check(struct store *s, enum store_index index, bool backward, uint32_t limit,
                  struct arena *a)
{
    struct store_scan scan = {
        .index = index, .prefix = model_prefix(index, 1), .backward = backward, .limit = limit};
    struct store_rows got;
    ASSERT_OK(store_scan(s, &scan, a, &got));
    ASSERT_INT(limit < N_ROWS ? limit : N_ROWS, got.n);
    for (uint32_t i = 0; i < got.n; i++) {
        ASSERT_INT(backward ? N_ROWS - 1 - i : i, bits_load32(got.rows[i].suffix.p));
        ASSERT_SLICE(index == STORE_INDEX_NFT_ISSUER ? "" : "pq", got.rows[i].value);
    }
}

static void check_index(enum store_index index)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = fixture_open_new();
    fill(s, index, a);
    static const uint32_t limits[] = {1, 127, 128, 129, 999, 1000, 1001, UINT32_MAX};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        for (int backward = 0; backward < 2; backward++)
            check(s, index, backward, limits[i], a);
    store_close(s);
}

TEST(rocks_scan_of_many_rows_newest_first)
{
    check_index(STORE_INDEX_ACCOUNT_TX);
    check_index(STORE_INDEX_NFT_TX);
}

TEST(rocks_scan_of_many_rows_as_they_stand)
{
    check_index(STORE_INDEX_NFT_ISSUER);
}
