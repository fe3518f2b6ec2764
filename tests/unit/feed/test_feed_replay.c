/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include "base/mem.h"

STAGE_TEST(from_ledger_replays_and_goes_on_live, NULL)
{
    struct stage_client c;
    struct feed_request r = {.streams = FEED_LEDGER_STREAMS};
    stage_client_init(s, &c);
    for (int i = 0; i < 100; i++)
        stage_close(s, 3);
    stage_settle(s);
    ASSERT_OK(stage_subscribe(s, &c, r, STAGE_FIRST + 5));
    for (int i = 0; i < 100; i++) {
        stage_close(s, 3);
        ASSERT_OK(fiber_yield());
    }
    stage_settle(s);
    stage_expect(s, &c, &r, STAGE_FIRST + 5, s->last, 0);
    ASSERT(counter_value(s->feed->n_replayed) > 0);
    stage_client_deinit(&c);
}

STAGE_TEST(from_the_next_ledger_replays_nothing, NULL)
{
    struct stage_client c;
    struct feed_request r = {.streams = 1u << FEED_STREAM_LEDGER};
    stage_client_init(s, &c);
    stage_close(s, 1);
    stage_settle(s);
    ASSERT_OK(stage_subscribe(s, &c, r, s->last + 1));
    stage_close(s, 1);
    stage_settle(s);
    stage_expect(s, &c, &r, s->last, s->last, 0);
    stage_client_deinit(&c);
}

static void small_queues(struct stage *s)
{
    s->opts.max_queue_msgs = 10;
}

STAGE_TEST(who_can_resume_waits_and_misses_nothing, small_queues)
{
    struct stage_client c;
    struct feed_request r = {.streams = FEED_LEDGER_STREAMS};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, r, s->last + 1));
    uint32_t first = s->last + 1;
    c.stalled = true;
    for (int i = 0; i < 30; i++)
        stage_close(s, 4);
    stage_settle(s);
    ASSERT_INT(0, c.closed);
    ASSERT(c.n_msgs <= 10);
    ASSERT_INT(FEED_STATE_WAITING, c.party.sub->state);
    for (int i = 0; i < 200; i++) { /* a few messages at a time */
        stage_drain(&c, true);
        stage_settle(s);
        if (c.party.sub->state == FEED_STATE_LIVE)
            break;
    }
    stage_drain(&c, false);
    stage_close(s, 4);
    stage_settle(s);
    stage_expect(s, &c, &r, first, s->last, 0);
    stage_client_deinit(&c);
}

STAGE_TEST(a_subscription_that_goes_back_does_not_repeat_the_others, NULL)
{
    struct stage_client c;
    struct feed_request ledgers = {.streams = 1u << FEED_STREAM_LEDGER};
    struct feed_request changes = {.streams = 1u << FEED_STREAM_BOOK_CHANGES};
    stage_client_init(s, &c);
    for (int i = 0; i < 5; i++)
        stage_close(s, 1);
    stage_settle(s);
    uint32_t old = s->last;
    ASSERT_OK(stage_subscribe(s, &c, ledgers, 0));
    stage_close(s, 1);
    stage_settle(s);
    ASSERT_INT(1, c.n_msgs);
    ASSERT_OK(stage_subscribe(s, &c, changes, old - 1)); /* of three ledgers, alone */
    stage_settle(s);
    ASSERT_INT(4, c.n_msgs);
    stage_expect(s, &c, &changes, old - 1, s->last, 1);
    stage_close(s, 1);
    stage_settle(s);
    ASSERT_INT(6, c.n_msgs);
    stage_client_deinit(&c);
}

STAGE_TEST(a_ledger_that_is_gone_ends_the_connection, NULL)
{
    struct stage_client c;
    stage_client_init(s, &c);
    stage_close(s, 1);
    stage_settle(s);
    ASSERT_OK(stage_subscribe(s, &c, (struct feed_request){.streams = 1}, STAGE_FIRST - 3));
    stage_settle(s);
    ASSERT_INT(1011, c.closed);
    stage_client_deinit(&c);
}

/* What a random client subscribes to. */
static struct feed_request random_request(struct stage *s, struct account *accounts,
                                          const struct feed_book *book, const uint16_t *types)
{
    struct feed_request r = {.streams = (uint32_t)stage_random(s, 16) & FEED_LEDGER_STREAMS,
                             .accounts = accounts,
                             .n_accounts = stage_random(s, 4),
                             .proposed = accounts + 1,
                             .n_proposed = stage_random(s, 3),
                             .books = book,
                             .n_books = stage_random(s, 2),
                             .api_version = 1 + (uint32_t)stage_random(s, 2)};
    if (stage_random(s, 3) == 0) {
        r.tx_types = types;
        r.n_tx_types = 1 + stage_random(s, 2);
    }
    if (r.streams == 0 && !r.n_accounts && !r.n_proposed && !r.n_books)
        r.streams = 1;
    return r;
}

static void medium_queues(struct stage *s)
{
    s->opts.max_queue_msgs = 25;
}

/* Live messages = replayed messages = what the model computes, for clients that stall, drain and
 * come back at random. */
STAGE_TEST(random_clients_get_what_the_model_says, medium_queues)
{
    enum { N = 24 };
    static const uint16_t types[] = {TX_Payment, TX_OfferCreate};
    struct feed_book book = stage_book();
    static struct account accounts[N][4];
    static struct feed_request requests[N];
    static struct stage_client clients[N];
    static uint32_t firsts[N];
    s->random = (uint64_t)clock_now_ns();
    printf("seed %llu\n", (unsigned long long)s->random);
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t k = 0; k < 4; k++)
            accounts[i][k] = stage_account((uint32_t)stage_random(s, STAGE_N_ACCOUNTS));
        requests[i] = random_request(s, accounts[i], &book, types);
        stage_client_init(s, &clients[i]);
        clients[i].stalled = false;
        firsts[i] = 0;
    }
    for (int round = 0; round < 120; round++) {
        stage_close(s, (uint32_t)stage_random(s, 9));
        uint32_t i = (uint32_t)stage_random(s, N);
        if (firsts[i] == 0) {
            firsts[i] = STAGE_FIRST + (uint32_t)stage_random(s, s->last - STAGE_FIRST + 2);
            ASSERT_OK(stage_subscribe(s, &clients[i], requests[i], firsts[i]));
        } else if (stage_random(s, 2)) {
            stage_drain(&clients[i], stage_random(s, 2));
        }
        if (stage_random(s, 4) == 0)
            ASSERT_OK(fiber_yield());
        if (stage_random(s, 10) == 0)
            stage_settle(s);
    }
    for (int left = 1; left;) {
        left = 0;
        for (uint32_t i = 0; i < N; i++) {
            stage_drain(&clients[i], false);
            left += firsts[i] && clients[i].party.sub->state != FEED_STATE_LIVE;
        }
        stage_settle(s);
    }
    for (uint32_t i = 0; i < N; i++) {
        ASSERT_INT(0, clients[i].closed);
        if (firsts[i])
            stage_expect(s, &clients[i], &requests[i], firsts[i], s->last, 0);
        stage_client_deinit(&clients[i]);
    }
}
