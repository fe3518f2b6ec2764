/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

STAGE_TEST(live_messages_come_in_the_order_of_phases, NULL)
{
    struct stage_client c;
    struct account a = stage_account(2);
    struct feed_book book = stage_book();
    struct feed_request r = {.streams = FEED_LEDGER_STREAMS,
                             .accounts = &a,
                             .n_accounts = 1,
                             .proposed = &a,
                             .n_proposed = 1,
                             .books = &book,
                             .n_books = 1,
                             .api_version = 1};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, r, 0));
    struct stage_tx t = {.type = TX_OfferCreate, .accounts = 1u << 2, .book = true};
    stage_add(s, &t, 1, false);
    stage_settle(s);
    ASSERT_INT(6, c.n_msgs); /* one copy a phase, though it watches the account both ways */
    stage_expect(s, &c, &r, s->last, s->last, 0);
    stage_client_deinit(&c);
}

STAGE_TEST(nothing_is_read_or_made_while_nobody_wants_it, NULL)
{
    struct stage_client c;
    struct account nobody = stage_account(11);
    struct feed_request r = {.accounts = &nobody, .n_accounts = 1};
    for (int i = 0; i < 5; i++)
        stage_close(s, 10);
    stage_settle(s);
    ASSERT_INT(0, table_count(s->feed->by_seq));
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, r, 0));
    struct stage_tx other = {.type = TX_Payment, .accounts = 1};
    stage_add(s, &other, 1, false);
    stage_settle(s);
    ASSERT_INT(0, counter_value(s->feed->n_made));
    ASSERT_INT(0, c.n_msgs);
    stage_client_deinit(&c);
}

STAGE_TEST(a_message_is_made_once_however_many_want_it, NULL)
{
    static struct stage_client c[20];
    for (int i = 0; i < 20; i++) {
        stage_client_init(s, &c[i]);
        ASSERT_OK(stage_subscribe(s, &c[i],
                                  (struct feed_request){.streams = FEED_LEDGER_STREAMS,
                                                        .api_version = 1u + (uint32_t)i % 2},
                                  0));
    }
    stage_close(s, 7);
    stage_settle(s);
    ASSERT_INT(2 + 2 * 7, counter_value(s->feed->n_made));
    ASSERT_INT(20 * (2 + 2 * 7), counter_value(s->feed->n_sent));
    for (int i = 0; i < 20; i++)
        stage_client_deinit(&c[i]);
}

STAGE_TEST(api_versions_differ_in_transactions, NULL)
{
    struct stage_client one, two;
    struct feed_request r = {.streams = 1u << FEED_STREAM_TRANSACTIONS, .api_version = 1};
    stage_client_init(s, &one);
    stage_client_init(s, &two);
    ASSERT_OK(stage_subscribe(s, &one, r, 0));
    r.api_version = 3;
    ASSERT_OK(stage_subscribe(s, &two, r, 0));
    stage_close(s, 1);
    stage_settle(s);
    ASSERT(strstr(one.msgs[0], "\"transaction\":{") && !strstr(one.msgs[0], "\"tx_json\""));
    ASSERT(strstr(two.msgs[0], "\"tx_json\":{") && strstr(two.msgs[0], "\"hash\":\""));
    r = (struct feed_request){.api_version = 1}; /* the newest request decides for all */
    ASSERT_OK(stage_subscribe(s, &two, r, 0));
    stage_close(s, 1);
    stage_settle(s);
    ASSERT(strstr(two.msgs[1], "\"transaction\":{"));
    stage_client_deinit(&one);
    stage_client_deinit(&two);
}

STAGE_TEST(a_ledger_that_cannot_be_read_is_tried_again, NULL)
{
    struct stage_client c;
    struct feed_request r = {.streams = 1u << FEED_STREAM_LEDGER};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, r, 0));
    fake_fail_reads(s->ledgers, ERR_IO);
    stage_close(s, 1);
    stage_close(s, 1);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 50 * CLOCK_MS));
    ASSERT_INT(0, c.n_msgs);
    fake_fail_reads(s->ledgers, 0);
    stage_settle(s);
    stage_expect(s, &c, &r, s->last - 1, s->last, 0);
    stage_client_deinit(&c);
}
