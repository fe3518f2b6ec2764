/* SPDX-License-Identifier: Apache-2.0 */
/* How a read runs: in steps, each first from memory only; a step that needs the disk is repeated on
 * the offload pool, which then goes on with the rest: one hand-over a read. Between steps a read
 * that nobody waits for any more ends. Off a fiber a step may block, and runs in place. */
#pragma once
#include "store/rocks_impl.h"

/* Embed first in the read's own state. */
struct rocks_read {
    struct rocks *r;
    bool disk; /* this step may block */
    /* Do the next part (some 100 us at most). OK = all done, ROCKS_MORE = call again. A step that
     * fails with ROCKS_COLD is repeated: it must go on from where its state says. */
    err (*step)(struct rocks_read *rd);
};

/* Run to the end. Errors: the step's, ERR_CANCELLED, ERR_TIMEOUT, ERR_BUSY. */
YIELDS ERR rocks_read_run(struct rocks_read *rd);

/* A value, held in the cache. Declare as CLEANUP(rocks_read_release) struct rocks_value v = {0}. */
struct rocks_value {
    rocksdb_pinnableslice_t *pin; /* NULL: the key is absent */
    struct slice bytes;
};
ERR rocks_read_get(const struct rocks_read *rd, enum rocks_cf cf, const struct rocks_key *key,
                   struct rocks_value *ret);
void rocks_read_release(struct rocks_value *v);

/* ERR_LIMIT when a has given out more than its budget. */
ERR rocks_read_check_budget(const struct arena *a);
