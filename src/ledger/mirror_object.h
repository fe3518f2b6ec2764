/* SPDX-License-Identifier: Apache-2.0 */
/* An object as the mirror keeps it: its bytes, then a CRC-32C over key and bytes, so that a byte
 * which the disk or the memory has changed is found by the read that meets it. LMDB has no
 * checksums. Which objects there are, the round check tells (verify.h). */
#pragma once
#include "ledger/mirror.h"

#define MIRROR_OBJECT_CHECK_BYTES 4

/* The object of a record, in place. ERR_CORRUPT: it is not what was written under this key. */
ERR mirror_object_read(const struct mirror *m, const MDB_val *key, const MDB_val *value,
                       struct slice *ret);
/* Write one; flags and result are those of mdb_put and mdb_cursor_put. */
int mirror_object_put(const struct mirror *m, MDB_txn *txn, const struct hash256 *key,
                      struct slice object, unsigned flags);
int mirror_object_put_at(MDB_cursor *cursor, const struct hash256 *key, struct slice object,
                         unsigned flags);
/* `key` was not found: its neighbours are what was written, and lie on either side of it. `rc`,
 * `next` and `value` are what MDB_SET_RANGE gave for it on the cursor (of state), which moves.
 * Errors: ERR_CORRUPT. */
ERR mirror_object_absent(const struct mirror *m, MDB_cursor *cursor, int rc, MDB_val *next,
                         MDB_val *value, const struct hash256 *key);
/* In a walk: `key` comes after the one before. Errors: ERR_CORRUPT. */
ERR mirror_object_ascends(const struct mirror *m, const struct hash256 *before,
                          const struct hash256 *key);
