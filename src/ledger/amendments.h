/* SPDX-License-Identifier: Apache-2.0 */
/* The amendments that a ledger has enabled: the one place that reads its Amendments object. */
#pragma once
#include "ledger/view.h"

struct amendments {
    const struct hash256 *ids; /* ascending */
    size_t n;
};

/* Copied to `a`. A ledger without the object has none. Errors: ERR_CORRUPT when something else
 * stands in its place; those of reads. */
YIELDS ERR amendments_read(struct view *v, struct arena *a, struct amendments *ret);
bool amendments_have(const struct amendments *s, const struct hash256 *id);
