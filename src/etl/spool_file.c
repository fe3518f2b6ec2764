/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/spool_file.h"

#include "base/hash.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

err spool_file_failed(const char *path)
{
    int code = errno == ENOENT                      ? ERR_NOT_FOUND
               : errno == ENOSPC || errno == EDQUOT ? ERR_FULL
                                                    : ERR_IO;
    return FAIL(code, "load: %s: %s", path, strerror(errno));
}

ERR spool_file_put(int fd, const struct slice *parts, size_t n, const char *path)
{
    for (size_t i = 0; i < n; i++) {
        struct slice left = parts[i];
        while (left.n) {
            ssize_t done = write(fd, left.p, left.n);
            if (done < 0 && errno != EINTR)
                return spool_file_failed(path);
            if (done > 0)
                left = slice_from(left, (size_t)done);
        }
    }
    return OK;
}

ERR spool_file_sync_names(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return spool_file_failed(directory);
    (void)!fsync(fd); /* not every file system can */
    close(fd);
    return OK;
}

static err write_new(const char *path, const struct slice *parts, size_t n, bool durable)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return spool_file_failed(path);
    err e = spool_file_put(fd, parts, n, path);
    if (!err_failed(e) && durable && fdatasync(fd) != 0)
        e = spool_file_failed(path);
    if (close(fd) != 0 && !err_failed(e))
        e = spool_file_failed(path);
    return e;
}

ERR spool_file_replace(const char *path, const struct slice *parts, size_t n, bool durable)
{
    const char *slash = strrchr(path, '/');
    CLEANUP(mem_freep) char *beside = xasprintf("%s.new", path);
    CLEANUP(mem_freep)
    char *directory = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
    err e = write_new(beside, parts, n, durable);
    if (!err_failed(e) && rename(beside, path) != 0)
        e = spool_file_failed(path);
    if (err_failed(e)) {
        unlink(beside);
        return e;
    }
    return durable ? spool_file_sync_names(directory) : OK;
}

ERR spool_file_read(const char *path, struct buf *ret)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return spool_file_failed(path);
    ssize_t n = fstat(fd, &st) == 0 ? 1 : -1;
    while (n > 0) {
        size_t room = MAX((size_t)st.st_size - MIN(ret->n, (size_t)st.st_size) + 1, (size_t)4096);
        n = read(fd, buf_reserve(ret, room), room);
        if (n > 0)
            buf_advance(ret, (size_t)n);
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    err e = n < 0 ? spool_file_failed(path) : OK;
    close(fd);
    return e;
}

uint64_t spool_file_checksum(const struct slice *parts, size_t n)
{
    uint64_t sum = 0x6b6c65696f;
    for (size_t i = 0; i < n; i++)
        sum = hash_fast(parts[i].p, parts[i].n, sum);
    return sum;
}
