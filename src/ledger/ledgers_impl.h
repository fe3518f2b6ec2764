/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `struct ledgers`, for the files that make it up. */
#pragma once
#include "ledger/ledgers.h"
#include "ledger/mirror.h"
#include "ledger/snap.h"
#include "ledger/tip.h"
#include "ledger/tree.h"
#include "ledger/turns.h"
#include "ledger/undo.h"
#include "ledger/verify.h"

#include <pthread.h>

/* Threads that are no core get a slot each when they open their first view, and keep it. */
#define LEDGERS_OTHER_THREADS 32

/* Who is told of ledgers that become visible, at most. */
#define LEDGERS_LISTENERS 8

struct view;
struct apply_load;
struct compact;
struct stage;

struct ledgers_slot {
    _Alignas(64) struct view *free_views;
    _Atomic uint64_t reads_mirror;
    _Atomic uint64_t reads_undo;
    _Atomic uint64_t reads_history;
};

struct ledgers {
    struct store *store;
    struct mirror *mirror;
    struct nodes *nodes; /* writer's, like the next one */
    struct tree *tree;
    struct turns turns;
    struct undo *undo; /* the window, and what waits */
    struct snap_set snaps;
    struct tip tip;
    uint32_t n_cores;
    bool lazy_undo;
    struct ledgers_slot *slots;
    _Atomic uintptr_t others[LEDGERS_OTHER_THREADS]; /* pthread_t + 1; 0 = free */
    void (*on_progress)(void *arg, const char *what, uint64_t done, uint64_t total);
    void *arg;
    struct ledgers_listener {
        ledgers_published_fn fn;
        void *arg;
    } listeners[LEDGERS_LISTENERS];
    _Atomic uint32_t n_listeners;
    _Atomic uint64_t mirror_bytes; /* of the file, for other threads than the writer */
    _Atomic uint64_t n_rebuilt;    /* times the mirror was made anew, since the start */
    _Atomic bool doubtful;         /* the mirror is not to be believed: repair.h */
    _Atomic bool interrupted;
    bool lazy_repair, lazy_follow;
    ledgers_judge_fn judge;
    void *judge_arg;
    _Atomic uint32_t suspect; /* a ledger that the history has wrong; 0 = none */
    _Atomic uint64_t min_free_bytes;
    /* The writer's. */
    struct mirror_meta meta; /* as committed; valid if `complete` and the mirror is not doubtful */
    bool complete;           /* there is a tip */
    struct stage *stage;     /* ledgers that the history has got, and the mirror's transaction */
    bool nodes_due;       /* the tree's nodes, and objects that the file lacks, are to be read from
                             the history before they are used: retree.h; */
    bool views_wait;      /* ... and views read the history meanwhile */
    uint32_t n_failed;    /* attempts to follow, in a row */
    struct verify verify; /* of the mirror, as far as it has come */
    bool verified;        /* all of it, since the start or the rebuild */
    int64_t blamed_ns;    /* when the mirror was last verified because a ledger did not fit */
    struct apply_load *load;
    _Atomic uint64_t n_loaded;
    _Atomic uint64_t n_objects;
    struct compact *compact; /* a copy of the mirror's file in the making; NULL: none */
    int64_t compact_look_ns; /* not before */
    uint64_t compact_min_bytes;
};

/* Slot of the calling thread. Errors: ERR_BUSY (too many threads). */
ERR ledgers_slot_index(struct ledgers *l, uint32_t *ret);
/* This ledger is the newest now: let everybody see it. */
void ledgers_show(struct ledgers *l, const struct ledger_header *header);
/* Tell the listeners of a ledger that became visible: each once, in order. */
void ledgers_tell(struct ledgers *l, const struct ledger_header *header);
/* The mirror is what its file has, as the meta record says: forget what is in memory. */
void ledgers_from_file(struct ledgers *l);
/* Twice the mirror's address space, once no view is open. Errors: ERR_LIMIT. */
ERR ledgers_grow(struct ledgers *l);
/* Grow until the map has room for so many bytes. Between transactions. Errors: ERR_LIMIT. */
ERR ledgers_reserve(struct ledgers *l, uint64_t bytes);
/* Room for any batch. */
#define LEDGERS_RESERVE_BYTES ((uint64_t)128 << 20)
/* Is `seq` in a complete span, and not newer than what is published? */
bool ledgers_has(struct ledgers *l, uint32_t seq);
