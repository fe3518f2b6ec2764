/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/mem.h"
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

/* A token that changes hands twice in one ledger: nothing orders statements in flight. */
TEST(of_rows_with_one_key_the_last_is_written)
{
    if (!cass_fixture_is_there())
        return;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = cass_fixture_open();
    uint8_t token[32] = {1}, seq[4] = {0, 0, 0, 11}, (*owners)[21] = arena_zalloc(a, 50 * 21);
    struct store_index_row *rows = arena_array(a, struct store_index_row, 50);
    struct store_ledger l = cass_ledgers_make(11, 0);
    for (size_t i = 0; i < 50; i++) {
        owners[i][0] = (uint8_t)(100 - i);
        rows[i] = (struct store_index_row){STORE_INDEX_NFT_STATE, slice_of(token, 32),
                                           slice_of(seq, 4), slice_of(owners[i], 21)};
    }
    l.index_rows = rows;
    l.n_index_rows = 50;
    cass_ledgers_load(s);
    ASSERT_OK(store_write(s, &l, 1));
    struct store_scan scan = {
        .index = STORE_INDEX_NFT_STATE, .prefix = slice_of(token, 32), .limit = 9};
    struct store_rows got;
    ASSERT_OK(store_scan(s, &scan, a, &got));
    ASSERT_INT(1, got.n);
    ASSERT_INT(100 - 49, got.rows[0].value.p[0]);
    store_close(s);
    cass_fixture_drop();
}
