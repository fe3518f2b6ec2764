/* SPDX-License-Identifier: Apache-2.0 */
/* Several sources vouching for a ledger (`etl.min_agreeing_sources`): a root proves that a ledger
 * is whole, not that the network agreed on it. Home core. */
#pragma once
#include "base/err.h"
#include "base/hash.h"

struct sources;

/* Wait for nobody: have at least `n` sources this ledger, with this hash? `source` gave it and is
 * one of them. What sources reported counts; others are asked for their header. Errors: ERR_VERIFY
 * (too few have it, and some have another one: the text says who), ERR_BUSY (too few hold it yet),
 * ERR_CANCELLED. */
YIELDS ERR agree_on(struct sources *s, uint32_t n, uint32_t source, uint32_t seq,
                    const struct hash256 *hash);
