/* SPDX-License-Identifier: Apache-2.0 */
/* All ledgers held: the history store, the mirror of the newest state, and the undo window between
 * them, as one thing. Opened once; views read it from any core; one thread (the apply thread)
 * changes it. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

struct ledgers;

struct ledgers_opts {
    struct store *store;       /* borrowed; outlives this */
    const char *mirror_path;   /* directory of the LMDB file; made if missing */
    uint64_t mirror_map_bytes; /* 0 = default (large, sparse) */
    uint64_t undo_max_bytes;   /* 0 = 40 MiB */
    uint32_t undo_max_ledgers; /* 0 = 256 */
    bool lazy_undo;            /* do not read the window back at start: it fills as ledgers come */
    uint32_t n_cores;          /* views are opened on cores 0..n-1, and on one other thread */
    /* Progress of a repair at open (replay or rebuild of the mirror); may be NULL. */
    void (*on_progress)(void *arg, const char *what, uint64_t done, uint64_t total);
    void *arg;
};

/* Open and bring the mirror to the history's newest ledger: replay what is missing, or rebuild it
 * (another dataset, a mirror that is ahead, another hash). Errors: ERR_LOCKED, ERR_IO, ERR_CORRUPT,
 * ERR_VERSION. */
ERR ledgers_open(const struct ledgers_opts *opts, struct ledgers **ret);
struct ledgers *ledgers_close(struct ledgers *l); /* no views open any more; accepts NULL */

/* Newest and oldest complete ledger of the newest span. False: nothing yet. Any thread. */
bool ledgers_range(struct ledgers *l, uint32_t *ret_first, uint32_t *ret_last);
/* All complete spans, as text for people and server_info: "3-793" (or "empty"). In `a`. */
const char *ledgers_range_text(struct ledgers *l, struct arena *a);
/* Header of the newest ledger; false: nothing yet. Any thread, never waits. */
bool ledgers_tip(struct ledgers *l, struct ledger_header *ret);
struct store *ledgers_store(struct ledgers *l);

struct ledgers_stats {
    uint64_t n_objects;    /* in the mirror */
    uint64_t mirror_bytes; /* file pages used */
    uint64_t undo_bytes;
    uint32_t undo_ledgers;
    uint64_t reads_mirror;  /* answered by the mirror alone, */
    uint64_t reads_undo;    /* with the undo window, */
    uint64_t reads_history; /* by the history */
};
void ledgers_get_stats(struct ledgers *l, struct ledgers_stats *ret);
