/* SPDX-License-Identifier: Apache-2.0 */
/* Small things with files, for what an initial load keeps on the disk. All calls block. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/* errno as an error that names the file: ERR_FULL where there is no room, else ERR_IO. */
err spool_file_failed(const char *path);
/* Write n parts to an open file, one behind the other. Errors: ERR_IO, ERR_FULL. */
ERR spool_file_put(int fd, const struct slice *parts, size_t n, const char *path);
/* Put a whole file in the place of another, or of none: written beside it and renamed; `durable`:
 * with its name, when this returns. Errors: ERR_IO, ERR_FULL; then the old one stands. */
ERR spool_file_replace(const char *path, const struct slice *parts, size_t n, bool durable);
/* All of it. ERR_NOT_FOUND, ERR_IO. */
ERR spool_file_read(const char *path, struct buf *ret);
/* The names in the directory of `path` get durable. Errors: ERR_IO. */
ERR spool_file_sync_names(const char *directory);
/* For finding what was torn or has rotted; not against anybody. */
uint64_t spool_file_checksum(const struct slice *parts, size_t n);
