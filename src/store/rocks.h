/* SPDX-License-Identifier: Apache-2.0 */
/* The history on RocksDB, in a directory of its own: the default backend. */
#pragma once
#include "store/store.h"

struct rocks_opts {
    const char *path;     /* made if missing */
    uint64_t cache_bytes; /* blocks, indexes, filters, memtables together; 0 = default */
    bool read_only;
    bool fast_close;     /* tests */
    uint64_t file_bytes; /* of a table, and of the first level; 0 = default; tests of many files */
    /* The slow reading of everything (rocks_scrub.h): share of a processor, 0 = default, negative =
     * none; and seconds from one beginning to the next, 0 = default. */
    int scrub_percent;
    int64_t scrub_interval_s;
};

/* Open (or make) the store. Errors: ERR_LOCKED (another process has it), ERR_VERSION (newer
 * format), ERR_IO, ERR_CORRUPT; the text names the path. */
ERR rocks_open(const struct rocks_opts *opts, struct store **ret);
/* Compact everything now (benchmarks, maintenance). */
ERR rocks_compact(struct store *s);
