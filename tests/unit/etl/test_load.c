/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/load.h"

#include "world.h"

static struct world *loading(uint64_t seed, uint32_t n_sources, uint32_t n_chains)
{
    struct world *w = world_new(seed, 400, 4, n_sources);
    w->opts.start_sequence = 101;
    w->opts.num_markers = n_chains;
    return w;
}

WORLD_TEST(any_number_of_ranges_loads_the_same_state)
{
    const uint32_t chains[] = {1, 2, 3, 7, 16, 100, 256};
    (void)arg;
    for (size_t i = 0; i < ARRAY_LEN(chains); i++) {
        struct world *w = loading(i, 1, chains[i]);
        w->s[0].ignores_end = i % 2;
        world_follow(w);
        world_check(w, 101);
        world_free(w);
    }
}

WORLD_TEST(several_sources_share_a_load)
{
    struct world *w = loading(20, 3, 16);
    (void)arg;
    world_follow(w);
    world_check(w, 101);
    for (int i = 0; i < 3; i++)
        ASSERT(w->s[i].n_pages > 0);
    world_free(w);
}

WORLD_TEST(a_page_that_fails_is_fetched_again_and_nothing_else_is)
{
    struct world *w = loading(21, 1, 4);
    (void)arg;
    w->page_size = 10;
    w->s[0].bad = WORLD_BAD_ERROR;
    w->s[0].bad_left = 3;
    world_follow(w);
    world_check(w, 101);
    ASSERT(w->s[0].n_pages <= 400 / 10 + 256);
    world_free(w);
}

WORLD_TEST(a_state_that_does_not_verify_is_refused_and_loaded_again)
{
    struct world *w = loading(22, 1, 4);
    (void)arg;
    w->s[0].bad = WORLD_BAD_PAGE;
    world_follow(w);
    EVENTUALLY(world_count(w, "kleio_verification_failures_total{") > 0);
    ASSERT_INT(0, world_tip(w));
    ASSERT_INT(0, atomic_load(&w->n_published));
    w->s[0].bad = WORLD_BAD_NONE;
    world_check(w, 101);
    world_free(w);
}

WORLD_TEST(one_of_two_sources_with_a_wrong_state_is_found_out)
{
    struct world *w = loading(23, 2, 4);
    (void)arg;
    w->s[1].bad = WORLD_BAD_PAGE;
    world_follow(w);
    world_check(w, 101);
    world_free(w);
}

WORLD_TEST(pages_that_do_not_lead_on_are_refused)
{
    struct world *w = loading(24, 2, 4);
    (void)arg;
    w->s[0].bad = WORLD_BAD_CIRCLE;
    world_follow(w);
    world_check(w, 101);
    ASSERT(world_count(w, "kleio_verification_failures_total{") > 0);
    world_free(w);
}

WORLD_TEST(ledgers_that_close_during_the_load_are_there_after_it)
{
    struct world *w = loading(25, 2, 16);
    (void)arg;
    w->page_size = 3;
    w->s[0].delay_ms = w->s[1].delay_ms = 4;
    world_follow(w);
    EVENTUALLY(world_state(w) == ETL_STATE_LOADING);
    for (int i = 0; i < 5; i++)
        world_extend(w);
    world_check(w, 101);
    world_free(w);
}
