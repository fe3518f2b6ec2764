/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata without what follows from the rest of it. A node's LedgerIndex is a hash of fields that
 * the node has as well (of an account root: its account), and an owner directory's RootIndex one of
 * its owner: 32 bytes each that no compressor makes smaller, a fifth of all that a transaction
 * takes. A node that lacks them has those that follow. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

/* Append the metadata packed to `out`. False, and nothing is appended, when it is not made as
 * metadata is, so that unpacking might not give back the same bytes: keep it as it is. */
bool rocks_meta_pack(struct slice meta, struct buf *out);
/* `n` bytes of metadata from what was packed, to `out`. False when it gives another number of
 * bytes: damaged. */
bool rocks_meta_unpack(struct slice packed, uint8_t *out, size_t n);
