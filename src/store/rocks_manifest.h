/* SPDX-License-Identifier: Apache-2.0 */
/* Table files taken out of a closed database: what cannot be read cannot be compacted away, and
 * RocksDB 7 has no call to do without a file of level 0. An edit is appended to its MANIFEST, in
 * RocksDB's own formats (db/log_format.h, db/version_edit.cc), as its tool `ldb manifest
 * unsafe_remove_sst_file` does. */
#pragma once
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* What is left to do when the manifest cannot be read, or what the store says of itself. It comes
 * before the reason: texts of errors are short. */
#define ROCKS_ADVICE "put a whole copy of the directory there, or move it away and begin anew"
#define ROCKS_MANIFEST_ADVICE "the list of its files cannot be read: " ROCKS_ADVICE

struct rocks_manifest_file {
    uint32_t family; /* id of its column family */
    uint32_t level;
    uint64_t number;
};

/* `path`: the database's directory; nobody has it open. Durable. Errors: ERR_IO, ERR_CORRUPT
 * (CURRENT names no manifest). */
ERR rocks_manifest_drop(const char *path, const struct rocks_manifest_file *files, size_t n);

/* See that CURRENT names a manifest before RocksDB opens a database for writing: to it a directory
 * without is a new database, and it throws away what is in it. If CURRENT is lost or says something
 * else, the newest manifest is named again, durably, and that is logged. A directory without tables
 * and with no manifest but the first is a store that was never made to its end: RocksDB makes it
 * anew. Errors: ERR_IO, ERR_CORRUPT (there are tables, and no manifest). */
ERR rocks_manifest_require(const char *path);
