/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots of the mirror: one reading transaction per thread and ledger, counted by its users. A
 * thread that has no user lets the writer end its transaction, so that an idle core keeps no old
 * pages alive. */
#pragma once
#include "base/err.h"
#include "ledger/mirror.h"

#include <stdatomic.h>

struct snap {
    MDB_txn *txn;
    MDB_cursor *cursor; /* on state; for use between two yields */
    struct ledger_header header;
    uint64_t generation; /* of the set, before the transaction began */
    uint32_t refs;
    bool running;      /* the transaction sees a ledger */
    bool complete;     /* the mirror holds a ledger at all; then `header` says which */
    struct snap *next; /* among a slot's spare ones */
};

/* What one thread has open. `guard`: 0 nobody, 1 the owner has users, 2 the writer. */
struct snap_slot {
    _Alignas(64) _Atomic uint32_t guard;
    uint32_t n_users;
    uint32_t n_snaps;
    struct snap *current;
    struct snap *spare;
};

struct snap_set {
    struct mirror *mirror;
    _Atomic uint64_t generation; /* counts commits */
    _Atomic bool shut;           /* nothing is acquired */
    uint32_t n_slots;
    struct snap_slot *slots;
};

#define SNAP_MAX_PER_SLOT 32

void snap_set_init(struct snap_set *s, struct mirror *m, uint32_t n_slots);
void snap_set_deinit(struct snap_set *s); /* no users */

/* Newest committed ledger. Called by the slot's thread. Errors: ERR_STALE (the set is shut),
 * ERR_BUSY (too many old snapshots in use), ERR_IO, ERR_CORRUPT. */
ERR snap_acquire(struct snap_set *s, uint32_t slot, struct snap **ret);
void snap_release(struct snap_set *s, uint32_t slot, struct snap *snap);

/* Writer: a new ledger is committed; later acquires see it. */
void snap_set_advance(struct snap_set *s);
/* Writer: wait until no snapshot is in use anywhere and keep it so. False: there still was one
 * after `wait_ms`. */
bool snap_set_freeze(struct snap_set *s, uint32_t wait_ms);
void snap_set_thaw(struct snap_set *s);

/* Nothing is acquired from now on; snapshots in use stay. Any thread. */
void snap_set_shut(struct snap_set *s);
/* Writer, the set being shut: wait until no snapshot is in use, and end all transactions, so that
 * the mirror can be closed. False: there still was one in use after `wait_ms`. */
bool snap_set_clear(struct snap_set *s, uint32_t wait_ms);
/* Writer: acquire again; the mirror may be another. */
void snap_set_unshut(struct snap_set *s);
