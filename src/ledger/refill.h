/* SPDX-License-Identifier: Apache-2.0 */
/* The undo window after a start: what the newest ledgers replaced, read back from the history. */
#pragma once
#include "ledger/ledgers_impl.h"

/* Fill the window of a mirror at the history's newest ledger, newest ledgers first, until the time
 * is up or the window is full. What cannot be read is left out: the history answers for it. Before
 * views are opened. */
void refill_window(struct ledgers *l, uint32_t first, int64_t deadline_ns);
