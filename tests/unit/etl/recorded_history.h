/* SPDX-License-Identifier: Apache-2.0 */
/* The recorded history of tests/data/world in stores of the test's own directory. */
#pragma once
#include "ledger/ledgers.h"
#include "recording.h"

struct recorded_history {
    struct store *store;
    struct ledgers *ledgers;
    uint64_t n_txs, n_rows, n_unnamed;
};

/* Empty. */
void recorded_history_open(struct recorded_history *h);
/* The state of ledger 3. */
void recorded_history_load(struct recorded_history *h);
/* "ledgers-early": up to 264; then "ledgers": up to 793. */
void recorded_history_apply(struct recorded_history *h, const char *kind);
