/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include "base/mem.h"

static void relay(struct stage *s, enum feed_stream stream, const char *text)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json v;
    ASSERT_OK(json_parse(slice_str(text), NULL, a, &v, NULL));
    feed_relay(s->feed, stream, slice_str(text), &v);
}

STAGE_TEST(relayed_streams_reach_who_wants_them, NULL)
{
    struct stage_client c, other;
    stage_client_init(s, &c);
    stage_client_init(s, &other);
    relay(s, FEED_STREAM_MANIFESTS, "{\"type\":\"manifestReceived\",\"seq\":0}"); /* nobody */
    ASSERT_INT(0, feed_wanted(s->feed));
    ASSERT_OK(
        stage_subscribe(s, &c, (struct feed_request){.streams = 1u << FEED_STREAM_MANIFESTS}, 0));
    ASSERT_OK(stage_subscribe(s, &other, (struct feed_request){.streams = 1}, 0));
    ASSERT_INT(1u << FEED_STREAM_MANIFESTS, feed_wanted(s->feed));
    ASSERT_INT(1, s->n_wanted_calls);
    relay(s, FEED_STREAM_MANIFESTS, "{\"type\":\"manifestReceived\",\"seq\":1}");
    stage_settle(s);
    ASSERT_INT(1, c.n_msgs);
    ASSERT_STR("{\"type\":\"manifestReceived\",\"seq\":1}", c.msgs[0]);
    ASSERT_INT(0, other.n_msgs);
    stage_client_deinit(&c);
    ASSERT_INT(0, feed_wanted(s->feed));
    ASSERT_INT(2, s->n_wanted_calls);
    stage_client_deinit(&other);
}

STAGE_TEST(relayed_messages_have_the_version_of_the_subscriber, NULL)
{
    struct stage_client c;
    uint32_t streams = 1u << FEED_STREAM_PROPOSED | 1u << FEED_STREAM_VALIDATIONS;
    stage_client_init(s, &c);
    ASSERT_OK(
        stage_subscribe(s, &c, (struct feed_request){.streams = streams, .api_version = 2}, 0));
    relay(s, FEED_STREAM_PROPOSED,
          "{\"type\":\"transaction\",\"transaction\":{\"TransactionType\":\"Payment\",\"Amount\":"
          "\"1\","
          "\"DeliverMax\":\"1\",\"hash\":\"AB\"},\"validated\":false}");
    relay(s, FEED_STREAM_VALIDATIONS, "{\"ledger_index\":\"794\",\"type\":\"validationReceived\"}");
    relay(s, FEED_STREAM_VALIDATIONS, "{\"ledger_index\":\"7x4\",\"type\":\"validationReceived\"}");
    stage_settle(s);
    ASSERT_INT(3, c.n_msgs);
    ASSERT_STR("{\"type\":\"transaction\",\"validated\":false,\"hash\":\"AB\",\"tx_json\":{"
               "\"TransactionType\":\"Payment\",\"DeliverMax\":\"1\"}}",
               c.msgs[0]);
    ASSERT_STR("{\"type\":\"validationReceived\",\"ledger_index\":794}", c.msgs[1]);
    ASSERT_STR("{\"type\":\"validationReceived\",\"ledger_index\":\"7x4\"}", c.msgs[2]);
    stage_client_deinit(&c);
}

STAGE_TEST(proposed_transactions_reach_accounts_that_they_mention_once, NULL)
{
    struct stage_client c, both;
    char text[512], one[ACCOUNT_TEXT_MAX], two[ACCOUNT_TEXT_MAX], three[ACCOUNT_TEXT_MAX];
    struct account a[3] = {stage_account(1), stage_account(2), stage_account(3)};
    account_to_text(&a[0], one);
    account_to_text(&a[1], two);
    account_to_text(&a[2], three);
    stage_client_init(s, &c);
    stage_client_init(s, &both);
    ASSERT_OK(stage_subscribe(s, &c, (struct feed_request){.proposed = &a[2], .n_proposed = 1}, 0));
    ASSERT_OK(stage_subscribe(s, &both,
                              (struct feed_request){.proposed = a,
                                                    .n_proposed = 2,
                                                    .streams = 1u << FEED_STREAM_PROPOSED},
                              0));
    snprintf(text, sizeof text,
             "{\"transaction\":{\"Account\":\"%s\",\"Amount\":{\"issuer\":\"%s\"},\"Signers\":[{"
             "\"Account\":\"%s\"}]},\"type\":\"transaction\"}",
             one, two, three);
    relay(s, FEED_STREAM_PROPOSED, text);
    stage_settle(s);
    ASSERT_INT(0, c.n_msgs);    /* arrays do not count */
    ASSERT_INT(2, both.n_msgs); /* the stream, and its accounts once */
    ASSERT_STR(text, both.msgs[1]);
    stage_client_deinit(&c);
    stage_client_deinit(&both);
}

static void small_queues(struct stage *s)
{
    s->opts.max_queue_msgs = 3;
}

STAGE_TEST(relayed_messages_are_bounded_too, small_queues)
{
    struct stage_client slow, resuming;
    struct feed_request r = {.streams = 1u << FEED_STREAM_SERVER};
    stage_client_init(s, &slow);
    stage_client_init(s, &resuming);
    ASSERT_OK(stage_subscribe(s, &slow, r, 0));
    r.streams |= 1u << FEED_STREAM_LEDGER;
    ASSERT_OK(stage_subscribe(s, &resuming, r, s->last + 1));
    slow.stalled = resuming.stalled = true;
    for (int i = 0; i < 10; i++)
        relay(s, FEED_STREAM_SERVER, "{\"type\":\"serverStatus\"}");
    stage_settle(s);
    ASSERT_INT(1008, slow.closed);
    ASSERT_INT(0, resuming.closed);
    ASSERT_INT(3, resuming.n_msgs);
    ASSERT_INT(7, counter_value(s->feed->n_relay_lost));
    stage_client_deinit(&slow);
    stage_client_deinit(&resuming);
}
