/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_ops.h"
#include "unit/store/fixture.h"

#define N_TXS 500 /* several steps */

static struct store *open_large(struct arena *a)
{
    struct store *s = fixture_open(test_dir());
    struct store_tx *txs = arena_array(a, struct store_tx, N_TXS);
    struct hash256 *hashes = arena_array(a, struct hash256, N_TXS);
    struct store_ledger l = {.header = {.seq = 6}, .txs = txs, .tx_hashes = hashes, .n_txs = N_TXS};
    for (uint32_t i = 0; i < N_TXS; i++) {
        txs[i] = (struct store_tx){
            .pos = {6, i}, .tx = slice_str(arena_printf(a, "tx %u", i)), .meta = SLICE_LIT("meta")};
        hashes[i] = digest_tx_id(txs[i].tx);
    }
    ASSERT_OK(store_load_begin(s, 5, 1));
    ASSERT_OK(store_load_commit(s, &(struct store_ledger){.header = {.seq = 5}}));
    ASSERT_OK(store_write(s, &l, 1));
    return s;
}

TEST(rocks_ledger_txs_goes_on_from_step_to_step)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = open_large(a);
    for (int backward = 0; backward < 2; backward++)
        for (uint32_t skip = 0; skip < 300; skip += 70) {
            struct store_txs_query q = {
                .first = 5, .last = 6, .backward = backward, .skip = skip, .limit = 200};
            struct store_tx *got;
            size_t n;
            ASSERT_OK(store_ledger_txs(s, &q, a, &got, &n));
            ASSERT_INT(200, n);
            for (uint32_t i = 0; i < n; i++)
                ASSERT_INT(backward ? N_TXS - 1 - skip - i : skip + i, got[i].pos.index);
        }
    store_close(s);
}

TEST(rocks_ledger_txs_keeps_to_the_budget)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(arena_freep) struct arena *small = arena_new(2000);
    struct store *s = open_large(a);
    struct store_txs_query q = {.first = 6, .last = 6};
    struct store_tx *got;
    size_t n;
    ASSERT_ERR(ERR_LIMIT, store_ledger_txs(s, &q, small, &got, &n));
    store_close(s);
}
