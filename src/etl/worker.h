/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding, and what is kept of an initial load, on the offload pool: hashing a dense ledger takes
 * milliseconds, too long for a core, and so may a disk. The fiber waits meanwhile. */
#pragma once
#include "etl/decode.h"

struct ledger_spool;
struct page_span;
struct page_spool;
struct sources;

/* As decode_ledger. */
YIELDS ERR worker_decode_ledger(struct fetch_reply *reply, bool with_objects,
                                struct decode_ledger **ret, const char **ret_what);

/* As decode_page for the keys that were asked for; then the page is kept in the range. *ret_disk:
 * the error is of keeping it (ERR_IO, ERR_FULL), not of the reply. */
YIELDS ERR worker_keep_page(struct fetch_reply *reply, uint64_t source_id,
                            const struct page_span *keys, struct page_spool *spool, uint32_t range,
                            struct decode_page **ret, bool *ret_disk);

struct worker_keep {
    struct ledger_spool *spool; /* NULL: it is not kept */
    uint64_t source_id;
    const struct hash256 *parent; /* its parent; NULL: any */
    bool with_objects;
};
/* As decode_ledger; then it is kept. *ret_disk as above. */
YIELDS ERR worker_keep_ledger(struct fetch_reply *reply, const struct worker_keep *keep,
                              struct decode_ledger **ret, const char **ret_what, bool *ret_disk);

/* A ledger that was kept. ERR_NOT_FOUND: it is not there (any more), or nobody knows whose it is;
 * other errors as decode_ledger. */
YIELDS ERR worker_kept_ledger(const struct sources *s, struct ledger_spool *spool, uint32_t seq,
                              bool with_objects, struct decode_ledger **ret, const char **ret_what);

/* Run fn(arg) on the pool, however full it is. */
YIELDS ERR worker_run(err (*fn)(void *arg), void *arg);
