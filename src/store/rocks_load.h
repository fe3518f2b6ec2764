/* SPDX-License-Identifier: Apache-2.0 */
/* Initial load: objects and successors go to files of their own, part by part, which the commit
 * takes into the store (no log, no memtables, no compaction); index rows, which come unsorted, go
 * through unlogged memtables. A mark in meta says that a load is under way; whoever finds it
 * without the load drops all rows. */
#pragma once
#include "store/rocks_impl.h"

#define ROCKS_LOAD_MARK ".loading"

/* Forget a load in progress and its files (close, or the next load_begin). Its rows stay until
 * rocks_load_drop. */
void rocks_load_forget(struct rocks *r);
/* If a load has left its mark: drop every row outside of meta. Only while nothing reads. Errors:
 * ERR_IO. */
ERR rocks_load_drop(struct rocks *r);
