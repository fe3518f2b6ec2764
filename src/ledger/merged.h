/* SPDX-License-Identifier: Apache-2.0 */
/* The state at a ledger as one ordered list: the objects of the mirror's file, and over them the
 * versions in memory that hold beyond the ledger (versions.h). Everything that reads objects of the
 * mirror reads them here. The caller is pinned, or is the writer, and calls what moves the cursor
 * under guard. */
#pragma once
#include "ledger/mirror.h"
#include "ledger/versions.h"

/* The newest state, with what is changed in a transaction under way: for the writer. */
#define MERGED_NEWEST (VERSIONS_WAITING - 1)

struct merged {
    const struct mirror *mirror;
    const struct versions *versions;
    MDB_cursor *cursor; /* on the file's state */
    uint32_t seq;       /* the ledger */
    /* The entry of each side that comes next. */
    int rc;
    MDB_val key, value;
    const struct versions_key *late;
};

struct merged_entry {
    const uint8_t *key; /* 32 bytes; like the object, valid as long as the snapshot and the pin */
    struct slice object;
    const void *in_file; /* the file's value, where the object is read from it; else NULL */
};

/* Object under a key; absent: ERR_NOT_FOUND (without a text). With a guard of its own. Errors:
 * ERR_CORRUPT. */
ERR merged_get(const struct mirror *m, const struct versions *versions, MDB_cursor *cursor,
               uint32_t seq, const struct hash256 *key, struct slice *ret);

/* Stand before the first entry at or after `key` (`after`: behind `key`). */
void merged_seek(struct merged *w, const struct hash256 *key, bool after);
/* The next entry, ascending. ERR_NOT_FOUND (without a text): there is none. Errors: ERR_CORRUPT,
 * ERR_IO. */
ERR merged_next(struct merged *w, struct merged_entry *ret);
/* The last entry before `key`; the cursor stands nowhere then. Errors: as merged_next. */
ERR merged_before(struct merged *w, const struct hash256 *key, struct merged_entry *ret);
