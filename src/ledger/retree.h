/* SPDX-License-Identifier: Apache-2.0 */
/* What the mirror's file has of older ledgers only, objects and kept nodes, is brought to its
 * ledger in memory: after a start, or in a copy of the file. */
#pragma once
#include "ledger/ledgers_impl.h"

/* Objects that the history says were changed since they were written are read from it, and what is
 * above them is hashed again. A mirror that does not have its ledger's root then is in doubt
 * (ERR_IO, as repair_doubt). Other errors (ERR_BUSY: the history does not answer, or is damaged):
 * try again. Nothing waits before. The writer, without a transaction. */
ERR retree(struct ledgers *l);
/* Is there something to be done, after a start? */
bool retree_needed(const struct ledgers *l);
/* The same as retree, if it has not been done since the start. Views read the mirror from then on.
 */
ERR retree_due(struct ledgers *l);
/* Before the mirror is closed: all objects and nodes into the file, so that the next start has
 * nothing to read. What goes wrong is passed over: then it has. */
void retree_save(struct ledgers *l);
