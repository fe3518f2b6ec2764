/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/mender.h"

#include "world.h"

/* Follows a chain whose newest ledger the history has wrong, and the first of its sources, too. */
static struct world *with_wrong(uint64_t seed, uint32_t n_sources)
{
    struct world *w = world_new(seed, 200, 10, n_sources);
    w->opts.start_sequence = 100;
    world_follow(w);
    world_check(w, 100);
    world_stop_following(w);
    world_extend(w);
    chain_write_wrong(&w->chain, w->store, world_last(w));
    w->s[0].bad = WORLD_BAD_OBJECT;
    w->s[0].bad_seq = world_last(w);
    world_follow(w);
    return w;
}

WORLD_TEST(a_ledger_that_the_history_has_wrong_is_put_right_from_a_source)
{
    struct world *w = with_wrong(1, 2);
    (void)arg;
    world_check(w, 100);
    ASSERT(world_count(w, "kleio_history_wrong_rows_total") >= 1);
    ASSERT(world_count(w, "kleio_history_rows_put_right_total") >= 1);
    world_free(w);
}

WORLD_TEST(without_a_source_that_has_it_following_waits)
{
    struct world *w = with_wrong(2, 1);
    (void)arg;
    uint32_t last = world_last(w);
    EVENTUALLY(world_state(w) == ETL_STATE_HISTORY);
    ASSERT(etl_state_is_bad(world_state(w)));
    ASSERT_INT(last - 1, world_tip(w));
    ASSERT_INT(last, ledgers_suspect(w->ledgers));
    w->s[0].bad = WORLD_BAD_NONE;
    EVENTUALLY(world_tip(w) == last);
    EVENTUALLY(world_state(w) != ETL_STATE_HISTORY);
    world_free(w);
}
