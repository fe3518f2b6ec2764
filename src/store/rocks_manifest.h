/* SPDX-License-Identifier: Apache-2.0 */
/* Table files taken out of a closed database: what cannot be read cannot be compacted away, and
 * RocksDB 7 has no call to do without a file of level 0. An edit is appended to its MANIFEST, in
 * RocksDB's own formats (db/log_format.h, db/version_edit.cc), as its tool `ldb manifest
 * unsafe_remove_sst_file` does. */
#pragma once
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct rocks_manifest_file {
    uint32_t family; /* id of its column family */
    uint32_t level;
    uint64_t number;
};

/* `path`: the database's directory; nobody has it open. Durable. Errors: ERR_IO, ERR_CORRUPT
 * (CURRENT names no manifest). */
ERR rocks_manifest_drop(const char *path, const struct rocks_manifest_file *files, size_t n);
