/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "chain.h"
#include "ledger/view_impl.h"
#include "store/memory.h"
#include "store/rocks.h"
#include "test.h"

#include <pthread.h>

TEST(every_ledger_reads_as_it_was)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct chain c;
        chain_init(&c, seed, 100, 300);
        char name[16];
        snprintf(name, sizeof name, "m%u", (unsigned)seed);
        struct store *s = memory_new();
        struct ledgers *l = chain_open(s, name);
        chain_load(&c, l, 16);
        chain_check(&c, l, 100);
        for (int i = 0; i < 30; i++) {
            chain_extend(&c, 20 + chain_random(&c, 60));
            chain_apply(&c, l, chain_last(&c), 1);
            chain_check(&c, l, chain_last(&c));
            chain_check(&c, l, 100 + (uint32_t)chain_random(&c, c.n));
        }
        for (uint32_t seq = 100; seq <= chain_last(&c); seq++)
            chain_check(&c, l, seq);
        struct ledgers_stats stats;
        ledgers_get_stats(l, &stats);
        ASSERT_INT(30, stats.undo_ledgers);
        ASSERT(stats.reads_undo > 0 && stats.reads_mirror > 0);
        ASSERT_INT(0, stats.reads_history);
        ASSERT_INT(chain_at(&c, chain_last(&c))->n, stats.n_objects);
        l = ledgers_close(l);

        l = chain_open(s, name); /* the window is empty now: the history answers */
        for (uint32_t seq = 100; seq <= chain_last(&c); seq++)
            chain_check(&c, l, seq);
        ledgers_get_stats(l, &stats);
        ASSERT_INT(0, stats.undo_ledgers);
        ASSERT(stats.reads_history > 0);
        ledgers_close(l);
        store_close(s);
        chain_deinit(&c);
    }
}
