/* SPDX-License-Identifier: Apache-2.0 */
/* The first ledger of an empty store, until it is there: which one, from whom, what is kept of an
 * attempt that failed or was killed, and who is to blame for a state that does not verify. Home
 * core.
 *
 * A state is proven by its root alone, when it is complete. If it is wrong, and several sources
 * gave parts of it, the next attempt takes all of it from one source, what that one has given
 * already included: then a wrong root proves that this source lied, and a right one that those did
 * who gave other pages for the same keys. */
#pragma once
#include "base/err.h"
#include "etl/load.h"

struct applier;
struct ledger_spool;
struct ledgers;
struct page_spool;

struct initial_opts {
    struct sources *sources;
    struct applier *applier;
    struct ledgers *ledgers;
    struct page_spool *pages;
    struct ledger_spool *closed;
    uint32_t start_sequence; /* this ledger and no other; 0 = the newest when it begins */
    uint32_t n_fetchers;     /* key ranges side by side */
    uint32_t min_agreeing;
    uint64_t max_closed_bytes; /* of ledgers that close meanwhile */
    /* Called before each attempt: the ledger. */
    YIELDS err (*on_begin)(void *arg, uint32_t seq);
    void *arg;
};

/* Until it is stored and published; *ret_seq is which. Errors: ERR_CANCELLED, on_begin's. */
YIELDS ERR initial_run(const struct initial_opts *opts, struct load_progress *progress,
                       uint32_t *ret_seq);
