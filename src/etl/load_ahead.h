/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers that close during the initial load, fetched and put on the disk: by its end the sources
 * may have dropped them. Home core. */
#pragma once
#include "base/err.h"
#include "base/hash.h"

#include <stdint.h>

struct ledger_spool;
struct sources;

struct load_ahead_opts {
    struct sources *sources;
    struct ledger_spool *closed;
    uint32_t seq;        /* the ledger that is being loaded */
    struct hash256 hash; /* its hash, which the next one continues */
    uint64_t max_bytes;  /* in the spool; then the rest is left to be fetched after the load */
};

/* Keep the ledgers after opts->seq as they close, and those that are kept already. Ends when the
 * bound is reached (OK; the log says so), the disk cannot take them (ERR_IO, ERR_FULL), or with
 * ERR_CANCELLED. */
YIELDS ERR load_ahead_run(const struct load_ahead_opts *opts);
