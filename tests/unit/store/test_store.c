/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "unit/test.h"

TEST(store_locator_takes_what_a_backend_kept)
{
    static const size_t kept[][2] = {{0, 0}, {0, 32}, {32, 2}, {0, 34}};
    uint8_t suffix[8] = {0, 0, 0, 7, 0, 0, 1, 2}, value[STORE_TX_VALUE_BYTES];
    struct hash256 hash = {{0xAB, [31] = 0xCD}};
    store_tx_value(&hash, 500, value);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        struct store_entry row = {slice_of(suffix, 8), slice_of(value + kept[i][0], kept[i][1])};
        struct store_tx_locator at;
        ASSERT_OK(store_tx_locator_of(&row, &at));
        ASSERT_INT(7, at.pos.ledger_seq);
        ASSERT_INT(0x102, at.pos.index);
        ASSERT(hash256_eq(kept[i][1] >= 32 ? &hash : &HASH256_ZERO, &at.hash));
        ASSERT_INT(kept[i][1] % 32 == 2, at.has_type);
        ASSERT_INT(at.has_type ? 500 : 0, at.type);
    }
}

TEST(store_locator_refuses_rows_of_other_sizes)
{
    uint8_t bytes[40] = {0};
    static const size_t sizes[][2] = {{7, 0}, {9, 0}, {0, 0}, {8, 1}, {8, 3}, {8, 33}, {8, 35}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct store_entry row = {slice_of(bytes, sizes[i][0]), slice_of(bytes, sizes[i][1])};
        struct store_tx_locator at;
        ASSERT_ERR(ERR_CORRUPT, store_tx_locator_of(&row, &at));
    }
}

TEST(store_knows_which_indexes_lead_to_transactions)
{
    ASSERT(store_index_of_txs(STORE_INDEX_ACCOUNT_TX));
    ASSERT(store_index_of_txs(STORE_INDEX_ACCOUNT_MPT_TX));
    ASSERT(!store_index_of_txs(STORE_INDEX_NFT_STATE));
    ASSERT(!store_index_of_txs(STORE_N_INDEXES));
}

TEST(store_hash_of_a_transaction_is_computed_when_it_is_not_known)
{
    struct store_tx tx = {.tx = SLICE_LIT("bytes"), .hash = {{1}}};
    struct hash256 id = digest_tx_id(tx.tx), got = store_tx_hash(&tx);
    ASSERT(hash256_eq(&tx.hash, &got));
    tx.hash = HASH256_ZERO;
    got = store_tx_hash(&tx);
    ASSERT(hash256_eq(&id, &got));
}
