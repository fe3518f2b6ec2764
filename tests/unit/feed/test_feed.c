/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include "base/mem.h"

STAGE_TEST(every_ledger_is_published_in_order_however_fast_they_come, NULL)
{
    struct stage_client c;
    struct feed_request r = {.streams = 1u << FEED_STREAM_LEDGER};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(s, &c, r, 0));
    uint32_t first = s->last + 1;
    for (int i = 0; i < 300; i++)
        stage_add(s, NULL, 0, true);
    for (uint32_t seq = first; seq <= s->last; seq++)
        feed_publish(s->feed, seq);
    stage_settle(s);
    stage_expect(s, &c, &r, first, s->last, 0);
    stage_client_deinit(&c);
}

STAGE_TEST(counts_are_clios, NULL)
{
    struct stage_client c;
    CLEANUP(buf_deinit) struct buf out = {0};
    struct jw w = jw_to(&out);
    struct account a[2] = {stage_account(1), stage_account(2)};
    stage_client_init(s, &c);
    ASSERT_OK(stage_subscribe(
        s, &c, (struct feed_request){.streams = 3, .accounts = a, .n_accounts = 2}, 0));
    feed_put_counts(s->feed, &w);
    ASSERT_SLICE(
        "\"ledger\":1,\"transactions\":1,\"transactions_proposed\":0,\"manifests\":0,"
        "\"validations\":0,\"account\":2,\"accounts_proposed\":0,\"books\":0,"
        "\"book_changes\":0,\"account_history\":0,\"server\":0,\"consensus\":0,\"peer_status\":0",
        buf_slice(&out));
    buf_clear(&out);
    feed_refresh(s->feed);
    counter_render(s->counters, &out);
    buf_put_u8(&out, 0);
    ASSERT(strstr((char *)out.p, "subscriptions_current_number{stream=\"account\"} 2"));
    ASSERT(strstr((char *)out.p, "subscriptions_current_number{stream=\"tx\"} 1"));
    stage_client_deinit(&c);
}
