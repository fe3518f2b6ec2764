/* SPDX-License-Identifier: Apache-2.0 */
#include "powercut.h"

#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PATH 512
#define SECTOR 512

enum kind { KIND_DATA = 1, KIND_CREATED, KIND_REMOVED, KIND_RENAMED };

/* Something that a cut may take back. */
struct change {
    struct change *before; /* the one made before it */
    enum kind kind;
    ino_t inode;  /* DATA: of the file; else: of the directory */
    int fd;       /* DATA: our own */
    off_t at;     /* DATA */
    size_t n;     /* DATA: bytes written */
    size_t n_old; /* of them, were there before */
    uint8_t *old;
    off_t size_old;
    char path[PATH]; /* CREATED, REMOVED, RENAMED: where to */
    char from[PATH]; /* RENAMED: where from; REMOVED: in the attic */
    bool replaces;   /* RENAMED: what was REMOVED before it, in one */
};

static struct {
    bool on;
    char dir[PATH], attic[PATH];
    uint64_t left; /* operations before the cut */
    uint64_t random;
    uint32_t n_kept;
    struct change *newest;
    pthread_mutex_t lock;
} cut = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t next_random(void)
{
    cut.random ^= cut.random << 13;
    cut.random ^= cut.random >> 7;
    cut.random ^= cut.random << 17;
    return cut.random >> 11;
}

/* --- taking back --- */

static void restore(const struct change *c, bool torn)
{
    for (size_t at = 0; at < c->n_old; at += SECTOR) {
        size_t n = c->n_old - at < SECTOR ? c->n_old - at : SECTOR;
        if (!torn || next_random() % 2)
            syscall(SYS_pwrite64, c->fd, c->old + at, n, c->at + (off_t)at);
    }
    if (c->n > c->n_old && (!torn || next_random() % 2)) {
        off_t size = c->size_old + (torn ? (off_t)(next_random() % (c->n - c->n_old + 1)) : 0);
        syscall(SYS_ftruncate, c->fd, size);
    }
}

static void take_back(const struct change *c, bool torn)
{
    switch (c->kind) {
    case KIND_DATA: restore(c, torn); break;
    case KIND_CREATED: syscall(SYS_unlink, c->path); break;
    case KIND_REMOVED: syscall(SYS_rename, c->from, c->path); break;
    case KIND_RENAMED: syscall(SYS_rename, c->path, c->from); break;
    }
}

/* One cut in three loses everything that was not synced, the others some of it. Entries of a
 * directory are lost from some moment on. */
static void power_off(void)
{
    bool all = next_random() % 3 == 0, entries = true, in_one = false;
    for (const struct change *c = cut.newest; c; c = c->before) {
        if (c->kind == KIND_DATA) {
            uint64_t fate = all ? 0 : next_random() % 3;
            if (fate < 2)
                take_back(c, fate == 1);
        } else if (entries) {
            entries = all || in_one || next_random() % 2;
            if (entries)
                take_back(c, false);
            in_one = c->replaces;
        }
    }
    _exit(POWERCUT_STATUS);
}

/* Every operation on a watched file; the lock is held. */
static void count_down(void)
{
    if (cut.left-- == 0)
        power_off();
}

/* --- what is durable --- */

static void make_durable(ino_t inode)
{
    for (struct change **at = &cut.newest; *at;) {
        struct change *c = *at;
        if (c->inode != inode) {
            at = &c->before;
            continue;
        }
        *at = c->before;
        if (c->kind == KIND_DATA)
            close(c->fd);
        if (c->kind == KIND_REMOVED)
            syscall(SYS_unlink, c->from);
        free(c->old);
        free(c);
    }
}

static struct change *push(enum kind kind, ino_t inode)
{
    struct change *c = calloc(1, sizeof *c);
    c->kind = kind;
    c->inode = inode;
    c->before = cut.newest;
    cut.newest = c;
    return c;
}

/* --- whom it concerns --- */

static bool path_of(int fd, char out[PATH])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, out, PATH - 1);
    out[n > 0 ? n : 0] = 0;
    return n > 0 && strncmp(out, cut.dir, strlen(cut.dir)) == 0;
}

static bool watches(const char *path)
{
    return cut.on && strncmp(path, cut.dir, strlen(cut.dir)) == 0;
}

static ino_t directory_of(const char *path)
{
    char dir[PATH];
    struct stat st;
    snprintf(dir, sizeof dir, "%s", path);
    char *slash = strrchr(dir, '/');
    if (slash)
        *slash = 0;
    return stat(dir, &st) == 0 ? st.st_ino : 0;
}

/* Before `n` bytes are written at `at` (-1: at the descriptor's place). */
static void before_write(int fd, off_t at, size_t n)
{
    char path[PATH], link[64];
    struct stat st;
    if (!cut.on || !path_of(fd, path) || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    count_down();
    if (at < 0)
        at = fcntl(fd, F_GETFL) & O_APPEND ? st.st_size : lseek(fd, 0, SEEK_CUR);
    struct change *c = push(KIND_DATA, st.st_ino);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    c->fd = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDWR | O_CLOEXEC, 0);
    c->at = at;
    c->n = n;
    c->size_old = st.st_size;
    if (at < st.st_size)
        c->n_old = (size_t)(st.st_size - at) < n ? (size_t)(st.st_size - at) : n;
    c->old = malloc(c->n_old + 1);
    if (c->n_old && pread(c->fd, c->old, c->n_old, at) != (ssize_t)c->n_old)
        abort();
}

static void after_sync(int fd)
{
    char path[PATH];
    struct stat st;
    if (cut.on && path_of(fd, path) && fstat(fd, &st) == 0)
        make_durable(st.st_ino);
}

