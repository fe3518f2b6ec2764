/* SPDX-License-Identifier: Apache-2.0 */
/* What can be subscribed to. */
#pragma once
#include "base/hash.h"
#include "base/slice.h"
#include "xrpl/account.h"

enum feed_stream {
    FEED_STREAM_LEDGER = 0,
    FEED_STREAM_TRANSACTIONS,
    FEED_STREAM_PROPOSED, /* proposed (relayed) and validated (made here) */
    FEED_STREAM_BOOK_CHANGES,
    FEED_STREAM_VALIDATIONS, /* from here on: only relayed */
    FEED_STREAM_MANIFESTS,
    FEED_STREAM_SERVER,
    FEED_STREAM_CONSENSUS,
    FEED_STREAM_PEER_STATUS,
    FEED_N_STREAMS
};

/* Streams that say something about ledgers, and can be replayed. */
#define FEED_LEDGER_STREAMS                                                                        \
    (1u << FEED_STREAM_LEDGER | 1u << FEED_STREAM_TRANSACTIONS | 1u << FEED_STREAM_PROPOSED |      \
     1u << FEED_STREAM_BOOK_CHANGES)

/* By its name in requests; false when there is none. */
bool feed_request_stream(struct slice name, enum feed_stream *ret);

/* An order book as a subscription names it. All bytes count: make it by feed_request_book. */
struct feed_book {
    struct asset pays;
    struct asset gets;
    struct hash256 domain;
    uint64_t has_domain;
};
struct feed_book feed_request_book(const struct asset *pays, const struct asset *gets,
                                   const struct hash256 *domain /* or NULL */);

struct feed_request {
    uint32_t streams; /* bits 1 << enum feed_stream */
    const struct account *accounts;
    size_t n_accounts;
    const struct account *proposed; /* accounts_proposed */
    size_t n_proposed;
    const struct feed_book *books;
    size_t n_books;
    /* Only transactions of these types, and that touch one of these issuances; none = all. */
    const uint16_t *tx_types;
    size_t n_tx_types;
    const struct mpt_id *issuances;
    size_t n_issuances;
    const struct account *history; /* account_history_tx_stream: NULL = none */
    bool only_old;                 /* unsubscribing: end what is old, go on with what is new */
    uint32_t api_version;
    uint32_t first; /* first ledger to send */
    bool resumes;   /* the client asked for it (from_ledger), and can again */
};
