/* SPDX-License-Identifier: Apache-2.0 */
/* Headers, transactions, index rows that are wrong. */
#include "base/bits.h"
#include "check_world.h"

static void put_header(struct check_world *w, struct ledger_header h)
{
    struct store_ledger l = {.header = h};
    ASSERT_OK(
        store_repair(w->s, &(struct store_repair){.put = &l, .has_header = true, .at = h.seq}));
}

TEST(check_sees_a_header_without_its_hash)
{
    struct check_world *w = check_world_new();
    struct ledger_header h = w->headers[1];
    h.drops++;
    put_header(w, h);
    check_world_expect(w, "ledger 11: header: does not have its hash", false);
    check_world_free(w);
}

TEST(check_sees_a_ledger_of_another_chain)
{
    struct check_world *w = check_world_new();
    struct ledger_header h = w->headers[2];
    h.parent_hash.b[0] ^= 1;
    h.hash = digest_ledger(&h);
    put_header(w, h);
    check_world_expect(w, "ledger 12: its parent is not the ledger before it", false);
    check_world_free(w);
}

TEST(check_sees_transactions_without_the_root)
{
    struct check_world *w = check_world_new();
    struct store_tx tx = w->tx;
    tx.meta.n -= 1;
    struct store_ledger l = {.txs = &tx, .tx_hashes = &tx.hash, .n_txs = 1};
    ASSERT_OK(store_repair(w->s, &(struct store_repair){.put = &l, .at = 11}));
    check_world_expect(w, "ledger 11: transactions: the 1 do not have the header's root", false);
    check_world_free(w);
}

TEST(check_mends_what_leads_to_a_transaction_by_its_hash)
{
    struct check_world *w = check_world_new();
    struct hash256 other = {{1}};
    struct store_ledger l = {.txs = &w->tx, .tx_hashes = &other, .n_txs = 1};
    ASSERT_OK(store_repair(w->s, &(struct store_repair){.put = &l, .at = 11}));
    check_world_expect(w, "is not found by its hash", true);
    check_world_free(w);
}

static struct store_index_row account_row(uint8_t owner[20], uint8_t suffix[8])
{
    memset(owner, 1, 20);
    bits_store32(suffix, 11);
    bits_store32(suffix + 4, 0);
    return (struct store_index_row){STORE_INDEX_ACCOUNT_TX, slice_of(owner, 20),
                                    slice_of(suffix, 8), SLICE_EMPTY};
}

TEST(check_mends_a_missing_index_row)
{
    struct check_world *w = check_world_new();
    uint8_t owner[20], suffix[8];
    struct store_index_row row = account_row(owner, suffix);
    ASSERT_OK(
        store_repair(w->s, &(struct store_repair){.at = 11, .drop_rows = &row, .n_drop_rows = 1}));
    check_world_expect(w, "ledger 11: row of account_tx of 0101", true);
    check_world_free(w);
}

TEST(check_mends_an_index_row_of_another_transaction)
{
    struct check_world *w = check_world_new();
    uint8_t owner[20], suffix[8], value[STORE_TX_VALUE_BYTES];
    struct store_index_row row = account_row(owner, suffix);
    store_tx_value(&(struct hash256){{9}}, 0, value);
    row.value = slice_of(value, sizeof value);
    struct store_ledger l = {.index_rows = &row, .n_index_rows = 1};
    ASSERT_OK(store_repair(w->s, &(struct store_repair){.put = &l, .at = 11}));
    check_world_expect(w, "row of account_tx", true);
    check_world_free(w);
}
