/* SPDX-License-Identifier: Apache-2.0 */
/* What the check_*.c files share. */
#pragma once
#include "etl/check.h"

struct check {
    const struct check_opts *opts;
    struct check_result result;
    struct store *s;
    struct arena *arena; /* of one ledger */
    uint32_t first, last;
    bool has_previous;
    struct ledger_header previous, header;
    struct store_tx *txs; /* of the ledger, with hashes */
    size_t n_txs;
    struct store_range lack[STORE_N_INDEXES]; /* first 0: nothing */
    int64_t start_ns;
    uint64_t n_operations;
};

/* Something is wrong. Counts and says it; `mended` tells whether it was put right. */
void check_say(struct check *c, bool mended, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* An error of a read: OK if it is about damage, which has been said then (`*ret_damaged`). */
ERR check_read(struct check *c, err e, const char *what, bool *ret_damaged);
/* Rows of c's ledger put right, if repairs are asked for: whether it is so now. */
bool check_mend(struct check *c, const struct store_repair *rows);
/* Before n operations: keeps to the bound. */
void check_pace(struct check *c, uint64_t n);

/* The parts. Errors: as check_run. */
ERR check_header(struct check *c, uint32_t seq, bool *ret_usable);
ERR check_txs(struct check *c, bool *ret_usable);
ERR check_rows(struct check *c);
ERR check_objects(struct check *c);
ERR check_state(struct check *c);
