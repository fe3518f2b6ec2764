/* SPDX-License-Identifier: Apache-2.0 */
/* The kept nodes of the mirror's ledger, when the file has those of older ledgers: after a start,
 * or in a copy of the file. */
#pragma once
#include "ledger/ledgers_impl.h"

/* What the history says that ledgers after meta.tree_seq changed is hashed again, into memory;
 * where it cannot say, all nodes are made anew in the file. A mirror that does not have its
 * ledger's root then is in doubt (ERR_IO, as repair_doubt). The writer, without a transaction. */
ERR retree(struct ledgers *l);
/* The same, if it has not been done since the start. */
ERR retree_due(struct ledgers *l);
/* Before the mirror is closed: all nodes into the file, so that the next start has nothing to hash.
 * What goes wrong is passed over: then it has. */
void retree_save(struct ledgers *l);
