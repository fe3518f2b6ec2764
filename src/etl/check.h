/* SPDX-License-Identifier: Apache-2.0 */
/* Looks through a history: is every ledger whole, and does everything in it agree with the hashes?
 *
 * For each ledger: the header's hash and its link to the one before, the row of the hash; the root
 * of its transactions, and that each is found by its hash; the index rows that its transactions ask
 * for; that each object is what the newest metadata of the ledger says of it. At chosen ledgers the
 * root of the whole state, and the list of keys.
 *
 * Built on store.h alone, so it serves every backend. What can be derived from what is verified is
 * mended, if asked for: rows of hashes, index rows, deletions, the list of keys. Headers,
 * transactions and objects are mended with the help of others (sources, a mirror): a header must
 * have its hash and the links of its neighbours, transactions the header's root, objects what the
 * metadata says and, in the end, the root of the ledger's whole state. Runs on a plain thread. */
#pragma once
#include "store/store.h"

enum { CHECK_STATE_NONE = 0, CHECK_STATE_NEWEST = UINT32_MAX };

/* Where what is lost is got again. Any of them may be NULL, or fail. */
struct check_help {
    void *arg;
    /* A ledger with its transactions and, in `objects`, what it changed. Verified: that the header
     * has its hash, and the transactions the header's root. In `a`. */
    err (*ledger)(void *arg, uint32_t seq, struct arena *a, struct store_ledger *ret);
    /* An object at a ledger; nothing is verified. In `a`. */
    err (*object)(void *arg, uint32_t seq, const struct hash256 *key, struct arena *a,
                  struct slice *ret);
    /* Objects of a state that somebody still has whole, in order, up to n after `after`, and which
     * ledger's it is. In `a`. */
    err (*state)(void *arg, const struct hash256 *after, size_t n, struct arena *a,
                 struct ledger_header *ret_header, struct store_object *ret, size_t *ret_n);
};

struct check_progress {
    uint32_t seq, last; /* the ledger that it is at, of those to look at */
    uint32_t next;      /* where to go on if it ended now */
};

struct check_opts {
    struct store *store;
    bool repair;
    const struct check_help *help; /* NULL: none */
    uint32_t from, to;             /* ledgers; 0 = the oldest, the newest held */
    uint32_t state_every; /* state of every nth ledger of the span, counted from its newest;
                             CHECK_STATE_NEWEST: of that one only */
    const char *scratch;  /* a directory for a state whose keys come in no order; made, and removed;
                             NULL: the list of keys is followed one by one */
    uint64_t max_per_s;   /* operations of the store a second, about; 0 = no bound */
    void *arg;
    /* What is wrong, a line without newline; `mended`: now put right. */
    void (*say)(void *arg, const char *line, bool mended);
    /* Called now and then; false: stop. NULL: no progress. */
    bool (*progress)(void *arg, const struct check_progress *p);
    const struct store_lost *lost; /* look only at what may be lost; NULL: at everything */
    bool for_nothing;              /* what was stopped is thrown away: its repairs need no proof */
};

struct check_result {
    uint64_t n_ledgers, n_txs, n_rows, n_objects, n_states;
    uint64_t n_wrong, n_mended;
    uint32_t next; /* where to go on, if progress stopped it; 0 = all is done */
};

/* Errors: ERR_INVALID (no such ledgers), and those of the store that are not about damage: the rest
 * could not be looked at. */
ERR check_run(const struct check_opts *opts, struct check_result *ret);
