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
    struct store *store;        /* borrowed; outlives this */
    const char *mirror_path;    /* directory of the LMDB file; made if missing */
    uint64_t mirror_map_bytes;  /* 0 = default (large, sparse) */
    uint64_t min_free_bytes;    /* nothing is stored while less is free where the mirror is; 0 = no
                                   bound, DISK_MIN_FREE_DEFAULT = what disk.h says */
    uint64_t undo_max_bytes;    /* 0 = 40 MiB */
    uint32_t undo_max_ledgers;  /* 0 = 256 */
    uint64_t waiting_max_bytes; /* of objects that the mirror's file gets later; 0 = 40 MiB */
    bool lazy_undo;             /* do not read the window back at start: it fills as ledgers come */
    bool lazy_repair;           /* a mirror that must be rebuilt, or brought to its ledger after a
                                   kill, is left to the first mirror_follow: the history answers
                                   meanwhile, of what the mirror has had */
    bool lazy_follow;           /* ledgers that the history has and the mirror has not are left to
                                   the first mirror_follow: they are not visible before */
    uint64_t compact_min_bytes; /* the mirror's file is copied when so much of it is free (and half
                                   of it); 0 = 256 MiB */
    uint32_t n_cores;           /* views are opened on cores 0..n-1, and on one other thread */
    /* Progress of a repair at open (replay or rebuild of the mirror); may be NULL. */
    void (*on_progress)(void *arg, const char *what, uint64_t done, uint64_t total);
    void *arg;
};

/* Open and bring the mirror to the history's newest ledger: replay what is missing, or rebuild it
 * (another dataset, a mirror that is ahead, another hash). Errors: ERR_LOCKED, ERR_IO, ERR_CORRUPT,
 * ERR_VERSION. */
ERR ledgers_open(const struct ledgers_opts *opts, struct ledgers **ret);
struct ledgers *ledgers_close(struct ledgers *l); /* no views open any more; accepts NULL */

/* Called for every ledger that becomes visible, whoever wrote it; in order, each exactly once, on
 * the thread that applies ledgers: must not take long. What is there already when a listener is
 * added is not told. */
typedef void (*ledgers_published_fn)(void *arg, const struct ledger_header *header);
/* Add a listener (at most 8), take it away; while no ledger is being applied. */
void ledgers_on_published(struct ledgers *l, ledgers_published_fn fn, void *arg);
void ledgers_off_published(struct ledgers *l, ledgers_published_fn fn, void *arg);

/* The apply thread shall end: a rebuild of the mirror under way gives up (ERR_CANCELLED), and none
 * begins. Any thread. */
void ledgers_interrupt(struct ledgers *l, bool on);
bool ledgers_interrupted(struct ledgers *l);

/* Looks at a ledger that somebody else wrote into the history, before it becomes visible. Its state
 * root is verified; `ledger` has header, objects and successors as they must stand there, no
 * transactions and index rows. ERR_CORRUPT or ERR_VERIFY: the history has it wrong, it does not
 * become visible. Other errors: it is tried again. On the thread that applies. */
typedef err (*ledgers_judge_fn)(void *arg, const struct store_ledger *ledger);
/* While nothing is applied. NULL: nobody looks. */
void ledgers_set_judge(struct ledgers *l, ledgers_judge_fn fn, void *arg);
/* The ledger that the history has wrong, and with which following has stopped; 0 = none. Any
 * thread. */
uint32_t ledgers_suspect(struct ledgers *l);

/* Newest and oldest complete ledger of the newest span. False: nothing yet. Any thread. */
bool ledgers_range(struct ledgers *l, uint32_t *ret_first, uint32_t *ret_last);
/* All complete spans, as text for people and server_info: "3-793" (or "empty"). In `a`. */
const char *ledgers_range_text(struct ledgers *l, struct arena *a);
/* Header of the newest ledger; false: nothing yet. Any thread, never waits. */
bool ledgers_tip(struct ledgers *l, struct ledger_header *ret);
/* Its close time alone (seconds since 2000-01-01): cheaper. */
bool ledgers_tip_close_time(struct ledgers *l, uint32_t *ret);
/* The mirror is damaged or being made anew, and the history answers. Any thread. */
bool ledgers_mirror_aside(struct ledgers *l);
struct store *ledgers_store(struct ledgers *l);
/* The directory of the mirror's file, and how much must stay free there (as ledgers_opts). */
const char *ledgers_mirror_path(const struct ledgers *l);
uint64_t ledgers_min_free_bytes(const struct ledgers *l);

struct ledgers_stats {
    uint64_t n_objects;    /* in the mirror */
    uint64_t mirror_bytes; /* file pages used */
    uint64_t undo_bytes;
    uint32_t undo_ledgers;
    uint64_t waiting_bytes; /* memory of objects that the mirror's file does not have yet */
    uint64_t reads_mirror;  /* answered by the mirror alone, */
    uint64_t reads_undo;    /* with the undo window, */
    uint64_t reads_history; /* by the history */
    uint64_t n_rebuilt;     /* times the mirror was made anew, since the start */
    bool mirror_aside;      /* the mirror is damaged or being made anew: the history answers */
};
void ledgers_get_stats(struct ledgers *l, struct ledgers_stats *ret);
