/* SPDX-License-Identifier: Apache-2.0 */
/* A history in front of another one: passes everything on, and fails, or hides the newest ledgers,
 * when told so. */
#pragma once
#include "store/store.h"

struct proxy {
    struct store base; /* first */
    struct store *inner;
    bool fail_write;       /* nothing is written */
    bool fail_after_write; /* written, but the answer says that it was not */
    bool fail_load_commit;
    bool fail_reads;
    bool fail_diff;
    bool short_diff;       /* the last key of every ledger is not told */
    uint32_t hide_after;   /* ledgers after it do not seem to be there; 0 = none hidden */
    int n_diffs;           /* that were asked for */
    uint8_t spoil_objects; /* added to the last byte of every object read */
};

/* Borrows `inner`. */
void proxy_init(struct proxy *p, struct store *inner);
