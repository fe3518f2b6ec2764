/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/load_feed.h"

#include "base/mem.h"
#include "spool_pages.h"
#include "store/memory.h"

#include <stdio.h>

struct rig {
    struct chain chain;
    struct store *store;
    struct ledgers *ledgers;
    struct page_spool *pages;
    struct load_feed_opts opts;
};

static void rig_init(struct rig *r, uint64_t seed)
{
    char path[300];
    *r = (struct rig){0};
    snprintf(path, sizeof path, "%s/load", test_dir());
    chain_init(&r->chain, seed, 100, 500);
    r->store = memory_new();
    r->ledgers = chain_open(r->store, "mirror");
    ASSERT_OK(page_spool_open(path, &r->pages));
    ASSERT_OK(page_spool_begin(r->pages, &r->chain.ledgers[0].header));
    r->opts = (struct load_feed_opts){
        .ledgers = r->ledgers, .pages = r->pages, .filter = {.oldest = 100, .newest = 100}};
}

static void rig_deinit(struct rig *r)
{
    ledgers_close(r->ledgers);
    store_close(r->store);
    page_spool_close(r->pages);
    chain_deinit(&r->chain);
}

static err feed(struct rig *r)
{
    struct apply_ledger first = chain_apply_ledger(&r->chain.ledgers[0]);
    first.n_objects = 0;
    return load_feed(&r->opts, &first);
}

TEST(a_complete_spool_becomes_the_first_ledger)
{
    for (size_t per_page = 1; per_page < 40; per_page += 6) {
        struct rig r;
        rig_init(&r, per_page);
        for (uint32_t i = 0; i < PAGE_SPOOL_RANGES; i++)
            spool_pages_put(r.pages, i, &r.chain.ledgers[0], 1, per_page, SIZE_MAX);
        ASSERT_OK(feed(&r));
        chain_check(&r.chain, r.ledgers, 100);
        rig_deinit(&r);
    }
}

TEST(a_wrong_state_leaves_nothing_and_a_right_one_can_follow)
{
    struct rig r;
    struct ledger_header h;
    rig_init(&r, 3);
    for (uint32_t i = 0; i < PAGE_SPOOL_RANGES; i++) {
        spool_pages_put(r.pages, i, &r.chain.ledgers[0], 1, 5, 250);
        spool_pages_put(r.pages, i, &r.chain.ledgers[0], 2, 7, SIZE_MAX);
    }
    r.opts.filter.source = 1;
    ASSERT_ERR(ERR_VERIFY, feed(&r));
    ASSERT(!ledgers_tip(r.ledgers, &h));
    r.opts.filter.source = 2;
    ASSERT_OK(feed(&r));
    chain_check(&r.chain, r.ledgers, 100);
    rig_deinit(&r);
}

TEST(a_gap_or_damage_is_told_and_a_stop_is_heard)
{
    struct rig r;
    rig_init(&r, 4);
    for (uint32_t i = 1; i < PAGE_SPOOL_RANGES; i++)
        spool_pages_put(r.pages, i, &r.chain.ledgers[0], 1, 5, SIZE_MAX);
    ASSERT_ERR(ERR_CORRUPT, feed(&r));
    spool_pages_put(r.pages, 0, &r.chain.ledgers[0], 1, 5, SIZE_MAX);
    ledgers_interrupt(r.ledgers, true);
    ASSERT_ERR(ERR_CANCELLED, feed(&r));
    ledgers_interrupt(r.ledgers, false);
    ASSERT_OK(feed(&r));
    ASSERT_ERR(ERR_EXISTS, feed(&r));
    rig_deinit(&r);
}
