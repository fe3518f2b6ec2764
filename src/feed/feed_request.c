/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed_request.h"

#include <string.h>

static const char *const names[FEED_N_STREAMS] = {
    [FEED_STREAM_LEDGER] = "ledger",
    [FEED_STREAM_TRANSACTIONS] = "transactions",
    [FEED_STREAM_PROPOSED] = "transactions_proposed",
    [FEED_STREAM_BOOK_CHANGES] = "book_changes",
    [FEED_STREAM_VALIDATIONS] = "validations",
    [FEED_STREAM_MANIFESTS] = "manifests",
    [FEED_STREAM_SERVER] = "server",
    [FEED_STREAM_CONSENSUS] = "consensus",
    [FEED_STREAM_PEER_STATUS] = "peer_status",
};

bool feed_request_stream(struct slice name, enum feed_stream *ret)
{
    for (uint32_t i = 0; i < FEED_N_STREAMS; i++) {
        if (slice_is(name, names[i])) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* Field by field: what lies between fields must not differ. */
static void copy_asset(struct asset *to, const struct asset *from)
{
    to->kind = from->kind;
    to->currency = from->currency;
    to->issuer = from->issuer;
    to->mpt = from->mpt;
}

struct feed_book feed_request_book(const struct asset *pays, const struct asset *gets,
                                   const struct hash256 *domain)
{
    struct feed_book b;
    memset(&b, 0, sizeof b);
    copy_asset(&b.pays, pays);
    copy_asset(&b.gets, gets);
    if (domain) {
        b.domain = *domain;
        b.has_domain = 1;
    }
    return b;
}
