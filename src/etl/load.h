/* SPDX-License-Identifier: Apache-2.0 */
/* The initial load: one ledger's whole state into an empty store, in key ranges fetched side by
 * side from all sources that hold the ledger. A page that fails is fetched again from its
 * beginning, elsewhere if possible; nothing else is. Home core. */
#pragma once
#include "base/err.h"
#include "xrpl/digest.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct applier;
struct ledgers;
struct sources;

struct load_opts {
    struct sources *sources;
    struct applier *applier;
    uint32_t seq;
    uint32_t n_chains;     /* 1..256 */
    uint32_t min_agreeing; /* sources that must have the same ledger */
    uint64_t
        avoid; /* bits of sources not to be asked: after a state that did not verify, all but one */
};

/* How it goes; readable on any thread while load_run runs. */
struct load_progress {
    _Atomic uint64_t n_objects;
    _Atomic uint32_t permille; /* of the key space */
};

/* Load ledger opts->seq; when it returns OK it is stored and published. Errors: ERR_VERIFY (the
 * state is not this ledger's; it was dropped; *ret_sources has the bits of the sources that gave
 * parts of it), ERR_NOT_FOUND (no source holds the ledger for a minute), ERR_IO (the store),
 * ERR_CANCELLED. */
YIELDS ERR load_run(const struct load_opts *opts, struct load_progress *progress,
                    uint64_t *ret_sources);
