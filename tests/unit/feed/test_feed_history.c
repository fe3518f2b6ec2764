/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed_history.h"

#include "rt/fiber.h"
#include "stage.h"

#include <stdlib.h>

static int64_t number_of(const char *message)
{
    const char *at = strstr(message, "\"account_history_tx_index\":");
    ASSERT(at);
    return strtoll(at + 27, NULL, 10);
}

static void wait_for(const struct stage_client *c, size_t n)
{
    for (int i = 0; i < 20000 && c->n_msgs < n; i++)
        ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS / 2));
    ASSERT(c->n_msgs >= n);
}

static void add(struct stage *s, uint32_t accounts, uint32_t n)
{
    struct stage_tx txs[4] = {{0}};
    for (uint32_t i = 0; i < n; i++)
        txs[i] = (struct stage_tx){.type = TX_Payment, .accounts = accounts};
    stage_add(s, txs, n, false);
}

STAGE_TEST(old_transactions_are_numbered_downwards_and_new_ones_upwards, NULL)
{
    struct stage_client c;
    struct account a = stage_account(3);
    stage_client_init(s, &c);
    struct stage_tx first = {.type = TX_Payment, .accounts = 1u << 3, .creates = true};
    stage_add(s, &first, 1, false);
    for (int i = 0; i < 100; i++) /* more than a page */
        add(s, i % 2 ? 1u << 3 : 1u << 4, 2);
    stage_settle(s);
    ASSERT_OK(stage_subscribe(s, &c, (struct feed_request){.history = &a}, 0));
    wait_for(&c, 101);
    for (int i = 0; i < 100; i++) {
        ASSERT_INT(-1 - i, number_of(c.msgs[i]));
        ASSERT_INT(i % 2, strstr(c.msgs[i], "\"account_history_boundary\":true") != NULL);
    }
    ASSERT(strstr(c.msgs[100], "\"account_history_tx_first\":true"));
    ASSERT(!strstr(c.msgs[99], "account_history_tx_first"));
    add(s, 1u << 3, 2);
    add(s, 1u << 4, 1);
    add(s, 1u << 3, 1);
    stage_settle(s);
    ASSERT_INT(104, c.n_msgs);
    for (int i = 0; i < 3; i++)
        ASSERT_INT(i, number_of(c.msgs[101 + i]));
    stage_client_deinit(&c);
}

STAGE_TEST(two_histories_of_a_connection_count_for_themselves, NULL)
{
    struct stage_client c;
    struct account a = stage_account(3), b = stage_account(4);
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, (struct feed_request){.history = &a}, 0));
    add(s, 1u << 3, 1);
    stage_settle(s);
    ASSERT_OK(stage_subscribe(s, &c, (struct feed_request){.history = &b}, 0));
    ASSERT_ERR(ERR_EXISTS, stage_subscribe(s, &c, (struct feed_request){.history = &b}, 0));
    add(s, 3u << 3, 1);
    stage_settle(s);
    ASSERT_INT(3, c.n_msgs);
    ASSERT_INT(0, number_of(c.msgs[0]));
    ASSERT_INT(1, number_of(c.msgs[1]));
    ASSERT_INT(0, number_of(c.msgs[2]));
    stage_unsubscribe(&c, (struct feed_request){.history = &a, .only_old = true});
    add(s, 1u << 3, 1);
    stage_settle(s);
    ASSERT_INT(2, number_of(c.msgs[3])); /* only what is old has ended */
    stage_unsubscribe(&c, (struct feed_request){.history = &a});
    add(s, 3u << 3, 1);
    stage_settle(s);
    ASSERT_INT(5, c.n_msgs);
    stage_client_deinit(&c);
    ASSERT_INT(0, table_count(s->feed->cores[0].topics[FEED_KIND_HISTORY]));
}

static void small_queues(struct stage *s)
{
    s->opts.max_queue_msgs = 3;
}

STAGE_TEST(a_stalled_history_keeps_its_numbers, small_queues)
{
    struct stage_client c;
    struct account a = stage_account(3);
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, (struct feed_request){.history = &a, .resumes = true}, 0));
    c.stalled = true;
    for (int i = 0; i < 5; i++)
        add(s, 1u << 3, 4);
    stage_settle(s);
    for (int i = 0; i < 100 && c.n_msgs < 20; i++) {
        stage_drain(&c, true);
        stage_settle(s);
    }
    ASSERT_INT(20, c.n_msgs);
    for (int i = 0; i < 20; i++)
        ASSERT_INT(i, number_of(c.msgs[i]));
    stage_client_deinit(&c);
}

STAGE_TEST(a_client_that_leaves_ends_the_walk, NULL)
{
    struct stage_client c;
    struct account a = stage_account(3);
    for (int i = 0; i < 100; i++)
        add(s, 1u << 3, 4);
    stage_settle(s);
    stage_client_init(s, &c);
    c.stalled = true;
    ASSERT_OK(stage_subscribe(s, &c, (struct feed_request){.history = &a}, 0));
    wait_for(&c, 64);
    stage_client_deinit(&c);
    for (int i = 0; i < 10000 && s->feed->cores[0].n_subs; i++)
        ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS));
    ASSERT_INT(0, s->feed->cores[0].n_subs);
}
