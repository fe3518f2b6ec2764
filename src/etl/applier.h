/* SPDX-License-Identifier: Apache-2.0 */
/* The apply thread: takes work in order, changes the ledgers, and sends every piece of work home
 * with its result. It alone calls apply_* and mirror_follow: also when there is no work, so that a
 * mirror put aside is made anew, and what another server stored becomes visible. Ledgers that wait
 * together are committed together (up to 250 ms of work); at the tip each is committed alone. */
#pragma once
#include "base/list.h"
#include "etl/decode.h"
#include "rt/core.h"

#include <stdbool.h>

struct applier;
struct counter_registry;
struct load_feed_opts;

enum applier_kind {
    APPLIER_LEDGER, /* `ledger`, the next one */
    APPLIER_LOAD,   /* `load`, a state that is complete in the spool, and its `ledger` */
    APPLIER_CALL    /* `call`, on the apply thread */
};

enum applier_result {
    APPLIER_RESULT_NONE = 0,
    APPLIER_RESULT_DONE,   /* durable and visible */
    APPLIER_RESULT_WRONG,  /* did not verify; `what` and `text` say why */
    APPLIER_RESULT_FAILED, /* the store could not do it; `text` says why. Nobody's data is to blame
                            */
    APPLIER_RESULT_HELD,   /* a ledger that is there already: `newest` says how far we are */
    APPLIER_RESULT_SKIPPED /* not looked at: beyond the next ledger, or we are stopping */
};

/* One piece of work. Made by the home core; owned by the applier from push until `done` is called
 * with it, at home, on the loop. */
struct applier_work {
    struct core_mail mail; /* the applier's own, like the next two */
    struct list link;
    struct applier *applier;
    enum applier_kind kind;
    struct decode_ledger *ledger;        /* owned */
    const struct load_feed_opts *load;   /* borrowed */
    err (*call)(struct applier_work *w); /* ERR_VERIFY: its ledger is wrong */
    enum applier_result result;
    uint32_t newest;  /* the newest ledger held when it was done */
    bool disk_full;   /* FAILED for want of room */
    const char *what; /* static: "parent", "state" */
    char text[240];
    void (*done)(struct applier_work *w); /* takes it over: applier_work_free */
    void *owner;
};

struct applier_work *applier_work_new(enum applier_kind kind, void (*done)(struct applier_work *w),
                                      void *owner);
struct applier_work *applier_work_free(struct applier_work *w); /* accepts NULL */

struct applier_opts {
    struct ledgers *ledgers;           /* borrowed */
    struct counter_registry *counters; /* not NULL */
    int64_t batch_ns;                  /* bound of the work in one batch; 0 = 250 ms */
    /* Only take over what others write into the history. */
    bool read_only;
    /* When there is nothing else to do, once a second at most: to look after the history. May take
     * long, until ledgers_interrupted. NULL: nobody. */
    void (*look_after)(void *arg);
    void *arg;
};

/* Start the thread; the current core is its home. Errors: ERR_IO. */
ERR applier_start(const struct applier_opts *opts, struct applier **ret);
/* What waits is skipped (all work comes home before this returns), a load under way is given up,
 * the thread ends. Home core, on a fiber. Accepts NULL, returns NULL. */
YIELDS struct applier *applier_stop(struct applier *a);

/* Home core; takes w over. */
void applier_push(struct applier *a, struct applier_work *w);
/* Work that is not home yet. Home core. */
uint32_t applier_outstanding(const struct applier *a);
/* Ledgers that another server had written when we wanted to. Any thread. */
uint32_t applier_n_conflicts(const struct applier *a);
/* How often ledgers were found that another server had written. Any thread. */
uint32_t applier_n_foreign(const struct applier *a);
/* clock_now_ns of the newest publication; 0 = none since the start. Any thread. */
int64_t applier_last_publish_ns(const struct applier *a);
