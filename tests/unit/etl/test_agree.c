/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/agree.h"

#include "rippled/fetch.h"
#include "world.h"

WORLD_TEST(sources_that_agree_are_counted)
{
    struct world *w = world_new(31, 100, 6, 2);
    (void)arg;
    w->opts.start_sequence = 100;
    world_follow(w);
    world_check(w, 100);
    struct hash256 hash = chain_at(&w->chain, 104)->header.hash, other = {{1}};
    ASSERT_OK(agree_on(w->sources, 1, 0, 104, &hash));
    ASSERT_OK(agree_on(w->sources, 2, 0, 104, &hash));
    ASSERT_OK(agree_on(w->sources, 2, 1, 104, &hash));
    ASSERT_ERR(ERR_BUSY, agree_on(w->sources, 3, 1, 104, &hash));
    ASSERT_ERR(ERR_VERIFY, agree_on(w->sources, 2, 0, 104, &other));
    ASSERT(strstr(err_text(), "disagree") != NULL);
    world_free(w);
}

/* Each ledger is right in itself; nobody can say which of the two is the network's. */
WORLD_TEST(a_ledger_that_sources_disagree_on_waits)
{
    struct world *w = world_new(32, 100, 6, 2);
    (void)arg;
    w->opts.start_sequence = 100;
    w->opts.min_agreeing = 2;
    w->s[1].bad = WORLD_BAD_PARENT;
    w->s[1].bad_seq = 103;
    world_follow(w);
    EVENTUALLY(world_tip(w) == 102);
    EVENTUALLY(world_state(w) == ETL_STATE_AGREE || world_state(w) == ETL_STATE_FORK);
    ASSERT_INT(102, world_tip(w));
    ASSERT(etl_state_is_bad(world_state(w)));
    w->s[1].bad = WORLD_BAD_NONE;
    world_check(w, 100);
    EVENTUALLY(world_state(w) == ETL_STATE_FOLLOWING);
    world_free(w);
}

WORLD_TEST(one_source_is_not_enough_where_two_must_agree)
{
    struct world *w = world_new(33, 100, 3, 1);
    (void)arg;
    w->opts.start_sequence = 100;
    w->opts.min_agreeing = 2;
    world_follow(w);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 300 * CLOCK_MS));
    ASSERT_INT(0, world_tip(w));
    world_free(w);
}
