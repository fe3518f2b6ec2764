/* SPDX-License-Identifier: Apache-2.0 */
#include "app/limits.h"

#include "base/mem.h"

#include <dirent.h>
#include <sys/resource.h>

/* Forwarding connections of a core, and its loop's own. */
#define FILES_A_CORE 280
/* Sources, gRPC, the mirror, logs, what libraries open. */
#define FILES_ELSE 256

uint64_t limits_raise_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return UINT64_MAX;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

uint64_t limits_count_files(const char *path)
{
    DIR *dir = opendir(path);
    uint64_t n = 0;
    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

uint32_t limits_max_connections(uint64_t n_files, uint64_t n_store_files, uint32_t n_cores)
{
    if (n_files == UINT64_MAX)
        return 0;
    uint64_t kept =
        n_store_files + n_store_files / 4 + (uint64_t)n_cores * FILES_A_CORE + FILES_ELSE;
    uint64_t least = MAX(n_files / 8, UINT64_C(1)); /* where files are few, some must do */
    uint64_t left = n_files > kept ? n_files - kept : 0;
    return (uint32_t)MIN(MAX(left, least), (uint64_t)UINT32_MAX);
}
