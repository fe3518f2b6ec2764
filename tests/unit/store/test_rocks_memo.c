/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_memo.h"

#include "base/mem.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/offload.h"
#include "unit/store/fixture.h"
#include "unit/store/model.h"

static uint64_t n_offloaded(struct store *s)
{
    struct store_stats stats;
    store_stats(s, &stats);
    return stats.n_offloaded;
}

struct run {
    struct store *s, *brute;
    struct model *m;
};

static void repeat_main(void *arg)
{
    struct run *r = arg;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice got[MODEL_N_KEYS];
    uint64_t cold = 0;
    for (int round = 0; round < 3; round++) {
        struct store_scan scans[MODEL_N_OWNERS];
        struct store_rows rows[MODEL_N_OWNERS];
        struct store_txs_query q = {r->m->seq, r->m->seq, .hashes_only = true};
        struct store_tx *txs;
        size_t n;
        for (uint32_t i = 0; i < MODEL_N_OWNERS; i++)
            scans[i] = (struct store_scan){.index = STORE_INDEX_NFT_STATE,
                                           .prefix = model_prefix(STORE_INDEX_NFT_STATE, i),
                                           .backward = true,
                                           .limit = 20};
        ASSERT_OK(store_objects_get(r->s, r->m->seq - 3, r->m->keys, MODEL_N_KEYS, a, got, NULL));
        ASSERT_OK(store_scan_many(r->s, scans, MODEL_N_OWNERS, a, rows));
        ASSERT_OK(store_ledger_txs(r->s, &q, a, &txs, &n));
        if (round == 0)
            cold = n_offloaded(r->s);
        ASSERT_INT(cold, n_offloaded(r->s)); /* the same again stays on the core */
    }
    ASSERT_INT(3, cold);
}

TEST(rocks_memo_answers_what_repeats_on_the_core)
{
    CLEANUP(mem_freep) struct model *m = model_new(9);
    struct run r = {fixture_open(test_dir()), NULL, m};
    model_load(m, r.s);
    model_write(m, r.s, 20);
    ASSERT_OK(offload_start(&(struct offload_opts){0}));
    ASSERT_OK(core_run_fiber("test", repeat_main, &r));
    offload_stop();
    store_close(r.s);
}

TEST(rocks_memo_shows_rows_of_new_ledgers)
{
    CLEANUP(mem_freep) struct model *m = model_new(4);
    struct store *s = fixture_open(test_dir()), *brute = fixture_memory(4, 0);
    CLEANUP(mem_freep) struct model *same = model_new(4);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    model_load(m, s);
    for (uint32_t i = 0; i < MODEL_N_CHAINS; i++)
        model_part(same, i, a);
    model_first(same, a);
    for (int i = 0; i < 30; i++) { /* each compare fills the memo, each write must show */
        model_write(m, s, 1);
        model_write(same, brute, 1);
        model_compare(m, s, brute, (uint64_t)i, 8);
    }
    store_close(s);
    store_close(brute);
}
