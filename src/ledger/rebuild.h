/* SPDX-License-Identifier: Apache-2.0 */
/* The mirror made anew from the history. */
#pragma once
#include "ledger/ledgers_impl.h"

/* Fill an empty mirror with the state of this ledger, verified against its root. The meta record
 * comes last: killed meanwhile, it is incomplete. Sets `meta.header`. Errors: ERR_CORRUPT (the
 * history's state does not have the header's root), ERR_IO, ERR_FULL, ERR_CANCELLED
 * (ledgers_interrupt). */
ERR rebuild_mirror(struct ledgers *l, const struct ledger_header *header);
