/* SPDX-License-Identifier: Apache-2.0 */
/* Is the mirror what it says? Its objects (with those that wait) and kept nodes are held against
 * the root in its ledger's header, a part at a time, each in a snapshot of its own: after all parts
 * every object, every hash and the way to each key have been seen to be right. Some 1 us an object.
 */
#pragma once
#include "ledger/fold.h"
#include "ledger/leaf.h"
#include "ledger/nodes.h"
#include "ledger/versions.h"

struct verify {
    struct mirror *mirror;
    const struct nodes *kept;
    const struct versions *versions;
    struct hash256 at;  /* the next part is that of this key */
    uint64_t n_objects; /* seen */
    struct leaf_list leaves;
    struct fold fold;
};

/* All borrowed. */
void verify_init(struct verify *v, struct mirror *m, const struct nodes *kept,
                 const struct versions *versions);
void verify_deinit(struct verify *v);
/* The next part. *ret_done: it was the last; the next call begins again. ERR_CORRUPT: the mirror is
 * damaged, the text says where. ERR_NOT_FOUND: it holds no ledger. */
ERR verify_part(struct verify *v, bool *ret_done);
