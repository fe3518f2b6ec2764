/* SPDX-License-Identifier: Apache-2.0 */
/* Which MPT issuances a transaction concerns, for their history: those of the MPToken and
 * MPTokenIssuance entries that it touched (if it succeeded), and those that its own fields name. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "xrpl/account.h"

/* Distinct, ascending, in `a`. What cannot be read names none. Errors: ERR_LIMIT (the arena's
 * budget). */
ERR txmeta_mpt_issuances(struct slice tx, struct slice meta, struct arena *a, struct mpt_id **ret,
                         size_t *ret_n);
