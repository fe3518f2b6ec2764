/* SPDX-License-Identifier: Apache-2.0 */
/* Tuning of RocksDB: column families, compression, bounds on memory. The one place with numbers. */
#pragma once
#include "store/rocks_impl.h"

/* Name of a column family, as on disk. Static. */
const char *rocks_options_cf_name(enum rocks_cf cf);
/* ROCKS_N_CFS when no column family has this name. */
enum rocks_cf rocks_options_cf_by_name(const char *name);

/* Make r->cache, db_opts, cf_opts, get_opts and write options. `cache_bytes` bounds blocks,
 * indexes, filters and memtables together, `file_bytes` is the size of a table; 0 = default. */
void rocks_options_init(struct rocks *r, uint64_t cache_bytes, uint64_t file_bytes);
/* Tables that may be open at a time. */
int rocks_options_max_open_files(void);
void rocks_options_deinit(struct rocks *r);

/* For iterators. With an eye on deleted ranges, of which we have none, those of RocksDB 7.8 pass
 * over a bad block or file as if it were empty, and say nothing. */
rocksdb_readoptions_t *rocks_options_new_walk(void);
/* Options for the files of an initial load: packed lightly. Training dictionaries and zstd would
 * cost half of the load's CPU; compaction packs the rows tightly later. The caller destroys them.
 */
rocksdb_options_t *rocks_options_new_load(struct rocks *r, enum rocks_cf cf);
