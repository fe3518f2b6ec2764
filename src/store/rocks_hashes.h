/* SPDX-License-Identifier: Apache-2.0 */
/* The object with the hashes of the last 256 ledgers changes with every ledger and has 8 KB. The
 * hashes are in the headers, too: its rows say which ledgers' hashes stand there, instead of
 * repeating them. Kind ROCKS_OBJECT_HASHES: bytes before (varint), number of hashes (varint), the
 * bytes before, the bytes after; the hashes are those of the ledgers just before the row's. Whoever
 * drops old headers must rewrite the rows that need them. */
#pragma once
#include "store/rocks_read.h"

/* Is this the object? */
bool rocks_hashes_is_key(const struct hash256 *key);

/* The hashes that end before ledger `seq` are known (read from the store if need be; the writer's).
 * Call before rocks_hashes_pack. Errors: ERR_IO, ERR_CORRUPT. */
ERR rocks_hashes_prepare(struct rocks *r, uint32_t seq);
/* `l` is being written, the next one may ask for its hash. */
void rocks_hashes_add(struct rocks *r, const struct ledger_header *h);
/* Payload of the row for `data` at ledger `seq`, appended to *ret. False: the hashes are not those
 * of the headers; store the bytes as they are. */
bool rocks_hashes_pack(const struct rocks *r, uint32_t seq, struct slice data, struct buf *ret);

/* The object's bytes from the payload of its row at `seq`. In `a`. Errors: ERR_CORRUPT, ROCKS_COLD,
 * ... */
ERR rocks_hashes_unpack(const struct rocks_read *rd, uint32_t seq, struct slice payload,
                        struct arena *a, struct slice *ret);
