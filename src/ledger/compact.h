/* SPDX-License-Identifier: Apache-2.0 */
/* The mirror's file never gets smaller: pages that are free stay in it, and while a view is open
 * none that it may read is used again. When more is free than used, its content is copied into a
 * new file on a thread of its own, while ledgers are applied and views read; then the new file
 * takes the place of the old one, and what was applied meanwhile is taken from the history. */
#pragma once
#include "ledger/ledgers_impl.h"

/* The writer, with no transaction open, when it has nothing else to do: look whether the file wants
 * copying (once a minute), begin a copy, or let one that is complete take its place. Views read the
 * history for that moment. Errors: ERR_IO (the mirror is made anew). What keeps it from being
 * copied (a full disk, an open view) is said in the log, and tried again later. */
ERR compact_tend(struct ledgers *l);
/* As if a minute had passed. For tests. */
void compact_hurry(struct ledgers *l);
/* End a copy under way; the mirror's file may be closed, or mapped anew, after it. */
void compact_stop(struct ledgers *l);
