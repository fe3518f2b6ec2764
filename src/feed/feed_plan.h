/* SPDX-License-Identifier: Apache-2.0 */
/* What one subscriber is sent of one ledger: the list of its messages in order (rpc-b D.3, D.6),
 * and sending it. Live and replayed ledgers go through here. Private to src/feed. */
#pragma once
#include "feed/feed_ledger.h"

struct feed_history;

struct feed_plan_step {
    struct feed_history *history; /* the message is its own; NULL = shared */
    void *own;                    /* that message, a reference */
    uint32_t code;                /* place in the ledger, see feed_pos */
    uint32_t item;                /* FEED_ITEM_..., or index of the transaction */
};

/* A fiber's, used again for each subscriber. */
struct feed_plan {
    struct feed_plan_step *steps;
    uint32_t *items; /* of the steps with shared messages, for feed_ledger_make */
    uint32_t n, n_items, cap;
    uint32_t *hits;
    uint32_t n_hits, hits_cap;
    void (*unref)(void *msg); /* of messages of its own */
};
void feed_plan_deinit(struct feed_plan *p);

/* Transactions of `l` that touch what `s` has subscribed to (index << 2 | enum feed_hit),
 * ascending. Found in its own entries: costs by what the ledger touches. */
void feed_plan_match(struct feed_plan *p, const struct feed_sub *s, const struct feed_ledger *l);
/* The steps, from the subscriber's place on. `hits` as feed_plan_match gives them. */
void feed_plan_make(struct feed_plan *p, const struct feed_sub *s, const struct feed_ledger *l,
                    const uint32_t *hits, uint32_t n_hits);

/* Make the messages that are this subscriber's alone, when the shared ones are made. `turn`: the
 * subscriber's, from before; when it changes, there is nothing more to make. Errors: of reading the
 * state. */
YIELDS ERR feed_plan_make_own(struct feed_plan *p, const struct feed_sub *s, uint32_t turn,
                              struct feed_ledger *l, struct feed_reader *r);

enum feed_sent { FEED_SENT_ALL = 0, FEED_SENT_FULL, FEED_SENT_CLOSED };
/* Push the messages, which are made, and move the subscriber's place. FULL: no more may wait for
 * this connection; the place is that of what comes next. At most `max_msgs`, `max_bytes` wait. */
enum feed_sent feed_plan_send(struct feed_plan *p, struct feed_sub *s, const struct feed_ledger *l,
                              uint32_t max_msgs, size_t max_bytes);

/* What of a subscriber's a transaction touches. */
enum feed_hit { FEED_HIT_ACCOUNT = 0, FEED_HIT_BOOK, FEED_HIT_HISTORY };
/* Append to a growing array of hits. */
void feed_plan_hit(uint32_t **hits, uint32_t *n, uint32_t *cap, uint32_t hit);
/* May more wait for this connection? */
bool feed_plan_has_room(const struct feed_sub *s, uint32_t max_msgs, size_t max_bytes);
