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
/* Is the amendment of this name enabled? For one question: reads the list, and uses `a` meanwhile.
 * Errors: those of amendments_read. */
YIELDS ERR amendments_enabled(struct view *v, struct arena *a, const char *name, bool *ret);
