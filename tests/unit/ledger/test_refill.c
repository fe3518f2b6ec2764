/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/refill.h"

#include "base/mem.h"
#include "chain.h"
#include "proxy.h"
#include "rt/clock.h"
#include "store/memory.h"
#include "test.h"

struct fixture {
    struct chain chain;
    struct store *store;
    struct proxy proxy;
    struct ledgers *ledgers;
};

static void fixture_init(struct fixture *f)
{
    chain_init(&f->chain, 71, 5, 200);
    for (int i = 0; i < 12; i++)
        chain_extend(&f->chain, 30);
    f->store = memory_new();
    proxy_init(&f->proxy, f->store);
    f->ledgers = chain_open(&f->proxy.base, "mirror");
    chain_load(&f->chain, f->ledgers, 4);
    chain_apply(&f->chain, f->ledgers, 15, 1);
    undo_reset(f->ledgers->undo, 15);
}

static void fixture_deinit(struct fixture *f)
{
    ledgers_close(f->ledgers);
    store_close(f->store);
    chain_deinit(&f->chain);
}

TEST(window_is_read_back_to_the_first_ledger)
{
    struct fixture f;
    fixture_init(&f);
    refill_window(f.ledgers, 5, CLOCK_NEVER);
    struct ledgers_stats stats;
    for (uint32_t seq = 5; seq <= 15; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    chain_apply(&f.chain, f.ledgers, 17, 1);
    for (uint32_t seq = 5; seq <= 17; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    ledgers_get_stats(f.ledgers, &stats);
    ASSERT_INT(12, stats.undo_ledgers);
    ASSERT_INT(0, stats.reads_history);
    fixture_deinit(&f);
}

TEST(start_fills_the_window)
{
    struct fixture f;
    fixture_init(&f);
    ledgers_close(f.ledgers);
    char path[256];
    snprintf(path, sizeof path, "%s/mirror", test_dir());
    struct ledgers_opts opts = {.store = f.store, .mirror_path = path};
    ASSERT_OK(ledgers_open(&opts, &f.ledgers));
    for (uint32_t seq = 5; seq <= 15; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    struct ledgers_stats stats;
    ledgers_get_stats(f.ledgers, &stats);
    ASSERT(stats.undo_ledgers > 0 && stats.reads_undo > 0);
    fixture_deinit(&f);
}

TEST(without_time_or_history_the_window_stays_empty)
{
    struct fixture f;
    fixture_init(&f);
    struct ledgers_stats stats;
    refill_window(f.ledgers, 5, clock_now_ns() - 1);
    ledgers_get_stats(f.ledgers, &stats);
    ASSERT_INT(0, stats.undo_ledgers);
    f.proxy.fail_reads = true;
    refill_window(f.ledgers, 5, CLOCK_NEVER);
    f.proxy.fail_reads = false;
    ledgers_get_stats(f.ledgers, &stats);
    ASSERT_INT(0, stats.undo_ledgers);
    for (uint32_t seq = 5; seq <= 15; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    fixture_deinit(&f);
}
