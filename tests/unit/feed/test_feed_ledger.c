/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include "base/mem.h"
#include "rt/core_call.h"

STAGE_TEST(a_ledger_is_read_once_and_shared, NULL)
{
    stage_close(s, 2);
    struct feed_ledger *a = feed_ledger_get(s->feed, s->last),
                       *b = feed_ledger_get(s->feed, s->last);
    ASSERT(a == b);
    ASSERT_OK(feed_ledger_load(a));
    fake_fail_reads(s->ledgers, ERR_IO);
    ASSERT_OK(feed_ledger_load(b));
    ASSERT_INT(2, b->n_txs);
    feed_ledger_unref(a);
    feed_ledger_unref(b);
}

STAGE_TEST(what_failed_is_tried_anew, NULL)
{
    struct feed_reader r;
    uint32_t item = 0;
    struct stage_tx offer = {.type = TX_OfferCreate};
    stage_add(s, &offer, 1, true);
    struct feed_ledger *l = feed_ledger_get(s->feed, s->last);
    fake_fail_reads(s->ledgers, ERR_IO);
    ASSERT_ERR(ERR_IO, feed_ledger_load(l));
    fake_fail_reads(s->ledgers, 0);
    ASSERT_OK(feed_ledger_load(l));
    fake_fail_reads(s->ledgers, ERR_IO);
    feed_ledger_reader_init(&r);
    ASSERT_ERR(ERR_IO, feed_ledger_make(l, &item, 1, FEED_V1, &r)); /* owner_funds */
    fake_fail_reads(s->ledgers, 0);
    ASSERT_OK(feed_ledger_make(l, &item, 1, FEED_V1, &r));
    ASSERT(feed_ledger_msg(l, 0, FEED_V1));
    feed_ledger_reader_deinit(&r);
    feed_ledger_unref(l);
}

STAGE_TEST(the_cache_is_bounded, NULL)
{
    for (int i = 0; i < FEED_CACHE_LEDGERS * 2; i++) {
        stage_add(s, NULL, 0, true);
        struct feed_ledger *l = feed_ledger_get(s->feed, s->last);
        ASSERT_OK(feed_ledger_load(l));
        feed_ledger_unref(l);
    }
    ASSERT(table_count(s->feed->by_seq) <= FEED_CACHE_LEDGERS + 1);
}

static void not_held(struct stage *s)
{
    struct feed_ledger *l = feed_ledger_get(s->feed, 5000);
    ASSERT_ERR(ERR_NOT_FOUND, feed_ledger_load(l));
    feed_ledger_unref(l);
}

TEST(a_ledger_that_is_not_held_is_not_found)
{
    stage_run(NULL, not_held);
}

/* Two cores that make the same messages at the same time. */
struct pair {
    struct feed *feed;
    uint32_t seq;
    void *msgs[STAGE_MAX_TXS];
};

static err make_all(void *arg)
{
    struct pair *p = arg;
    struct feed_reader r;
    uint32_t items[STAGE_MAX_TXS];
    struct feed_ledger *l = feed_ledger_get(p->feed, p->seq);
    for (uint32_t i = 0; i < STAGE_MAX_TXS; i++)
        items[i] = i;
    feed_ledger_reader_init(&r);
    TRY(feed_ledger_load(l));
    TRY(feed_ledger_touch(l));
    TRY(feed_ledger_make(l, items, l->n_txs, FEED_V2, &r));
    for (uint32_t i = 0; i < l->n_txs; i++)
        if (feed_ledger_msg(l, i, FEED_V2) == NULL)
            return FAIL(ERR_INVALID, "message %u was not made", i);
    feed_ledger_reader_deinit(&r);
    feed_ledger_unref(l);
    return OK;
}

STAGE_TEST(cores_share_the_work_and_make_each_message_once, NULL)
{
    struct core *others[2];
    for (uint32_t i = 0; i < 2; i++) {
        ASSERT_OK(core_new(&(struct core_opts){.index = i + 1}, &others[i]));
        ASSERT_OK(core_start(others[i]));
    }
    for (int round = 0; round < 50; round++) {
        stage_close(s, STAGE_MAX_TXS);
        struct pair p = {.feed = s->feed, .seq = s->last};
        ASSERT_OK(core_call_all(others, 2, make_all, &p));
    }
    ASSERT_INT(50 * STAGE_MAX_TXS, counter_value(s->feed->n_made));
    for (int i = 0; i < 2; i++) {
        core_stop(others[i]);
        core_join(others[i]);
        core_free(others[i]);
    }
}
