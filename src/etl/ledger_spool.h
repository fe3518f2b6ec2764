/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers that close while the initial load goes on, as the sources gave them, one file each: by
 * the end of a long load the sources may have dropped them. Each carries a checksum; what a power
 * cut leaves of a file is thrown away and fetched again. Calls block unless they say otherwise; any
 * thread. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct ledger_spool;

/* Open the directory, made if missing. Errors: ERR_IO, ERR_FULL. */
ERR ledger_spool_open(const char *path, struct ledger_spool **ret);
struct ledger_spool *ledger_spool_close(struct ledger_spool *s); /* accepts NULL; files stay */

/* Those that are there without a gap, the newest such span; false: none. Never blocks. */
bool ledger_spool_span(struct ledger_spool *s, uint32_t *ret_first, uint32_t *ret_last);
/* Is it in that span? Never blocks. */
bool ledger_spool_has(struct ledger_spool *s, uint32_t seq);
/* Bytes of all. Never blocks. */
uint64_t ledger_spool_bytes(struct ledger_spool *s);

/* Keep the ledger behind the last one; any other begins a new span, and those that were there are
 * removed. `source`: whose it is (page_spool_source). Errors: ERR_IO, ERR_FULL. */
ERR ledger_spool_put(struct ledger_spool *s, uint32_t seq, uint64_t source, struct slice bytes);
/* ERR_NOT_FOUND; ERR_CORRUPT: not what was written: it is removed, and so are those after it;
 * ERR_IO.
 */
ERR ledger_spool_read(struct ledger_spool *s, uint32_t seq, uint64_t *ret_source, struct buf *ret);
/* Part of a ledger's bytes, unchecked. Errors: ERR_IO, ERR_NOT_FOUND. */
ERR ledger_spool_read_part(struct ledger_spool *s, uint32_t seq, uint64_t at, size_t n,
                           struct buf *ret);
/* Ledgers before `seq`, and from `seq` on, are not wanted any more. */
void ledger_spool_trim(struct ledger_spool *s, uint32_t seq);
void ledger_spool_cut(struct ledger_spool *s, uint32_t seq);
