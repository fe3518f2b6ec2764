/* SPDX-License-Identifier: Apache-2.0 */
/* The mirror's file: LMDB with the databases `state` (key -> object), `tree` (kept hashes) and
 * `meta` (one record: which ledger this is). Reading transactions see one ledger, whatever is
 * committed meanwhile. */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "xrpl/digest.h"

#include <lmdb.h>

#define MIRROR_DATASET_BYTES 16

struct guard_mark;

struct mirror {
    MDB_env *env;
    MDB_dbi state;
    MDB_dbi tree;
    MDB_dbi meta;
    uint64_t map_bytes;
    uint32_t max_readers;
    int lock_fd;
    int table_fd; /* LMDB's table of readers: in memory */
    struct guard_mark *mark;
    char *path;
};

struct mirror_opts {
    const char *path;     /* directory, made if missing */
    uint64_t map_bytes;   /* 0 = as much address space as there is, up to 1 TiB */
    uint32_t max_readers; /* reading transactions open at the same time */
};

/* How far objects and kept nodes are written, which are by turns (turns.h). */
struct mirror_turn {
    uint32_t since; /* they lack what ledgers after this one changed, but in slices before `next` */
    uint32_t next;  /* the slice to be written next */
    uint32_t
        begun; /* with this ledger the first slice was written: those before `next` since then */
};
/* All are those of ledger `seq`. */
static inline struct mirror_turn mirror_turn_whole(uint32_t seq)
{
    return (struct mirror_turn){.since = seq, .begun = seq};
}

/* What the meta record says; it is written last of every change. */
struct mirror_meta {
    uint8_t dataset[MIRROR_DATASET_BYTES]; /* the history this mirror belongs to */
    struct ledger_header header;           /* the ledger whose state this is, but for what waits */
    struct mirror_turn turn;
};

/* Open the files, holding the directory against other processes. A file that is damaged, of another
 * format, or that ended a process (guard.h), is thrown away, the log says so: the mirror is empty
 * then. Errors: ERR_LOCKED,
 * ERR_IO, ERR_FULL, ERR_LIMIT (no address space). */
ERR mirror_open(const struct mirror_opts *opts, struct mirror **ret);
struct mirror *mirror_close(struct mirror *m); /* all transactions have ended; accepts NULL */

/* Throw the files away and begin with empty ones. No transaction is open. Errors: ERR_IO, ERR_FULL;
 * then the mirror can do nothing until a later attempt succeeds. */
ERR mirror_reset(struct mirror *m);

/* LMDB's result code as an error; OK for success. `what` says what was tried. ERR_FULL: the disk
 * is; ERR_CORRUPT: the mirror is damaged, or nobody knows. */
ERR mirror_check(const struct mirror *m, int rc, const char *what);

/* Read the meta record. ERR_NOT_FOUND: the mirror is empty or incomplete. ERR_CORRUPT, ERR_VERSION.
 */
ERR mirror_meta_get(const struct mirror *m, MDB_txn *txn, struct mirror_meta *ret);
ERR mirror_meta_put(const struct mirror *m, MDB_txn *txn, const struct mirror_meta *meta);

ERR mirror_write_begin(const struct mirror *m, MDB_txn **ret);
/* Ends the transaction, also on failure. */
ERR mirror_write_commit(const struct mirror *m, MDB_txn *txn);
/* Remove everything, in a transaction of its own: afterwards the mirror is incomplete. */
ERR mirror_clear(const struct mirror *m);
/* Object under a key, in place. Absent: ERR_NOT_FOUND (without a text: this is a common answer).
 * `cursor`: of the transaction's, on state; is moved. Errors: ERR_CORRUPT. */
ERR mirror_get(const struct mirror *m, MDB_cursor *cursor, const struct hash256 *key,
               struct slice *ret);

/* Twice the address space. No transaction may be running. Errors: ERR_LIMIT. */
ERR mirror_grow(struct mirror *m);
/* Bytes of the file that hold pages, used or free for reuse. */
uint64_t mirror_bytes(const struct mirror *m);
/* Of them, those that hold nothing (readers of older ledgers may still need them). Errors: ERR_IO,
 * ERR_CORRUPT. */
ERR mirror_free_bytes(const struct mirror *m, uint64_t *ret);
/* Use the files of the mirror in that directory, which is closed, instead of ours. No transaction
 * is open. Errors: as mirror_reset; the mirror can do nothing then. */
ERR mirror_adopt(struct mirror *m, const char *path);

static inline MDB_val mirror_val(struct slice s)
{
    return (MDB_val){s.n, (void *)(uintptr_t)s.p};
}
static inline struct slice mirror_slice(MDB_val v)
{
    return slice_of(v.mv_data, v.mv_size);
}
