/* SPDX-License-Identifier: Apache-2.0 */
/* Extraction: fetches the ledgers after the newest one held, several at a time and ahead of the
 * apply thread, and hands them over strictly in order. A ledger that is refused is fetched again,
 * from another source if there is one. Home core. */
#pragma once
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct applier;
struct counter_registry;
struct extract;
struct ledger_spool;
struct sources;

struct extract_opts {
    struct sources *sources;           /* borrowed */
    struct applier *applier;           /* borrowed */
    struct counter_registry *counters; /* not NULL */
    uint32_t first;                    /* sequence to begin with */
    uint32_t finish;                   /* last one, inclusive; 0 = go on for ever */
    uint32_t n_fetchers;               /* ledgers fetched at a time; 0 = 4, at most 32 */
    uint32_t max_ahead;                /* ledgers fetched and not applied; 0 = 64, at most 1024 */
    size_t max_ahead_bytes;      /* the same in memory; 0 = 64 MiB. One ledger is always allowed */
    uint32_t min_agreeing;       /* sources that must have the same ledger; 0 = 1 */
    struct ledger_spool *closed; /* ledgers that are here already; borrowed, may be NULL */
    bool hold;                   /* fetch, but hand nothing over until extract_release */
};

/* Start fetching. */
struct extract *extract_start(const struct extract_opts *opts);
/* The applier must be stopped before, or have no work of ours. Accepts NULL, returns NULL. */
YIELDS struct extract *extract_stop(struct extract *x);
/* End fetching, but stay: work on its way through the applier still comes back to us. */
YIELDS void extract_quit(struct extract *x);

/* Hand over from now on; see extract_opts.hold. */
void extract_release(struct extract *x);
/* Hand nothing over until extract_release. What was handed over may still be applied. */
void extract_hold(struct extract *x);
/* Forget everything fetched and go on at `seq`. */
void extract_restart(struct extract *x, uint32_t seq);

enum extract_trouble {
    EXTRACT_TROUBLE_NONE = 0,
    EXTRACT_TROUBLE_GAP,   /* there are newer ledgers, but no source holds the next one */
    EXTRACT_TROUBLE_FORK,  /* no source has a next ledger that continues ours */
    EXTRACT_TROUBLE_WRONG, /* what the sources have for the next ledger does not verify */
    EXTRACT_TROUBLE_FETCH, /* the sources that hold the next ledger do not give it */
    EXTRACT_TROUBLE_STORE, /* the store cannot take it */
    EXTRACT_TROUBLE_DISK,  /* there is too little room for it */
    EXTRACT_TROUBLE_AGREE  /* too few sources have the same next ledger */
};
/* What keeps the next ledger from being stored; the log has the details. Any thread. */
enum extract_trouble extract_get_trouble(const struct extract *x);
/* The next ledger to come into the store. Any thread. */
uint32_t extract_next(const struct extract *x);
/* `finish` has been reached. Any thread. */
bool extract_finished(const struct extract *x);
