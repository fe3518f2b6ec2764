/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/rebuild.h"

#include "base/mem.h"
#include "chain.h"
#include "ledger/mirror_follow.h"
#include "ledger/repair.h"
#include "proxy.h"
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
    chain_init(&f->chain, 81, 5, 3000);
    for (int i = 0; i < 6; i++)
        chain_extend(&f->chain, 200);
    f->store = memory_new();
    proxy_init(&f->proxy, f->store);
    f->ledgers = chain_open(&f->proxy.base, "mirror");
    chain_load(&f->chain, f->ledgers, 4);
    chain_apply(&f->chain, f->ledgers, 10, 2);
}

static void fixture_deinit(struct fixture *f)
{
    ledgers_close(f->ledgers);
    store_close(f->store);
    chain_deinit(&f->chain);
}

TEST(the_mirror_made_anew_is_the_one_that_was)
{
    struct fixture f;
    fixture_init(&f);
    uint64_t n = f.ledgers->n_objects;
    ASSERT_ERR(ERR_IO, repair_doubt(f.ledgers, "test"));
    ASSERT_OK(repair_empty(f.ledgers));
    ASSERT_OK(rebuild_mirror(f.ledgers, &chain_at(&f.chain, 10)->header));
    ASSERT_INT((int64_t)n, (int64_t)f.ledgers->n_objects);
    ASSERT_OK(mirror_follow(f.ledgers, 0));
    chain_apply(&f.chain, f.ledgers, 11, 1);
    for (uint32_t seq = 5; seq <= 11; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    fixture_deinit(&f);
}

/* Given up, and later done. */
TEST(a_rebuild_can_be_stopped)
{
    struct fixture f;
    fixture_init(&f);
    ledgers_interrupt(f.ledgers, true);
    ASSERT_ERR(ERR_IO, repair_doubt(f.ledgers, "test"));
    ASSERT_OK(repair_empty(f.ledgers));
    ASSERT_ERR(ERR_CANCELLED, rebuild_mirror(f.ledgers, &chain_at(&f.chain, 10)->header));
    ASSERT_ERR(ERR_CANCELLED, mirror_follow(f.ledgers, 0));
    chain_check(&f.chain, f.ledgers, 10);
    ledgers_interrupt(f.ledgers, false);
    ASSERT_OK(mirror_follow(f.ledgers, 0));
    ASSERT(!ledgers_mirror_aside(f.ledgers));
    chain_check(&f.chain, f.ledgers, 10);
    fixture_deinit(&f);
}

TEST(a_damaged_history_is_found_and_goes_on_answering)
{
    struct fixture f;
    fixture_init(&f);
    ASSERT_ERR(ERR_IO, repair_doubt(f.ledgers, "test"));
    f.proxy.spoil_objects = 1;
    ASSERT_ERR(ERR_CORRUPT, mirror_follow(f.ledgers, 0));
    f.proxy.spoil_objects = 0;
    ASSERT(ledgers_mirror_aside(f.ledgers));
    chain_check(&f.chain, f.ledgers, 10);
    ASSERT_OK(mirror_follow(f.ledgers, 0));
    chain_check(&f.chain, f.ledgers, 10);
    fixture_deinit(&f);
}