static void enter(void)
{
    if (cut.on)
        pthread_mutex_lock(&cut.lock);
}

static void leave(void)
{
    int kept = errno;
    if (cut.on)
        pthread_mutex_unlock(&cut.lock);
    errno = kept;
}

void powercut_begin(const char *dir, const char *attic, uint64_t n_operations, uint64_t seed)
{
    snprintf(cut.dir, sizeof cut.dir, "%s", dir);
    snprintf(cut.attic, sizeof cut.attic, "%s", attic);
    mkdir(attic, 0755);
    cut.left = n_operations;
    cut.random = seed * 0x9e3779b97f4a7c15u | 1;
    cut.on = true;
}

/* --- the system's functions --- */

uint64_t powercut_written;

static ssize_t written(ssize_t n)
{
    if (n > 0)
        __atomic_fetch_add(&powercut_written, (uint64_t)n, __ATOMIC_RELAXED);
    return n;
}

ssize_t powercut_pwrite(int fd, const void *p, size_t n, off_t at) __asm__("pwrite");
ssize_t powercut_pwrite(int fd, const void *p, size_t n, off_t at)
{
    if (faults_fail(n < 4096 ? faults_now.meta_errno : faults_now.data_errno))
        return -1;
    enter();
    before_write(fd, at, n);
    ssize_t done = written(syscall(SYS_pwrite64, fd, p, n, at));
    /* LMDB's meta page: its descriptor is O_DSYNC */
    if (cut.on && done >= 0 && fcntl(fd, F_GETFL) & O_DSYNC)
        after_sync(fd);
    leave();
    return done;
}

ssize_t powercut_pwrite64(int fd, const void *p, size_t n, off_t at) __asm__("pwrite64");
ssize_t powercut_pwrite64(int fd, const void *p, size_t n, off_t at)
{
    return powercut_pwrite(fd, p, n, at);
}

ssize_t powercut_write(int fd, const void *p, size_t n) __asm__("write");
ssize_t powercut_write(int fd, const void *p, size_t n)
{
    enter();
    before_write(fd, -1, n);
    ssize_t done = syscall(SYS_write, fd, p, n);
    leave();
    return done;
}

ssize_t powercut_writev(int fd, const struct iovec *v, int n) __asm__("writev");
ssize_t powercut_writev(int fd, const struct iovec *v, int n)
{
    size_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += v[i].iov_len;
    if (faults_fail(faults_now.data_errno))
        return -1;
    enter();
    before_write(fd, -1, sum);
    ssize_t done = written(syscall(SYS_writev, fd, v, n));
    leave();
    return done;
}

int powercut_fdatasync(int fd) __asm__("fdatasync");
int powercut_fdatasync(int fd)
{
    if (faults_fail(faults_now.sync_errno))
        return -1;
    if (!cut.on)
        return (int)syscall(SYS_fdatasync, fd);
    enter();
    count_down();
    after_sync(fd); /* no disk needs to work for it */
    leave();
    return 0;
}

int powercut_fsync(int fd) __asm__("fsync");
int powercut_fsync(int fd)
{
    return powercut_fdatasync(fd);
}

int powercut_ftruncate(int fd, off_t size) __asm__("ftruncate64");
int powercut_ftruncate(int fd, off_t size)
{
    struct stat st;
    enter();
    if (cut.on && fstat(fd, &st) == 0 && size < st.st_size)
        before_write(fd, size, (size_t)(st.st_size - size));
    int rc = (int)syscall(SYS_ftruncate, fd, size);
    leave();
    return rc;
}

/* To the attic: the name is free then. False: there was nothing. */
static bool put_away(const char *path)
{
    if (access(path, F_OK) != 0)
        return false;
    struct change *c = push(KIND_REMOVED, directory_of(path));
    snprintf(c->path, sizeof c->path, "%s", path);
    snprintf(c->from, sizeof c->from, "%.400s/%u", cut.attic, cut.n_kept++);
    syscall(SYS_rename, path, c->from);
    return true;
}

int powercut_unlink(const char *path) __asm__("unlink");
int powercut_unlink(const char *path)
{
    struct stat st;
    if (!watches(path) || lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return (int)syscall(SYS_unlink, path);
    enter();
    count_down();
    put_away(path);
    leave();
    return 0;
}

int powercut_rename(const char *from, const char *to) __asm__("rename");
int powercut_rename(const char *from, const char *to)
{
    if (!watches(to))
        return (int)syscall(SYS_rename, from, to);
    enter();
    count_down();
    bool replaces = put_away(to);
    int rc = (int)syscall(SYS_rename, from, to);
    if (rc == 0) {
        struct change *c = push(KIND_RENAMED, directory_of(to));
        snprintf(c->path, sizeof c->path, "%s", to);
        snprintf(c->from, sizeof c->from, "%s", from);
        c->replaces = replaces;
    }
    leave();
    return rc;
}

static int open_file(const char *path, int flags, mode_t mode)
{
    bool creates = watches(path) && flags & O_CREAT && access(path, F_OK) != 0;
    if (!creates)
        return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    enter();
    count_down();
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0) {
        struct change *c = push(KIND_CREATED, directory_of(path));
        snprintf(c->path, sizeof c->path, "%s", path);
    }
    leave();
    return fd;
}

int powercut_open64(const char *path, int flags, ...) __asm__("open64");
int powercut_open64(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return open_file(path, flags, mode);
}

int powercut_open(const char *path, int flags, ...) __asm__("open");
int powercut_open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return open_file(path, flags, mode);
}
