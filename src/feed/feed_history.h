/* SPDX-License-Identifier: Apache-2.0 */
/* account_history_tx_stream: all transactions of an account, the new ones as they come, numbered
 * from 0 upwards, and at the same time those before, newest first, numbered from -1 downwards, to
 * the account's first. The numbers make each message a subscriber's own. Private to src/feed. */
#pragma once
#include "feed/feed_ledger.h"

struct feed_history {
    struct list link; /* of sub->histories */
    uint32_t refs;
    struct feed_sub *sub; /* held by who walks */
    struct account account;
    uint32_t slot;    /* below FEED_MAX_HISTORIES: its place among those of the subscriber */
    int64_t next_new; /* number of the next new transaction */
    int64_t next_old;
    uint32_t newest_old; /* ledger to walk back from */
    bool stopped;        /* nothing old is to be sent any more */
};

/* Begin one (the walk begins once the subscriber is not held). What is new is the affair of an
 * entry of FEED_KIND_HISTORY. */
struct feed_history *feed_history_begin(struct feed_sub *s, const struct account *account,
                                        uint32_t newest_old);
struct feed_history *feed_history_find(const struct feed_sub *s, const struct account *account);
struct feed_history *feed_history_at(const struct feed_sub *s, uint32_t slot); /* or NULL */
void feed_history_end(struct feed_history *h);
void feed_history_end_all(struct feed_sub *s);

/* The message of a new transaction of `l`, of one reference. Errors: of reading the state. */
YIELDS ERR feed_history_msg(struct feed_ledger *l, uint32_t item, uint32_t version, int64_t number,
                            struct feed_reader *r, void **ret);
