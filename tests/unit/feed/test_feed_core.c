/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

static void small_queues(struct stage *s)
{
    s->opts.max_queue_msgs = 8;
}

STAGE_TEST(a_connection_that_has_drained_is_found_without_being_told, small_queues)
{
    struct stage_client c;
    struct feed_request r = {.streams = FEED_LEDGER_STREAMS};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, r, s->last + 1));
    c.stalled = true;
    uint32_t first = s->last + 1;
    for (int i = 0; i < 5; i++)
        stage_close(s, 3);
    stage_settle(s);
    ASSERT_INT(FEED_STATE_WAITING, c.party.sub->state);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    ASSERT(atomic_load(&s->feed->cores[0].slowest_since_ns) != 0);
    c.stalled = false;
    c.n_queued = 0;
    c.queued_bytes = 0;
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    stage_settle(s);
    stage_expect(s, &c, &r, first, s->last, 0);
    ASSERT_INT(0, atomic_load(&s->feed->cores[0].n_behind));
    stage_client_deinit(&c);
}

STAGE_TEST(while_memory_is_short_nobody_lags, NULL)
{
    struct stage_client c;
    struct feed_request r = {.streams = FEED_LEDGER_STREAMS};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, r, 0));
    c.stalled = true;
    stage_close(s, 3);
    stage_settle(s);
    ASSERT_INT(0, c.closed);
    atomic_fetch_add(&s->feed->msg_bytes, (int64_t)1 << 40);
    stage_close(s, 3);
    stage_settle(s);
    ASSERT_INT(1008, c.closed);
    atomic_fetch_sub(&s->feed->msg_bytes, (int64_t)1 << 40);
    stage_client_deinit(&c);
}
