/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed_touch.h"
#include "stage.h"

STAGE_TEST(a_cursor_sees_everybody_who_stays_and_nobody_twice, NULL)
{
    enum { N = 6 };
    struct stage_client c[N];
    struct feed_core *fc = &s->feed->cores[0];
    struct feed_request r = {.streams = 1u << FEED_STREAM_SERVER};
    for (int i = 0; i < N; i++) {
        stage_client_init(s, &c[i]);
        ASSERT_OK(stage_subscribe(s, &c[i], r, 0));
    }
    struct feed_entry one = {0}, two = {0};
    list_init(&one.in_topic);
    list_init(&two.in_topic);
    struct feed_topic *t = &fc->streams[FEED_STREAM_SERVER];
    ASSERT(feed_topic_next(t, &one)->sub == c[0].party.sub);
    ASSERT(feed_topic_next(t, &two)->sub == c[0].party.sub);
    stage_client_deinit(&c[0]); /* the one at hand, and the next */
    stage_client_deinit(&c[1]);
    ASSERT(feed_topic_next(t, &one)->sub == c[2].party.sub);
    ASSERT(feed_topic_next(t, &two)->sub == c[2].party.sub);
    for (int i = 3; i < N; i++)
        ASSERT(feed_topic_next(t, &one)->sub == c[i].party.sub);
    ASSERT(feed_topic_next(t, &one) == NULL);
    feed_topic_cursor_end(fc, t, &two);
    for (int i = 2; i < N; i++)
        stage_client_deinit(&c[i]);
    ASSERT(list_empty(&t->entries));
}

TEST(a_filter_passes_types_and_issuances_that_it_names)
{
    uint16_t types[] = {TX_Payment, TX_TrustSet};
    struct mpt_id ids[] = {{{1}}, {{2}}}, other = {{3}};
    struct feed_touch t = {.type = TX_Payment};
    struct feed_request r = {.tx_types = types, .n_tx_types = 2};
    ASSERT(feed_topic_filter(&(struct feed_request){0}) == NULL);
    struct feed_filter *f = feed_topic_filter(&r);
    ASSERT(feed_topic_passes(NULL, &t));
    ASSERT(feed_topic_passes(f, &t));
    t.type = TX_OfferCreate;
    ASSERT(!feed_topic_passes(f, &t));
    feed_topic_filter_unref(f);
    r = (struct feed_request){.issuances = ids, .n_issuances = 2};
    f = feed_topic_filter(&r);
    ASSERT(!feed_topic_passes(f, &t));
    t.issuances = &other;
    t.n_issuances = 1;
    ASSERT(!feed_topic_passes(f, &t));
    other = ids[1];
    ASSERT(feed_topic_passes(f, &t));
    feed_topic_filter_unref(f);
}

STAGE_TEST(topics_go_with_their_last_subscriber, NULL)
{
    struct stage_client a, b;
    struct account x = stage_account(1);
    struct feed_request r = {.accounts = &x, .n_accounts = 1};
    struct table *topics = s->feed->cores[0].topics[FEED_KIND_ACCOUNT];
    stage_client_init(s, &a);
    stage_client_init(s, &b);
    ASSERT_OK(stage_subscribe(s, &a, r, 0));
    ASSERT_OK(stage_subscribe(s, &b, r, 0));
    ASSERT_INT(1, table_count(topics));
    stage_unsubscribe(&a, r);
    ASSERT_INT(1, table_count(topics));
    stage_client_deinit(&b);
    ASSERT_INT(0, table_count(topics));
    stage_client_deinit(&a);
}
