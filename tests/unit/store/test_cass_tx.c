/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

TEST(a_transaction_of_a_ledger_that_is_being_written_is_not_there)
{
    if (!cass_fixture_is_there())
        return;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = cass_fixture_open();
    struct hash256 hash = {{0xAB}};
    struct store_tx tx;
    cass_ledgers_load(s);
    cass_fixture_run(
        "INSERT INTO %s.transactions (hash, ledger_sequence, date, transaction, metadata) VALUES "
        "(0xAB00000000000000000000000000000000000000000000000000000000000000, 11, 5, 0x12, 0x13)");
    ASSERT_ERR(ERR_NOT_FOUND, store_tx_find(s, &hash, a, &tx));
    struct store_tx_locator at = {.pos = {10, 0}, .hash = hash};
    ASSERT_ERR(ERR_CORRUPT, store_txs_get(s, &at, 1, a, &tx));
    cass_fixture_run("UPDATE %s.transactions SET ledger_sequence = 10 WHERE hash = "
                     "0xAB00000000000000000000000000000000000000000000000000000000000000");
    ASSERT_OK(store_tx_find(s, &hash, a, &tx));
    ASSERT_SLICE("\x12", tx.tx);
    ASSERT_OK(store_txs_get(s, &at, 1, a, &tx));
    store_close(s);
    cass_fixture_drop();
}
