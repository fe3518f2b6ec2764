/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/mem.h"
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

TEST(rows_of_a_ledger_that_is_being_written_are_not_there)
{
    if (!cass_fixture_is_there())
        return;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = cass_fixture_open();
    uint8_t owner[20] = {0xAA}, after[8] = {0, 0, 0, 99};
    struct store_rows rows;
    cass_ledgers_load(s);
    for (int i = 9; i <= 12; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "INSERT INTO %%s.account_tx (account, seq_idx, hash) VALUES "
                 "(0xAA00000000000000000000000000000000000000, (%d, 1), "
                 "0xAB00000000000000000000000000000000000000000000000000000000000000)",
                 i);
        cass_fixture_run(text);
    }
    for (int backward = 0; backward < 2; backward++)
        for (int from = 0; from < 2; from++) {
            struct store_scan scan = {.index = STORE_INDEX_ACCOUNT_TX,
                                      .prefix = slice_of(owner, 20),
                                      .limit = 9,
                                      .backward = backward};
            if (from && backward)
                scan.from = slice_of(after, 8);
            ASSERT_OK(store_scan(s, &scan, a, &rows));
            ASSERT_INT(2, rows.n);
            ASSERT_INT(backward ? 10 : 9, bits_load32(rows.rows[0].suffix.p));
        }
    store_close(s);
    cass_fixture_drop();
}
