/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

/* The plan of a client for a ledger, from its place on. */
STAGE_TEST(a_plan_begins_at_the_place_of_the_subscriber, NULL)
{
    struct stage_client c;
    struct feed_plan p = {0};
    struct feed_request r = {.streams = FEED_LEDGER_STREAMS};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, r, 0));
    stage_close(s, 3);
    stage_settle(s);
    struct feed_ledger *l = feed_ledger_get(s->feed, s->last);
    struct feed_sub *sub = c.party.sub;
    sub->pos = feed_pos_of(s->last, 0);
    feed_plan_match(&p, sub, l);
    feed_plan_make(&p, sub, l, p.hits, p.n_hits);
    ASSERT_INT(1 + 3 * 2 + 1, p.n);
    ASSERT_INT(FEED_ITEM_CLOSED, p.items[0]);
    ASSERT_INT(FEED_ITEM_CHANGES, p.items[7]);
    sub->pos = feed_pos_of(s->last, feed_pos_tx(1, FEED_PHASE_PROPOSED));
    feed_plan_make(&p, sub, l, p.hits, p.n_hits);
    ASSERT_INT(4, p.n);
    ASSERT_INT(1, p.items[0]);
    sub->pos = feed_pos_of(s->last, FEED_POS_CHANGES);
    feed_plan_make(&p, sub, l, p.hits, p.n_hits);
    ASSERT_INT(1, p.n);
    feed_ledger_unref(l);
    feed_plan_deinit(&p);
    stage_client_deinit(&c);
}

STAGE_TEST(matching_finds_accounts_and_books, NULL)
{
    struct stage_client c;
    struct feed_plan p = {0};
    struct account a[2] = {stage_account(2), stage_account(3)};
    struct feed_book book = stage_book();
    struct feed_request r = {.accounts = a, .n_accounts = 2, .books = &book, .n_books = 1};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, r, 0));
    struct stage_tx txs[3] = {{.type = TX_Payment, .accounts = 3u << 2},
                              {.type = TX_Payment, .accounts = 1},
                              {.type = TX_OfferCreate, .accounts = 1u << 3, .book = true}};
    stage_add(s, txs, 3, false);
    stage_settle(s);
    struct feed_ledger *l = feed_ledger_get(s->feed, s->last);
    feed_plan_match(&p, c.party.sub, l);
    ASSERT_INT(3, p.n_hits); /* the account twice is one */
    ASSERT_INT(0 << 2 | FEED_HIT_ACCOUNT, p.hits[0]);
    ASSERT_INT(2 << 2 | FEED_HIT_ACCOUNT, p.hits[1]);
    ASSERT_INT(2 << 2 | FEED_HIT_BOOK, p.hits[2]);
    feed_ledger_unref(l);
    feed_plan_deinit(&p);
    stage_client_deinit(&c);
}

STAGE_TEST(only_pushed_messages_that_wait_make_a_connection_full, NULL)
{
    struct stage_client c;
    stage_client_init(s, &c);
    ASSERT(feed_plan_has_room(c.party.sub, 1, 1));
    c.n_queued = 1;
    ASSERT(!feed_plan_has_room(c.party.sub, 1, 100));
    ASSERT(feed_plan_has_room(c.party.sub, 2, 100));
    c.queued_bytes = 100;
    ASSERT(!feed_plan_has_room(c.party.sub, 2, 100));
    atomic_store(&s->feed->msg_bytes, (int64_t)1 << 40); /* nobody may lag */
    ASSERT(!feed_plan_has_room(c.party.sub, 1000, 1000));
    c.n_queued = 0;
    ASSERT(feed_plan_has_room(c.party.sub, 1, 1));
    atomic_store(&s->feed->msg_bytes, 0);
    stage_client_deinit(&c);
}
