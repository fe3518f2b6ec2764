/* SPDX-License-Identifier: Apache-2.0 */
/* Data from the sources over gRPC: each call goes to a source that holds the ledger, and on to the
 * next when that fails. A source that fails again and again is asked by one call at a time, with
 * pauses of 1 to 16 s (4 s when nobody listens); calls for which there is no other wait for it.
 * Home core, on a fiber. A reply is one heap object that may move to another thread. */
#pragma once
#include "base/buf.h"
#include "base/hash.h"
#include "rippled/proto.h"
#include "rippled/sources.h"

/* A reply with the bytes it is read from. */
struct fetch_reply {
    struct buf bytes;
    uint32_t source; /* who gave it */
    uint32_t seq;    /* what was asked for */
    union {
        struct proto_ledger ledger;
        struct proto_ledger_data data;
        struct proto_ledger_entry entry;
    };
};

/* Accepts NULL, returns NULL. Any thread. */
struct fetch_reply *fetch_reply_free(struct fetch_reply *r);
void fetch_reply_freep(struct fetch_reply **r);

/* A reply as it came some time ago, from its bytes (taken over, also on failure): of fetch_ledger,
 * and of fetch_page. Any thread. ERR_PARSE, ERR_VERIFY, ERR_NOT_FOUND: it was no such reply. */
ERR fetch_reply_of_ledger(struct buf *bytes, uint32_t source, uint32_t seq,
                          struct fetch_reply **ret);
ERR fetch_reply_of_page(struct buf *bytes, uint32_t source, uint32_t seq, struct fetch_reply **ret);

/* What may be wrong with grpc_port when a call fails so; "" = nothing that can be told. For the
 * log, behind the error. */
const char *fetch_hint(err e);

/* Bits of sources. */
typedef uint64_t fetch_mask;
#define FETCH_MASK(source) ((fetch_mask)1 << (source))

/* Ledger `seq` with its transactions and, if with_objects, what it changed in the state. The reply
 * is of a validated ledger with a header of the right size and sequence; nothing else is verified.
 * Each source that holds the ledger is asked at most once, those in `avoid` not at all. Errors:
 * ERR_NOT_FOUND (no source holds it), ERR_BUSY (only sources in `avoid` do), the newest failure of
 * those asked, ERR_CANCELLED. */
YIELDS ERR fetch_ledger(struct sources *s, uint32_t seq, bool with_objects, fetch_mask avoid,
                        struct fetch_reply **ret);

/* Its header alone. As fetch_ledger, but does not wait for a source that has a pause: ERR_REFUSED.
 */
YIELDS ERR fetch_header(struct sources *s, uint32_t seq, fetch_mask avoid,
                        struct fetch_reply **ret);

struct fetch_page {
    uint32_t seq;
    const struct hash256 *after; /* keys greater than this; NULL = from the first */
    const struct hash256 *upto;  /* no keys greater than this; NULL = to the last */
    fetch_mask avoid;
};
/* One page of the state of a ledger. Errors as fetch_ledger. */
YIELDS ERR fetch_page(struct sources *s, const struct fetch_page *page, struct fetch_reply **ret);

/* One object at a ledger: reply->entry.object. Nothing of it is verified but its key. Errors as
 * fetch_ledger; ERR_NOT_FOUND also if there is no such object. */
YIELDS ERR fetch_entry(struct sources *s, uint32_t seq, const struct hash256 *key, fetch_mask avoid,
                       struct fetch_reply **ret);

/* Sources that say they hold `seq`, are believed, and of our network and chain. */
fetch_mask fetch_holders(const struct sources *s, uint32_t seq);
