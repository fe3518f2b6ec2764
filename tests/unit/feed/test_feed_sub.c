/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include "base/mem.h"

static void small_bounds(struct stage *s)
{
    s->opts.max_accounts = 3;
    s->opts.max_books = 1;
    s->opts.max_queue_msgs = 5;
}

STAGE_TEST(subscribing_twice_changes_nothing, NULL)
{
    struct stage_client c;
    struct account a = stage_account(3);
    struct feed_request r = {.streams = 3, .accounts = &a, .n_accounts = 1};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, r, 0));
    ASSERT_OK(stage_subscribe(s, &c, r, 0));
    ASSERT_INT(3, s->feed->cores[0].n_ledger_entries);
    stage_close(s, 5);
    stage_settle(s);
    stage_expect(s, &c, &r, s->last, s->last, 0);
    stage_client_deinit(&c);
    ASSERT_INT(0, s->feed->cores[0].n_ledger_entries);
    ASSERT_INT(0, atomic_load(&s->feed->n_kinds[FEED_KIND_ACCOUNT]));
}

STAGE_TEST(more_than_a_connection_may_have_is_refused_whole, small_bounds)
{
    struct stage_client c;
    struct account a[4] = {stage_account(1), stage_account(2), stage_account(3), stage_account(4)};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, (struct feed_request){.accounts = a, .n_accounts = 2}, 0));
    ASSERT_ERR(ERR_LIMIT,
               stage_subscribe(
                   s, &c, (struct feed_request){.proposed = a, .n_proposed = 2, .streams = 1}, 0));
    ASSERT_INT(2, s->feed->cores[0].n_ledger_entries);
    ASSERT_OK(stage_subscribe(s, &c, (struct feed_request){.accounts = a, .n_accounts = 3}, 0));
    ASSERT_OK(stage_subscribe(s, &c, (struct feed_request){.accounts = a, .n_accounts = 3}, 0));
    ASSERT_ERR(ERR_LIMIT,
               stage_subscribe(s, &c, (struct feed_request){.accounts = a, .n_accounts = 4}, 0));
    stage_client_deinit(&c);
}

STAGE_TEST(nothing_comes_before_the_reply_or_after_unsubscribing, NULL)
{
    struct stage_client c;
    struct feed_request r = {.streams = 1u << FEED_STREAM_LEDGER};
    stage_client_init(s, &c);
    struct feed_sub *sub = feed_sub_of(&c.call);
    r.first = feed_sub_newest(sub) + 1;
    ASSERT_OK(feed_sub_add(sub, &r));
    stage_close(s, 1);
    stage_close(s, 1);
    stage_settle(s);
    ASSERT_INT(0, c.n_msgs);
    feed_sub_done(&c.call); /* the reply is out */
    stage_settle(s);
    stage_expect(s, &c, &r, r.first, s->last, 0);
    stage_unsubscribe(&c, r);
    stage_close(s, 1);
    stage_settle(s);
    ASSERT_INT(2, c.n_msgs);
    stage_client_deinit(&c);
}

STAGE_TEST(who_cannot_resume_is_cut_when_too_much_waits, small_bounds)
{
    struct stage_client slow, other;
    struct feed_request r = {.streams = FEED_LEDGER_STREAMS};
    stage_client_init(s, &slow);
    stage_client_init(s, &other);
    ASSERT_OK(stage_subscribe(s, &slow, r, 0));
    ASSERT_OK(stage_subscribe(s, &other, r, 0));
    slow.stalled = true;
    uint32_t first = s->last + 1;
    for (int i = 0; i < 4; i++)
        stage_close(s, 3);
    stage_settle(s);
    ASSERT_INT(1008, slow.closed);
    ASSERT(strstr(slow.reason, "Too slow"));
    ASSERT_INT(5, slow.n_msgs);
    ASSERT_INT(1, counter_value(s->feed->n_dropped));
    ASSERT_INT(0, other.closed);
    stage_expect(s, &other, &r, first, s->last, 0);
    stage_client_deinit(&slow);
    stage_client_deinit(&other);
}

STAGE_TEST(a_large_ledger_does_not_cut_who_reads, small_bounds)
{
    struct stage_client c;
    struct feed_request r = {.streams = FEED_LEDGER_STREAMS};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, r, 0));
    stage_close(s, 64);
    stage_settle(s);
    ASSERT_INT(0, c.closed);
    stage_expect(s, &c, &r, s->last, s->last, 0);
    stage_client_deinit(&c);
}

STAGE_TEST(a_connection_that_ends_during_a_request_ends_once, NULL)
{
    struct stage_client c;
    stage_client_init(s, &c);
    struct feed_sub *sub = feed_sub_of(&c.call);
    struct feed_request r = {.streams = 1, .first = s->last + 1};
    ASSERT_OK(feed_sub_add(sub, &r));
    stage_client_deinit(&c);
    feed_sub_done(&c.call);
    ASSERT_INT(0, s->feed->cores[0].n_subs);
}

STAGE_TEST(many_subscriptions_end_while_others_work, NULL)
{
    enum { N = 5000 };
    struct stage_client c;
    struct account *a = xcalloc(N, sizeof *a);
    for (uint32_t i = 0; i < N; i++)
        memcpy(a[i].b, &i, 4);
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, (struct feed_request){.accounts = a, .n_accounts = N}, 0));
    ASSERT_INT(N, table_count(s->feed->cores[0].topics[FEED_KIND_ACCOUNT]));
    stage_client_deinit(&c);
    for (int i = 0; i < 10000 && table_count(s->feed->cores[0].entries[FEED_KIND_ACCOUNT]); i++)
        ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS));
    ASSERT_INT(0, table_count(s->feed->cores[0].topics[FEED_KIND_ACCOUNT]));
    ASSERT_INT(0, table_count(s->feed->cores[0].entries[FEED_KIND_ACCOUNT]));
    free(a);
}
