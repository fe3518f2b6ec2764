/* SPDX-License-Identifier: Apache-2.0 */
/* Iterators of the store. Making one costs more than a seek, so idle ones are kept. An iterator
 * keeps the files and memtables of its time alive; so idle ones are destroyed by each commit, and
 * by rocks_tidy.h every 20 s: when no ledgers come, merges still end. */
#pragma once
#include "store/rocks_read.h"

struct rocks_iter {
    struct rocks *r;
    rocksdb_iterator_t *it; /* NULL: none */
    enum rocks_iter_kind kind;
    bool disk;
    bool broken; /* an error or a block that is not in memory: not reusable */
    uint64_t generation;
};

/* Set up and tear down the pools (open, close). */
void rocks_iter_pools_init(struct rocks *r);
void rocks_iter_pools_deinit(struct rocks *r);
/* Destroy all idle iterators. */
void rocks_iter_pools_purge(struct rocks *r);
/* Give back what iterators keep alive: idle ones are destroyed, those in use are not kept when they
 * are put back. The database is open and stays so. */
void rocks_iter_pools_refresh(struct rocks *r);

/* An iterator for a step of `rd`: CLEANUP(rocks_iter_put) struct rocks_iter it =
 * rocks_iter_take(...). */
struct rocks_iter rocks_iter_take(const struct rocks_read *rd, enum rocks_iter_kind kind);
void rocks_iter_put(struct rocks_iter *it);

/* Move; *ret_valid tells whether there is a row. Errors: ROCKS_COLD, ERR_IO, ERR_CORRUPT. */
ERR rocks_iter_seek(struct rocks_iter *it, const struct rocks_key *at, bool *ret_valid);
ERR rocks_iter_seek_back(struct rocks_iter *it, const struct rocks_key *at, bool *ret_valid);
ERR rocks_iter_step(struct rocks_iter *it, bool backward, bool *ret_valid);
/* The row; valid until the next move. */
struct slice rocks_iter_key(const struct rocks_iter *it);
struct slice rocks_iter_value(const struct rocks_iter *it);
