/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing the mirror to what the history holds: the only way in which a ledger becomes visible. */
#pragma once
#include "ledger/ledgers.h"

/* Apply the history's ledgers up to `to` (0: all it has) to the mirror, each verified against its
 * state root: what it replaces goes into the undo window, then it is visible, then the listeners
 * are told, each ledger once and in order. Those that the apply thread has changed in the mirror's
 * transaction already are only committed; all others are read: after a failure, at start, where
 * another server writes. A mirror that is not to be believed, or is of another ledger than the
 * history, is made anew first (repair.h), while the history answers.
 *
 * The apply thread only. Nothing to do is the common case, and cheap. Errors: ERR_IO (try again
 * later), ERR_BUSY (open views are in the way), ERR_CORRUPT (the history has the next ledger wrong,
 * which ledgers_suspect names; or it is damaged), ERR_CANCELLED (ledgers_interrupt). What failed is
 * told by its text; ledgers before it are visible. */
ERR mirror_follow(struct ledgers *l, uint32_t to);
