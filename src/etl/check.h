/* SPDX-License-Identifier: Apache-2.0 */
/* Looks through a history: is every ledger whole, and does everything in it agree with the hashes?
 *
 * For each ledger: the header's hash and its link to the one before, the row of the hash; the root
 * of its transactions, and that each is found by its hash; the index rows that its transactions ask
 * for; that each object is what the newest metadata of the ledger says of it. At chosen ledgers the
 * root of the whole state, and the list of keys.
 *
 * Built on store.h alone, so it serves every backend. What can be derived from what is verified is
 * mended, if asked for: rows of hashes, index rows, deletions, the list of keys. Runs on a plain
 * thread. */
#pragma once
#include "store/store.h"

enum { CHECK_STATE_NONE = 0, CHECK_STATE_NEWEST = UINT32_MAX };

struct check_opts {
    struct store *store;
    bool repair;
    uint32_t from, to;    /* ledgers; 0 = the oldest, the newest held */
    uint32_t state_every; /* state of every nth ledger of the span, counted from its newest;
                             CHECK_STATE_NEWEST: of that one only */
    uint64_t max_per_s;   /* operations of the store a second, about; 0 = no bound */
    void *arg;
    /* What is wrong, a line without newline; `mended`: now put right. */
    void (*say)(void *arg, const char *line, bool mended);
    /* Ledgers up to `seq` are done; false: stop. NULL: no progress. */
    bool (*progress)(void *arg, uint32_t seq, uint32_t last);
};

struct check_result {
    uint64_t n_ledgers, n_txs, n_rows, n_objects, n_states;
    uint64_t n_wrong, n_mended;
    uint32_t next; /* where to go on, if progress stopped it; 0 = all is done */
};

/* Errors: ERR_INVALID (no such ledgers), and those of the store that are not about damage: the rest
 * could not be looked at. */
ERR check_run(const struct check_opts *opts, struct check_result *ret);
