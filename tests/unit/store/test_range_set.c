/* SPDX-License-Identifier: Apache-2.0 */
#include "store/range_set.h"

#include "unit/test.h"

static const struct range_set two = {.r = {{3, 5}, {8, 9}}, .n = 2};

TEST(range_set_knows_what_is_between_its_spans)
{
    ASSERT(!range_set_has(&two, 2) && range_set_has(&two, 3) && range_set_has(&two, 5));
    ASSERT(!range_set_has(&two, 6) && range_set_has(&two, 8) && !range_set_has(&two, 10));
    ASSERT(!range_set_has(&(struct range_set){0}, 0));
}

TEST(range_set_bytes_come_back)
{
    uint8_t bytes[RANGE_SET_MAX_BYTES];
    struct range_set got;
    size_t n = range_set_encode(&two, bytes);
    ASSERT_INT(16, n);
    ASSERT(range_set_decode(slice_of(bytes, n), &got));
    ASSERT(got.n == 2 && got.r[1].first == 8 && got.r[1].last == 9);
    ASSERT(range_set_decode(SLICE_EMPTY, &got) && got.n == 0);
}

TEST(range_set_refuses_damaged_bytes)
{
    struct range_set got;
    uint8_t bytes[RANGE_SET_MAX_BYTES + 8] = {0, 0, 0, 5, 0, 0, 0, 3}; /* ends before it begins */
    ASSERT(!range_set_decode(slice_of(bytes, 8), &got));
    ASSERT(!range_set_decode(slice_of(bytes, 7), &got));
    ASSERT(!range_set_decode(slice_of(bytes, sizeof bytes), &got));
    uint8_t overlap[] = {0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 4};
    ASSERT(!range_set_decode(slice_of(overlap, sizeof overlap), &got));
}

TEST(range_set_appends_only_what_follows_the_newest_span)
{
    struct store_ledger l[] = {{.header = {.seq = 10}}, {.header = {.seq = 11}}};
    ASSERT_OK(range_set_check_append(&two, l, 2));
    l[0].header.seq = 6; /* in the gap */
    ASSERT_ERR(ERR_INVALID, range_set_check_append(&two, l, 1));
    l[0].header.seq = 9;
    ASSERT_ERR(ERR_EXISTS, range_set_check_append(&two, l, 1));
    ASSERT_ERR(ERR_INVALID, range_set_check_append(&two, l, 0));
    ASSERT_ERR(ERR_INVALID, range_set_check_append(&(struct range_set){0}, l, 1));
}

TEST(range_set_wants_transactions_in_order)
{
    struct store_tx txs[] = {{.pos = {10, 4}}, {.pos = {10, 4}}};
    struct store_ledger l = {.header = {.seq = 10}, .txs = txs, .n_txs = 2};
    ASSERT_ERR(ERR_INVALID, range_set_check_txs(&l));
    txs[1].pos.index = 5;
    ASSERT_OK(range_set_check_txs(&l));
    txs[1].pos.index = STORE_TX_INDEX_UNKNOWN;
    ASSERT_ERR(ERR_INVALID, range_set_check_txs(&l));
}

static ERR check_query(struct store_txs_query q)
{
    static const struct range_set set = {{{2, 5}, {8, 9}}, 2};
    return range_set_check_txs_query(&set, &q);
}

TEST(range_set_knows_which_transactions_can_be_asked_for)
{
    uint32_t index = 3;
    ASSERT_OK(check_query((struct store_txs_query){.first = 2, .last = 5, .skip = 4, .limit = 9}));
    ASSERT_OK(check_query((struct store_txs_query){.first = 8, .last = 8, .hashes_only = true}));
    ASSERT_OK(check_query((struct store_txs_query){8, 8, .indexes = &index, .n_indexes = 1}));
    ASSERT_ERR(ERR_NOT_FOUND, check_query((struct store_txs_query){.first = 5, .last = 8}));
    ASSERT_ERR(ERR_NOT_FOUND, check_query((struct store_txs_query){.first = 6, .last = 6}));
    ASSERT_ERR(ERR_INVALID, check_query((struct store_txs_query){.first = 5, .last = 4}));
    ASSERT_ERR(ERR_INVALID, check_query((struct store_txs_query){2, 3, .hashes_only = true}));
    ASSERT_ERR(ERR_INVALID,
               check_query((struct store_txs_query){2, 2, .hashes_only = true, .limit = 1}));
    ASSERT_ERR(ERR_INVALID,
               check_query((struct store_txs_query){2, 3, .indexes = &index, .n_indexes = 1}));
}
