/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_ops.h"
#include "unit/store/fixture.h"

#define N_TXS 500 /* several steps */

TEST(rocks_tx_reads_a_large_ledger_in_order)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = fixture_open(test_dir());
    static struct store_tx txs[N_TXS];
    struct store_tx *got, found;
    struct hash256 *hashes = arena_array(a, struct hash256, N_TXS);
    struct store_ledger l = {.header = {.seq = 6}, .txs = txs, .tx_hashes = hashes, .n_txs = N_TXS};
    size_t n;
    for (uint32_t i = 0; i < N_TXS; i++) {
        txs[i] = (struct store_tx){
            .pos = {6, i}, .tx = slice_str(arena_printf(a, "tx %u", i)), .meta = SLICE_LIT("meta")};
        hashes[i] = digest_tx_id(txs[i].tx);
    }
    ASSERT_OK(store_load_begin(s, 5, 1));
    ASSERT_OK(store_load_commit(s, &(struct store_ledger){.header = {.seq = 5}}));
    ASSERT_OK(store_write(s, &l, 1));
    struct store_txs_query all = {.first = 6, .last = 6};
    ASSERT_OK(store_ledger_txs(s, &all, a, &got, &n));
    ASSERT_INT(N_TXS, n);
    for (uint32_t i = 0; i < N_TXS; i++) {
        ASSERT_INT(i, got[i].pos.index);
        ASSERT(slice_eq(got[i].tx, txs[i].tx));
        ASSERT_OK(store_tx_find(s, &hashes[i], a, &found));
        ASSERT_INT(i, found.pos.index);
    }
    store_close(s);
}
