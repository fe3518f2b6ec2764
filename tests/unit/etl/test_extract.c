/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/extract.h"

#include "world.h"

WORLD_TEST(ledgers_that_arrive_in_any_order_are_stored_in_order)
{
    struct world *w = world_new(1, 100, 60, 3);
    (void)arg;
    w->opts.start_sequence = 100;
    w->opts.extractor_threads = 8;
    for (int i = 0; i < 3; i++)
        w->s[i].delay_ms = 15;
    world_follow(w);
    world_check(w, 100);
    ASSERT(w->max_running > 1);
    world_free(w);
}

WORLD_TEST(no_more_is_fetched_ahead_than_allowed)
{
    struct world *w = world_new(2, 100, 60, 1);
    (void)arg;
    w->opts.start_sequence = 100;
    w->opts.extractor_threads = 1;
    w->opts.max_ahead = 3;
    w->opts.max_ahead_bytes = 1; /* one ledger is always allowed */
    world_follow(w);
    world_check(w, 100);
    world_free(w);
}

/* A source that serves a wrong ledger, and no other: nothing wrong is stored, we say so, and go on
 * once it is right. */
static void wrong_alone(enum world_bad bad, enum etl_state expected)
{
    struct world *w = world_new(20 + bad, 150, 20, 1);
    w->opts.start_sequence = 100;
    w->s[0].bad = bad;
    w->s[0].bad_seq = 110;
    world_follow(w);
    EVENTUALLY(world_state(w) == expected);
    ASSERT_INT(109, world_tip(w));
    ASSERT(world_count(w, "kleio_verification_failures_total{") > 0);
    chain_check(&w->chain, w->ledgers, 109);
    w->s[0].bad = WORLD_BAD_NONE;
    if (expected != ETL_STATE_FORK) /* its pause is too long for a test */
        world_check(w, 100);
    world_free(w);
}

WORLD_TEST(a_wrong_header_is_refused)
{
    (void)arg;
    wrong_alone(WORLD_BAD_HEADER, ETL_STATE_WRONG);
}

WORLD_TEST(a_wrong_transaction_is_refused)
{
    (void)arg;
    wrong_alone(WORLD_BAD_TX, ETL_STATE_WRONG);
}

WORLD_TEST(a_wrong_object_is_refused)
{
    (void)arg;
    wrong_alone(WORLD_BAD_OBJECT, ETL_STATE_WRONG);
}

WORLD_TEST(a_missing_object_is_noticed)
{
    (void)arg;
    wrong_alone(WORLD_BAD_MISSING, ETL_STATE_WRONG);
}

WORLD_TEST(an_object_sent_twice_is_refused)
{
    (void)arg;
    wrong_alone(WORLD_BAD_TWICE, ETL_STATE_WRONG);
}

WORLD_TEST(a_ledger_of_a_fork_is_refused)
{
    (void)arg;
    wrong_alone(WORLD_BAD_PARENT, ETL_STATE_FORK);
}

WORLD_TEST(with_a_right_source_beside_it_a_wrong_one_does_no_harm)
{
    const enum world_bad kinds[] = {WORLD_BAD_HEADER, WORLD_BAD_TX,    WORLD_BAD_OBJECT,
                                    WORLD_BAD_TWICE,  WORLD_BAD_ORDER, WORLD_BAD_MISSING,
                                    WORLD_BAD_PARENT, WORLD_BAD_ERROR};
    (void)arg;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct world *w = world_new(40 + i, 100, 20, 2);
        w->opts.start_sequence = 100;
        w->s[0].bad = kinds[i];
        w->s[0].bad_seq = 110;
        w->s[0].bad_left = 3;
        world_follow(w);
        world_check(w, 100);
        world_free(w);
    }
}

WORLD_TEST(a_gap_is_told_and_ends_when_a_source_has_the_ledger)
{
    struct world *w = world_new(60, 100, 10, 1);
    (void)arg;
    w->opts.start_sequence = 100;
    world_follow(w);
    world_check(w, 100);
    chain_extend(&w->chain, 30);
    chain_extend(&w->chain, 30);
    fake_source_close_ledger(&w->s[0].fake, 111, 111); /* 110 is missing */
    EVENTUALLY(world_state(w) == ETL_STATE_GAP);
    ASSERT_INT(109, world_tip(w));
    fake_source_close_ledger(&w->s[0].fake, 100, 111);
    world_check(w, 100);
    EVENTUALLY(world_state(w) == ETL_STATE_FOLLOWING);
    world_free(w);
}

static void extend_in_time(struct world *w)
{
    world_extend(w);
    int64_t until_ns = clock_now_ns() + CLOCK_S;
    while (world_tip(w) != world_last(w) && clock_now_ns() < until_ns)
        ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS));
    ASSERT_INT(world_last(w), world_tip(w));
}

/* As when the source that was ahead went away, and another one comes along behind it. */
WORLD_TEST(ledgers_that_nobody_had_yet_are_fetched_as_soon_as_somebody_has_them)
{
    struct world *w = world_new(62, 100, 10, 1);
    (void)arg;
    w->opts.start_sequence = 100;
    world_follow(w);
    world_check(w, 100);
    fake_source_say(&w->s[0].fake, "{\"type\":\"ledgerClosed\",\"ledger_index\":120,"
                                   "\"validated_ledgers\":\"100-109\"}");
    EVENTUALLY(world_state(w) == ETL_STATE_GAP);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 1500 * CLOCK_MS));
    extend_in_time(w);
    extend_in_time(w);
    extend_in_time(w);
    world_check(w, 100);
    world_free(w);
}

WORLD_TEST(sources_that_fail_again_and_again_are_told)
{
    struct world *w = world_new(61, 100, 10, 1);
    (void)arg;
    w->opts.start_sequence = 100;
    world_follow(w);
    world_check(w, 100);
    w->s[0].bad = WORLD_BAD_ERROR;
    w->s[0].bad_left = 3;
    world_extend(w);
    EVENTUALLY(world_state(w) == ETL_STATE_FAILING);
    world_check(w, 100);
    EVENTUALLY(world_state(w) == ETL_STATE_FOLLOWING);
    world_free(w);
}

/* A source that claims what nobody has: the others are followed, and nothing is called a gap. */
WORLD_TEST(a_source_that_claims_too_much_does_no_harm)
{
    struct world *w = world_new(47, 100, 8, 2);
    (void)arg;
    w->opts.start_sequence = 100;
    w->s[1].fake.newest = 4000000;
    snprintf(w->s[1].held, sizeof w->s[1].held, "100-4000000");
    world_follow(w);
    EVENTUALLY(world_tip(w) == world_last(w));
    EVENTUALLY(world_state(w) == ETL_STATE_FOLLOWING);
    world_free(w);
}

WORLD_TEST(an_empty_store_loads_though_a_source_claims_too_much)
{
    struct world *w = world_new(48, 100, 3, 2);
    (void)arg;
    w->s[1].fake.newest = 4000000;
    snprintf(w->s[1].held, sizeof w->s[1].held, "100-4000000");
    world_follow(w);
    EVENTUALLY(world_tip(w) == world_last(w));
    world_free(w);
}
