/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger of the history held against what it must be, row by row: what is wrong is named by table
 * and key, and put right. For ledgers that another server wrote, and for what has been damaged
 * since it was written; the caller knows by hashes what is right. Any thread that may wait for the
 * store. */
#pragma once
#include "store/store.h"

/* What the ledger's own hashes vouch for, or what is derived from it. */
enum mend_kind { MEND_PROVEN = 0, MEND_DERIVED };

struct mend_opts {
    struct store *store;
    bool write; /* put it right; rows are written as they must be, whoever else does the same */
    void *arg;
    /* A row that is missing or wrong, or that should not be there (`what` says which). `table` as
     * Clio names it, static; `key`: its partition's, bytes. May be NULL. */
    void (*say)(void *arg, const char *table, struct slice key, uint32_t seq, const char *what);
};

struct mend_result {
    uint32_t n_proven, n_derived; /* rows found wrong */
    uint32_t
        n_added; /* rows that Clio up to 2.7 does not write: neither said nor counted as wrong */
};

/* The whole ledger as it must stand: header, transactions with hashes, objects that changed,
 * successors, index rows. Not the first of the history. What was wrong is right afterwards if
 * `write` is set and this returns OK. Errors: those of reading and writing the store. */
ERR mend_ledger(const struct mend_opts *opts, const struct store_ledger *right,
                struct mend_result *ret);

/* The same for a ledger whose header and objects, as the history has them, are verified: its
 * transactions are held against the header, and everything derived from them against the history.
 * `ledger`: header and successors. ERR_VERIFY or ERR_CORRUPT: the transactions are not those of the
 * header, a source must say what they are. */
ERR mend_derived(const struct mend_opts *opts, const struct store_ledger *ledger,
                 struct mend_result *ret);

/* Does what a scan for this row found say what the row should? */
bool mend_row_is_right(const struct store_index_row *row, const struct store_rows *found);
