/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/disk.h"

#include "base/mem.h"

#include <sys/statvfs.h>

#define DEFAULT_BYTES ((uint64_t)5 << 30)
#define DEFAULT_PARTS 50

ERR disk_check(const char *path, uint64_t min_free_bytes)
{
    struct statvfs fs;
    if (min_free_bytes == 0 || statvfs(path, &fs) != 0)
        return OK;
    uint64_t size = (uint64_t)fs.f_blocks * fs.f_frsize,
             is_free = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (min_free_bytes == DISK_MIN_FREE_DEFAULT)
        min_free_bytes = MIN(DEFAULT_BYTES, size / DEFAULT_PARTS);
    if (is_free >= min_free_bytes)
        return OK;
    return FAIL(ERR_FULL,
                "disk: %s: %llu MiB are free, database.rocksdb.min_free_bytes keeps %llu MiB: "
                "make room",
                path, (unsigned long long)(is_free >> 20),
                (unsigned long long)(min_free_bytes >> 20));
}
