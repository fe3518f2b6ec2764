/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "feed/feed_text.h"
#include "json/json.h"
#include "test.h"

TEST(a_closed_ledger_says_what_clio_says)
{
    CLEANUP(buf_deinit) struct buf out = {0};
    struct jw w = jw_to(&out);
    struct ledger_header h = {.seq = 794, .close_time = 848491512};
    struct funds_fees fees = {10, 5000000, 9000000000};
    struct feed_text_server server = {.first = 3, .network_id = 21338};
    memset(h.hash.b, 0xAB, 32);
    feed_text_closed(&w, &h, &fees, &server, 2);
    ASSERT_SLICE("{\"type\":\"ledgerClosed\",\"ledger_index\":794,\"ledger_hash\":"
                 "\"ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB\","
                 "\"ledger_time\":848491512,\"fee_base\":10,\"reserve_base\":5000000,"
                 "\"reserve_inc\":2147483647,\"validated_ledgers\":\"3-794\",\"network_id\":21338,"
                 "\"txn_count\":2}",
                 buf_slice(&out));
}

TEST(results_have_the_words_of_rippled)
{
    ASSERT_STR("The transaction was applied. Only final in a validated ledger.",
               feed_text_result(0));
    ASSERT_STR("Path could not send full amount.", feed_text_result(101));
    ASSERT_STR("Delegated account lacks permission to perform this transaction.",
               feed_text_result(198));
    ASSERT_STR("", feed_text_result(153));
    ASSERT_STR("", feed_text_result(250));
}

TEST(a_transaction_that_cannot_be_read_is_still_a_message)
{
    CLEANUP(buf_deinit) struct buf out = {0};
    struct jw w = jw_to(&out);
    struct ledger_header h = {.seq = 5};
    struct hash256 hash = {{1}};
    struct feed_text_tx t = {
        .tx = SLICE_LIT("\x12"), .meta = SLICE_LIT("\x20"), .hash = &hash, .api_version = 2};
    feed_text_tx(&w, &h, &t);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json v;
    ASSERT_OK(json_parse(buf_slice(&out), NULL, a, &v, NULL));
    ASSERT(json_is(json_get(&v, "tx_json"), JSON_OBJECT));
    ASSERT(json_is_string(json_get(&v, "ctid"), "C000000500000000"));
}
