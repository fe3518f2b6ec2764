/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors for tests that change them without a history. */
#pragma once
#include "ledger/mirror.h"

/* In the test's directory. Not synced: no power fails. */
struct mirror *mirrors_open(const char *name);
MDB_txn *mirrors_begin(struct mirror *m);
