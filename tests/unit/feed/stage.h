/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers made by hand, a feed over them on one core, and clients whose connections stall and drain
 * as told. A model beside it says what each client must get. */
#pragma once
#include "../rpc/fake_ledger.h"
#include "base/counter.h"
#include "base/list.h"
#include "feed/feed_impl.h"
#include "feed/feed_ledger.h"
#include "feed/feed_plan.h"
#include "feed/feed_text.h"
#include "json/json.h"
#include "rt/clock.h"
#include "store/store.h"
#include "test.h"
#include "xrpl/field.h"

#define STAGE_FIRST 10
#define STAGE_MAX_TXS 200
#ifndef STAGE_MAX_LEDGERS
#define STAGE_MAX_LEDGERS 2048
#endif
#define STAGE_N_ACCOUNTS 12

struct stage_tx {
    uint16_t type;
    uint32_t accounts; /* bits: stage_account(i) */
    bool book;         /* an offer in stage_book() was made */
    bool creates;      /* the accounts were not there before */
    struct hash256 hash;
};
struct stage_ledger {
    struct stage_tx txs[STAGE_MAX_TXS];
    uint32_t n_txs;
};

struct stage {
    struct ledgers *ledgers;
    struct store *store;
    struct counter_registry *counters;
    struct feed *feed;
    struct feed_opts opts; /* change in `tune` */
    uint32_t last;
    uint64_t random;
    struct stage_ledger *model; /* by sequence - STAGE_FIRST */
    uint32_t n_wanted_calls;
};

/* A connection. */
struct stage_client {
    struct feed_sink sink; /* first */
    struct feed_party party;
    struct feed_call call;
    bool stalled; /* what is sent stays queued */
    uint32_t n_corks;
    uint32_t n_queued;
    size_t queued_bytes;
    uint16_t closed; /* code */
    char reason[128];
    char **msgs; /* all that was pushed, in order */
    size_t n_msgs, cap;
};

/* Run a test on a fiber of a core: `tune` (may be NULL) changes the options first. */
void stage_run(void (*tune)(struct stage *s), void (*test)(struct stage *s));
#define STAGE_TEST(name, tune)                                                                     \
    static void stage_##name(struct stage *s);                                                     \
    TEST(name)                                                                                     \
    {                                                                                              \
        stage_run(tune, stage_##name);                                                             \
    }                                                                                              \
    static void stage_##name(struct stage *s)

uint64_t stage_random(struct stage *s, uint64_t below);
struct account stage_account(uint32_t i);
struct feed_book stage_book(void); /* as its offers name it */

/* One more ledger with these transactions; published unless `quiet`. */
void stage_add(struct stage *s, const struct stage_tx *txs, uint32_t n, bool quiet);
/* One with n random ones; quiet: not published. */
void stage_close(struct stage *s, uint32_t n);
void stage_quiet(struct stage *s, uint32_t n);
/* Let the feed's fibers work until nothing moves. */
YIELDS void stage_settle(struct stage *s);

void stage_client_init(struct stage *s, struct stage_client *c);
void stage_client_deinit(struct stage_client *c);
/* Subscribe and let it begin; first = 0: with the next ledger. */
err stage_subscribe(struct stage *s, struct stage_client *c, struct feed_request r, uint32_t first);
void stage_unsubscribe(struct stage_client *c, struct feed_request r);
/* Everything that was queued has gone out; the client reads on, or stalls. */
void stage_drain(struct stage_client *c, bool stalled);

/* What the client must have got of ledgers first..last: messages equal the model's, one by one.
 * `n_before`: messages that it had before. */
void stage_expect(struct stage *s, const struct stage_client *c, const struct feed_request *r,
                  uint32_t first, uint32_t last, size_t n_before);
