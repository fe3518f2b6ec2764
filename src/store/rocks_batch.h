/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of ledgers, gathered into one atomic write. */
#pragma once
#include "store/rocks_impl.h"

struct rocks_batch {
    struct rocks *r;
    rocksdb_writebatch_t *wb;
};

struct rocks_batch rocks_batch_of(struct rocks *r);
void rocks_batch_deinit(struct rocks_batch *b); /* for CLEANUP */

void rocks_batch_put(struct rocks_batch *b, enum rocks_cf cf, const struct rocks_key *key,
                     struct slice value);
void rocks_batch_put_meta(struct rocks_batch *b, const char *name, struct slice value);
void rocks_batch_put_ranges(struct rocks_batch *b, const struct range_set *ranges);

/* Key of an object or successor row, and value of the object's. `kind` must live as long as `ret`.
 */
void rocks_batch_put_successors(struct rocks_batch *b, uint32_t seq,
                                const struct store_successor *rows, size_t n);
/* Errors: ERR_INVALID. */
ERR rocks_batch_put_index_rows(struct rocks_batch *b, const struct store_index_row *rows, size_t n);
void rocks_batch_put_tx(struct rocks_batch *b, const struct store_tx *tx,
                        const struct hash256 *hash);
/* Header, unnamed keys, and the row of its hash. */
void rocks_batch_put_header(struct rocks_batch *b, const struct store_ledger *l);
/* Header, hash, transactions and unnamed keys. */
void rocks_batch_put_ledger(struct rocks_batch *b, const struct store_ledger *l);
void rocks_batch_put_objects(struct rocks_batch *b, uint32_t seq,
                             const struct store_object *objects, size_t n);

void rocks_batch_delete(struct rocks_batch *b, enum rocks_cf cf, const struct rocks_key *key);

/* Write it all, durable when it returns; the batch is empty then. Errors: ERR_IO, ERR_CORRUPT. */
ERR rocks_batch_commit(struct rocks_batch *b);
/* Without log: durable only after a flush. */
ERR rocks_batch_commit_unlogged(struct rocks_batch *b);
