/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/choice.h"
#include "rt/clock.h"
#include "test.h"

TEST(sources_take_turns)
{
    struct choice_source s[3] = {{.has = true}, {.has = true}, {.has = true}};
    ASSERT_INT(1, choice_pick(s, 3, 1, 0));
    ASSERT_INT(2, choice_pick(s, 3, 2, 0));
    ASSERT_INT(0, choice_pick(s, 3, 3, 0));
    s[1].tried = true;
    ASSERT_INT(2, choice_pick(s, 3, 1, 0));
    s[2].has = false;
    ASSERT_INT(0, choice_pick(s, 3, 1, 0));
}

TEST(a_source_that_failed_lately_comes_last)
{
    struct choice_source s[2] = {{.has = true, .slow_until_ns = 100}, {.has = true}};
    ASSERT_INT(1, choice_pick(s, 2, 0, 50));
    s[1].has = false;
    ASSERT_INT(0, choice_pick(s, 2, 0, 50));
    s[1].has = true;
    ASSERT_INT(0, choice_pick(s, 2, 0, 100));
}

TEST(a_source_that_gave_wrong_data_comes_after_all_others)
{
    struct choice_source s[3] = {
        {.has = true, .blamed_until_ns = 100}, {.has = true, .slow_until_ns = 100}, {.has = true}};
    ASSERT_INT(2, choice_pick(s, 3, 0, 50));
    s[2].tried = true;
    ASSERT_INT(1, choice_pick(s, 3, 0, 50));
    s[1].tried = true;
    ASSERT_INT(0, choice_pick(s, 3, 0, 50));
    s[0].tried = true;
    ASSERT_INT(-1, choice_pick(s, 3, 0, 50));
    s[0].tried = s[2].tried = false;
    ASSERT_INT(0, choice_pick(s, 3, 0, 100));
}

TEST(pauses_double_up_to_their_bound)
{
    ASSERT_INT(1 * CLOCK_S, choice_backoff(1, CLOCK_S, 30 * CLOCK_S));
    ASSERT_INT(2 * CLOCK_S, choice_backoff(2, CLOCK_S, 30 * CLOCK_S));
    ASSERT_INT(16 * CLOCK_S, choice_backoff(5, CLOCK_S, 30 * CLOCK_S));
    ASSERT_INT(30 * CLOCK_S, choice_backoff(6, CLOCK_S, 30 * CLOCK_S));
    ASSERT_INT(30 * CLOCK_S, choice_backoff(UINT32_MAX, CLOCK_S, 30 * CLOCK_S));
    for (int i = 0; i < 1000; i++) {
        int64_t pause = choice_backoff_jitter(3, CLOCK_S, 30 * CLOCK_S);
        ASSERT(pause >= 3200 * CLOCK_MS && pause <= 4800 * CLOCK_MS);
        ASSERT(choice_random(3) < 3);
    }
}
