/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

/* As of a keyspace that Clio 2.7 wrote: there is no table of ours, and nothing in those of MPT
 * histories. */
TEST(a_keyspace_of_clio_lacks_mpt_rows_until_they_are_added)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s = cass_fixture_open();
    struct store_range lack;
    size_t n;
    struct store_ledger l = cass_ledgers_make(11, 0);
    cass_ledgers_load(s);
    ASSERT_OK(store_write(s, &l, 1));
    store_close(s);
    cass_fixture_run("DROP TABLE %s.kleio_meta");
    s = cass_fixture_open_again();
    ASSERT_OK(store_index_lack(s, STORE_INDEX_MPT_TX, &lack, &n));
    ASSERT(n == 1 && lack.first == 10 && lack.last == 11);
    ASSERT_OK(store_index_lack(s, STORE_INDEX_ACCOUNT_TX, &lack, &n));
    ASSERT_INT(0, n);
    uint8_t issuance[24] = {1}, place[8] = {0, 0, 0, 11, 0, 0, 0, 3}, value[STORE_TX_VALUE_BYTES];
    store_tx_value(&(struct hash256){{7}}, 12, value);
    struct store_index_row row = {STORE_INDEX_MPT_TX, slice_of(issuance, 24), slice_of(place, 8),
                                  slice_of(value, sizeof value)};
    ASSERT_ERR(ERR_INVALID, store_index_add(s, STORE_INDEX_MPT_TX, &row, 1, 12));
    ASSERT_OK(store_index_add(s, STORE_INDEX_MPT_TX, &row, 1, 11));
    ASSERT_OK(store_index_lack(s, STORE_INDEX_MPT_TX, &lack, &n));
    ASSERT(n == 1 && lack.first == 10 && lack.last == 10);
    store_close(s);
    s = cass_fixture_open_again();
    ASSERT_OK(store_index_add(s, STORE_INDEX_MPT_TX, NULL, 0, 10));
    ASSERT_OK(store_index_lack(s, STORE_INDEX_MPT_TX, &lack, &n));
    ASSERT_INT(0, n);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_scan scan = {
        .index = STORE_INDEX_MPT_TX, .prefix = slice_of(issuance, 24), .limit = 9};
    struct store_rows rows;
    ASSERT_OK(store_scan(s, &scan, a, &rows));
    ASSERT_INT(1, rows.n);
    store_close(s);
    cass_fixture_drop();
}
