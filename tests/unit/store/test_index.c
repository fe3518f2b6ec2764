/* SPDX-License-Identifier: Apache-2.0 */
#include "store/index.h"

#include "unit/test.h"

TEST(index_every_index_has_a_shape_that_fits_its_bounds)
{
    ASSERT(index_shape((enum store_index)0) == NULL);
    ASSERT(index_shape(STORE_N_INDEXES) == NULL);
    ASSERT(index_shape((enum store_index) - 1) == NULL);
    for (int i = 1; i < STORE_N_INDEXES; i++) {
        const struct index_shape *s = index_shape((enum store_index)i);
        ASSERT(s != NULL && s->prefix_bytes <= INDEX_MAX_PREFIX &&
               s->suffix_bytes <= INDEX_MAX_SUFFIX);
    }
}

TEST(index_rows_need_whole_prefix_and_suffix)
{
    uint8_t b[40] = {0};
    struct store_index_row row = {STORE_INDEX_NFT_ISSUER, slice_of(b, 20), slice_of(b, 36),
                                  SLICE_EMPTY};
    ASSERT_OK(index_check_row(&row));
    row.suffix.n = 35;
    ASSERT_ERR(ERR_INVALID, index_check_row(&row));
    row.suffix.n = 37;
    ASSERT_ERR(ERR_INVALID, index_check_row(&row));
    row.suffix.n = 36;
    row.prefix.n = 32;
    ASSERT_ERR(ERR_INVALID, index_check_row(&row));
    row.index = STORE_N_INDEXES;
    ASSERT_ERR(ERR_INVALID, index_check_row(&row));
}

TEST(index_scans_may_start_at_part_of_a_suffix)
{
    uint8_t b[40] = {0};
    struct store_scan scan = {.index = STORE_INDEX_MPT_HOLDER,
                              .prefix = slice_of(b, 24),
                              .from = slice_of(b, 7),
                              .limit = 1};
    ASSERT_OK(index_check_scan(&scan));
    scan.from.n = 21;
    ASSERT_ERR(ERR_INVALID, index_check_scan(&scan));
    scan.from.n = 0;
    scan.limit = 0;
    ASSERT_ERR(ERR_INVALID, index_check_scan(&scan));
}

TEST(index_rows_of_transactions_have_hash_and_type)
{
    uint8_t b[40] = {0};
    struct store_index_row row = {STORE_INDEX_MPT_TX, slice_of(b, 24), slice_of(b, 8),
                                  slice_of(b, STORE_TX_VALUE_BYTES)};
    ASSERT_OK(index_check_row(&row));
    row.value.n = 32;
    ASSERT_ERR(ERR_INVALID, index_check_row(&row));
    row.value.n = 0;
    ASSERT_ERR(ERR_INVALID, index_check_row(&row));
}

TEST(index_takes_rows_for_the_newest_ledgers_it_lacks)
{
    uint8_t b[40] = {0};
    struct store_index_row row = {STORE_INDEX_MPT_HOLDER, slice_of(b, 24), slice_of(b, 20),
                                  SLICE_EMPTY};
    struct store_range lack = {5, 9};
    ASSERT_OK(index_check_add(STORE_INDEX_MPT_HOLDER, &row, 1, &lack, 5));
    ASSERT_OK(index_check_add(STORE_INDEX_MPT_HOLDER, &row, 1, &lack, 9));
    ASSERT_ERR(ERR_INVALID, index_check_add(STORE_INDEX_MPT_HOLDER, &row, 1, &lack, 4));
    ASSERT_ERR(ERR_INVALID, index_check_add(STORE_INDEX_MPT_HOLDER, &row, 1, &lack, 10));
    ASSERT_ERR(ERR_INVALID, index_check_add(STORE_INDEX_MPT_HOLDER, &row, 1, NULL, 5));
    ASSERT_ERR(ERR_INVALID, index_check_add(STORE_INDEX_NFT_URI, &row, 1, &lack, 5));
    ASSERT_ERR(ERR_INVALID, index_check_add(STORE_N_INDEXES, &row, 1, &lack, 5));
}
