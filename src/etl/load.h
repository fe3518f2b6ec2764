/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching one ledger's whole state: the keys that the spool lacks, in ranges side by side, from
 * all sources that hold the ledger. A page that fails is fetched again from its beginning,
 * elsewhere if possible; nothing else is. Home core. */
#pragma once
#include "base/err.h"
#include "etl/page_spool.h"

#include <stdatomic.h>

struct decode_ledger;
struct ledger_spool;
struct sources;

struct load_opts {
    struct sources *sources;
    struct page_spool *pages;
    struct ledger_spool *closed; /* the ledger itself is kept here; NULL: it is not */
    struct page_filter filter;   /* pages that count; `newest` is the ledger that is fetched */
    uint32_t n_fetchers;         /* ranges at a time, 1..256 */
    uint32_t min_agreeing;       /* sources that must have the same ledger */
    uint64_t avoid;              /* bits of sources not to be asked */
};

/* How it goes; readable on any thread while load_fetch runs. */
struct load_progress {
    _Atomic uint64_t n_objects;
    _Atomic uint32_t permille; /* of the key space */
    _Atomic bool disk_full;    /* the newest attempt ended for want of room */
};

/* Until the spool lacks nothing. *ret_gave: bits of the sources that gave something. Errors:
 * ERR_VERIFY (what a source gives can never be a state: *ret_liar says whose), ERR_NOT_FOUND (no
 * source gives the ledger any more), ERR_IO and ERR_FULL (the disk), ERR_CANCELLED. */
YIELDS ERR load_fetch(const struct load_opts *opts, struct load_progress *progress,
                      uint64_t *ret_gave, uint32_t *ret_liar);

/* Header and transactions of the ledger, that enough sources have. Errors: ERR_NOT_FOUND,
 * ERR_IO and ERR_FULL (the disk), ERR_CANCELLED. */
YIELDS ERR load_base(const struct load_opts *opts, struct decode_ledger **ret);
