/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_file.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 1024

static bool make_directories(const char *path)
{
    CLEANUP(mem_freep) char *p = xstrdup(path);
    for (char *at = p + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = 0;
        if (mkdir(p, 0755) != 0 && errno != EEXIST)
            return false;
        *at = '/';
    }
    return mkdir(p, 0755) == 0 || errno == EEXIST;
}

static bool reopen(struct log_file *f)
{
    f->fd = open(f->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (f->fd < 0)
        return false;
    struct stat st;
    f->bytes = fstat(f->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    return true;
}

bool log_file_open(struct log_file *f, const char *directory, uint64_t rotation_bytes,
                   uint32_t max_files)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/kleio.log", directory);
    *f = (struct log_file){.path = xstrdup(path),
                           .directory = xstrdup(directory),
                           .fd = -1,
                           .rotation_bytes = rotation_bytes,
                           .max_files = max_files};
    if (make_directories(directory) && reopen(f))
        return true;
    err_fail(ERR_IO, "log: %s: %s", path, strerror(errno));
    log_file_close(f);
    return false;
}

void log_file_close(struct log_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    free(f->path);
    free(f->directory);
    *f = (struct log_file){.fd = -1};
}

void log_file_reopen(struct log_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1; /* if it cannot be opened now, the next write tries again */
    reopen(f);
}

static const char *numbered(const struct log_file *f, uint32_t i, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/kleio.%u.log", f->directory, i);
    return path;
}

/* kleio.log → kleio.1.log → … → kleio.<max>.log → gone. Failures leave the old name: logging goes
 * on. */
static void rotate(struct log_file *f)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    close(f->fd);
    if (f->max_files == 0)
        unlink(f->path);
    for (uint32_t i = f->max_files; i > 1; i--)
        rename(numbered(f, i - 1, from), numbered(f, i, to));
    if (f->max_files)
        rename(f->path, numbered(f, 1, to));
    reopen(f);
}

static void write_all(struct log_file *f, struct slice s)
{
    while (s.n && f->fd >= 0) {
        ssize_t n = write(f->fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* disk full, for one: later lines may fit again */
        f->bytes += (uint64_t)n;
        s = slice_from(s, (size_t)n);
    }
}

/* Length of the whole lines at the start of s that fit into `room`, but at least one line. */
static size_t fitting(struct slice s, uint64_t room)
{
    size_t n = 0;
    while (n < s.n) {
        const uint8_t *nl = memchr(s.p + n, '\n', s.n - n);
        size_t end = nl ? (size_t)(nl - s.p) + 1 : s.n;
        if (n && end > room)
            break;
        n = end;
    }
    return n;
}

void log_file_write(struct log_file *f, struct slice lines)
{
    while (lines.n) {
        if (f->fd < 0)
            reopen(f);
        size_t n = lines.n;
        if (f->rotation_bytes) {
            uint64_t room = f->bytes < f->rotation_bytes ? f->rotation_bytes - f->bytes : 0;
            n = fitting(lines, room);
            if (f->bytes && n > room) {
                rotate(f);
                n = fitting(lines, f->rotation_bytes);
            }
        }
        write_all(f, slice_of(lines.p, n));
        lines = slice_from(lines, n);
    }
}
