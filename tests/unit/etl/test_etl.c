/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/etl.h"

#include "world.h"

WORLD_TEST(an_empty_store_is_loaded_and_follows)
{
    struct world *w = world_new(1, 300, 30, 1);
    (void)arg;
    w->opts.start_sequence = 105;
    world_follow(w);
    world_check(w, 105);
    for (int i = 0; i < 5; i++) {
        world_extend(w);
        world_check(w, 105);
    }
    EVENTUALLY(world_state(w) == ETL_STATE_FOLLOWING);
    struct etl_info info;
    etl_get_info(w->etl, &info);
    ASSERT(info.is_writer && !info.read_only && info.last_publish_age_ns >= 0);
    ASSERT_INT(world_last(w), info.newest_known);
    ASSERT_STR("following", info.state_text);
    world_free(w);
}

WORLD_TEST(without_a_start_the_first_reported_ledger_is_loaded)
{
    struct world *w = world_new(2, 200, 12, 2);
    (void)arg;
    world_follow(w);
    world_check(w, world_last(w));
    world_free(w);
}

WORLD_TEST(following_goes_on_after_a_restart)
{
    struct world *w = world_new(3, 200, 10, 2);
    (void)arg;
    w->opts.start_sequence = 100;
    world_follow(w);
    world_check(w, 100);
    for (int i = 0; i < 3; i++) {
        world_stop_following(w);
        w->ledgers = ledgers_close(w->ledgers);
        w->ledgers = chain_open(w->store, "mirror");
        world_extend(w);
        world_extend(w);
        world_follow(w);
        world_check(w, 100);
    }
    world_free(w);
}

WORLD_TEST(stopping_in_the_middle_leaves_whole_ledgers)
{
    (void)arg;
    for (int i = 0; i < 6; i++) {
        struct world *w = world_new(10 + (uint64_t)i, 300, 40, 2);
        w->opts.start_sequence = 100;
        w->s[0].delay_ms = w->s[1].delay_ms = 3;
        world_follow(w);
        ASSERT_OK(fiber_sleep_until(clock_now_ns() + i * 25 * CLOCK_MS));
        world_stop_following(w);
        ASSERT_INT(world_tip(w) ? world_tip(w) - 99 : 0, atomic_load(&w->n_published));
        if (world_tip(w))
            chain_check(&w->chain, w->ledgers, world_tip(w));
        world_follow(w);
        world_check(w, 100);
        world_free(w);
    }
}

WORLD_TEST(the_finish_sequence_is_the_last_ledger_stored)
{
    struct world *w = world_new(4, 100, 20, 1);
    (void)arg;
    w->opts.start_sequence = 100;
    w->opts.finish_sequence = 110;
    world_follow(w);
    EVENTUALLY(world_state(w) == ETL_STATE_FINISHED);
    world_extend(w);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 50 * CLOCK_MS));
    ASSERT_INT(110, world_tip(w));
    world_free(w);
}

WORLD_TEST(a_read_only_server_fetches_nothing)
{
    struct world *w = world_new(5, 50, 5, 1);
    (void)arg;
    w->opts.read_only = true;
    world_follow(w);
    EVENTUALLY(sources_n_connected(w->sources) == 1);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 50 * CLOCK_MS));
    ASSERT_INT(ETL_STATE_READ_ONLY, world_state(w));
    ASSERT_INT(0, w->s[0].fake.n_calls);
    world_free(w);
}

WORLD_TEST(the_network_of_a_store_is_kept_and_others_are_refused)
{
    struct world *w = world_new(6, 50, 5, 1);
    bool has = false;
    uint32_t id = 0;
    (void)arg;
    ASSERT_OK(etl_stored_network(w->store, &has, &id));
    ASSERT(!has);
    world_follow(w);
    world_check(w, world_last(w));
    ASSERT_OK(etl_stored_network(w->store, &has, &id));
    ASSERT(has);
    ASSERT_INT(77, id);
    world_stop_following(w);
    w->s[0].fake.network_id = 78;
    world_follow(w);
    EVENTUALLY(world_state(w) == ETL_STATE_NETWORK);
    ASSERT_INT(1, sources_n_refused(w->sources));
    world_free(w);
}

WORLD_TEST(a_store_with_a_senseless_network_is_refused)
{
    struct world *w = world_new(7, 50, 5, 1);
    bool has;
    uint32_t id;
    (void)arg;
    const char *const senseless[] = {"", "x", "-1", "4294967296", "99999999999999999999"};
    for (size_t i = 0; i < ARRAY_LEN(senseless); i++) {
        ASSERT_OK(store_meta_put(w->store, "network_id", slice_str(senseless[i])));
        ASSERT_ERR(ERR_CORRUPT, etl_stored_network(w->store, &has, &id));
    }
    world_free(w);
}

WORLD_TEST(with_no_source_we_wait)
{
    struct world *w = world_new(8, 50, 5, 0);
    (void)arg;
    world_follow(w);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    ASSERT_INT(ETL_STATE_WAITING, world_state(w));
    world_free(w);
}

TEST(every_state_has_a_text)
{
    for (int s = ETL_STATE_NONE; s <= ETL_STATE_READ_ONLY; s++)
        ASSERT(etl_state_text((enum etl_state)s) != NULL);
}
