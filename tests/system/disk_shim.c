/* SPDX-License-Identifier: Apache-2.0 */
/* LD_PRELOAD: a disk that fails as the file $DISK_FAULT says: a line "EIO history", "ENOSPC
 * mirror", ... makes every write below a directory of that name fail, "fsync history" one fsync,
 * "free 1000" has statvfs tell of 1000 free bytes. No file: all is well. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

static int read_fault(char *what, char *where)
{
    const char *path = getenv("DISK_FAULT");
    char text[100] = "";
    ssize_t (*real_read)(int, void *, size_t) =
        (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    ssize_t n = real_read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 && sscanf(text, "%19s %19s", what, where) == 2;
}

static int is_below(int fd, const char *directory)
{
    char link[64], path[4096], part[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    snprintf(part, sizeof part, "/%s/", directory);
    return strstr(path, part) != NULL;
}

static int fails(int fd, int is_sync)
{
    int saved = errno;
    char what[20], where[20];
    if (!read_fault(what, where) || strcmp(what, "free") == 0 || !is_below(fd, where)) {
        errno = saved;
        return 0;
    }
    if (strcmp(what, "fsync") == 0) {
        if (!is_sync || unlink(getenv("DISK_FAULT")) != 0) /* once: whoever takes it away */
            return errno = saved, 0;
        errno = EIO;
        return 1;
    }
    errno = strcmp(what, "ENOSPC") == 0 ? ENOSPC : EIO;
    return 1;
}

#define REAL(type, name, ...)                                                                      \
    static type (*real)(__VA_ARGS__);                                                              \
    if (real == NULL)                                                                              \
    real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *p, size_t n)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    return fails(fd, 0) ? -1 : real(fd, p, n);
}
ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    return fails(fd, 0) ? -1 : real(fd, p, n, at);
}
ssize_t pwrite64(int fd, const void *p, size_t n, off_t at)
{
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    return fails(fd, 0) ? -1 : real(fd, p, n, at);
}
ssize_t writev(int fd, const struct iovec *v, int n)
{
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    return fails(fd, 0) ? -1 : real(fd, v, n);
}
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at)
{
    REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t);
    return fails(fd, 0) ? -1 : real(fd, v, n, at);
}
int fsync(int fd)
{
    REAL(int, "fsync", int);
    return fails(fd, 1) ? -1 : real(fd);
}
int fdatasync(int fd)
{
    REAL(int, "fdatasync", int);
    return fails(fd, 1) ? -1 : real(fd);
}

static void less(fsblkcnt_t *free_blocks, unsigned long block)
{
    char what[20], where[20];
    if (read_fault(what, where) && strcmp(what, "free") == 0)
        *free_blocks = strtoul(where, NULL, 10) / block;
}
int statvfs(const char *path, struct statvfs *v)
{
    REAL(int, "statvfs", const char *, struct statvfs *);
    int rc = real(path, v);
    less(&v->f_bavail, v->f_frsize);
    return rc;
}
int statvfs64(const char *path, struct statvfs64 *v)
{
    REAL(int, "statvfs64", const char *, struct statvfs64 *);
    int rc = real(path, v);
    less(&v->f_bavail, v->f_frsize);
    return rc;
}
