/* SPDX-License-Identifier: Apache-2.0 */
/* The mirror is a derived thing. Whatever makes it doubtful (a damaged page, a write of which
 * nobody knows what became, another ledger than the history's) ends here: it is put aside, the
 * history answers, and the apply thread makes it anew. */
#pragma once
#include "ledger/ledgers_impl.h"

/* At start: follow the history, or rebuild a mirror that is not of this history, or is ahead of it,
 * or empty (with lazy_repair: leave that to the first mirror_follow); then publish. With an empty
 * history the mirror is emptied, and nothing is published. Errors: ERR_IO, ERR_FULL, ERR_CORRUPT
 * (the history's state does not have the header's root), ERR_VERSION. */
ERR repair_at_open(struct ledgers *l);

/* The mirror is not to be believed; `why` is logged. From now on views read the history. Any
 * thread, more than once. Returns an ERR_IO that says so. */
err repair_doubt(struct ledgers *l, const char *why);

/* Look at the result of something done with the mirror by the writer: damage makes the mirror
 * doubtful, and so do failures again and again. Returns `e`, or what repair_doubt returns. */
ERR repair_note(struct ledgers *l, err e);

/* The writer: if the mirror is doubtful, make it anew, at the history's newest ledger; what thereby
 * becomes visible is told to the listeners. Errors as rebuild_mirror, and ERR_BUSY: open views
 * still use it; try again later. */
ERR repair_mirror(struct ledgers *l);

/* The writer: hold the mirror against its ledger's root until the deadline, where it was left off.
 * *ret_more: not all of it has been seen since the start. Damage makes it doubtful (ERR_IO).
 * Nothing to do for a mirror put aside. */
ERR repair_scrub(struct ledgers *l, int64_t deadline_ns, bool *ret_more);

/* The writer, with no transaction open: a source's ledger did not lead to its root. If the mirror
 * is the reason, it gets doubtful (ERR_IO); otherwise OK: the source's data are wrong. All of the
 * mirror is looked at, but not again within ten minutes. */
ERR repair_acquit(struct ledgers *l);

/* The writer: throw the mirror's file away and begin an empty one, which nobody reads before
 * snap_set_unshut. Errors: ERR_BUSY, ERR_IO, ERR_FULL. */
ERR repair_empty(struct ledgers *l);

/* Give the history a new random name. Errors: ERR_IO. */
ERR repair_new_dataset(struct ledgers *l, uint8_t ret[MIRROR_DATASET_BYTES]);
