/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed_request.h"
#include "test.h"

TEST(streams_have_the_names_of_rippled)
{
    enum feed_stream stream;
    ASSERT(feed_request_stream(SLICE_LIT("transactions_proposed"), &stream));
    ASSERT_INT(FEED_STREAM_PROPOSED, stream);
    ASSERT(feed_request_stream(SLICE_LIT("peer_status"), &stream));
    ASSERT(!feed_request_stream(SLICE_LIT("Ledger"), &stream));
    ASSERT(!feed_request_stream(SLICE_LIT(""), &stream));
}

TEST(equal_books_have_equal_bytes)
{
    struct asset dirty, xrp = {0};
    memset(&dirty, 0xEE, sizeof dirty);
    dirty.kind = ASSET_IOU;
    memset(&dirty.currency, 1, sizeof dirty.currency);
    memset(&dirty.issuer, 2, sizeof dirty.issuer);
    memset(&dirty.mpt, 0, sizeof dirty.mpt);
    struct asset clean = {.kind = ASSET_IOU, .currency = dirty.currency, .issuer = dirty.issuer};
    struct feed_book a = feed_request_book(&dirty, &xrp, NULL),
                     b = feed_request_book(&clean, &xrp, NULL);
    ASSERT(memcmp(&a, &b, sizeof a) == 0);
    struct hash256 domain = {{0}};
    b = feed_request_book(&clean, &xrp, &domain); /* a domain of zeros is one */
    ASSERT(memcmp(&a, &b, sizeof a) != 0);
}
