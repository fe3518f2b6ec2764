/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/spill.h"

#include "base/bits.h"
#include "base/cursor.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_FILES 256
#define BUFFER_BYTES 65536 /* of each file */

struct spill {
    char *directory;
    struct buf buffers[N_FILES]; /* key, u32 size, data; not in the file yet */
    uint64_t n_objects;
};

static char *path_of(const struct spill *s, size_t file)
{
    return xasprintf("%s/%02zx", s->directory, file);
}

static err failed(const char *path)
{
    return FAIL(errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO, "spill: %s: %s", path,
                strerror(errno));
}

static void remove_files(struct spill *s)
{
    for (size_t i = 0; i < N_FILES; i++) {
        CLEANUP(mem_freep) char *path = path_of(s, i);
        unlink(path);
    }
}

ERR spill_new(const char *directory, struct spill **ret)
{
    if (mkdir(directory, 0755) != 0 && errno != EEXIST)
        return failed(directory);
    struct spill *s = xcalloc(1, sizeof *s);
    s->directory = xstrdup(directory);
    remove_files(s);
    *ret = s;
    return OK;
}

struct spill *spill_free(struct spill *s)
{
    if (!s)
        return NULL;
    remove_files(s);
    rmdir(s->directory);
    for (size_t i = 0; i < N_FILES; i++)
        buf_deinit(&s->buffers[i]);
    free(s->directory);
    free(s);
    return NULL;
}

void spill_freep(struct spill **s)
{
    spill_free(*s);
}

static err write_all(int fd, struct slice bytes, const char *path)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(path);
        bytes = slice_from(bytes, (size_t)n);
    }
    return OK;
}

static err flush(struct spill *s, size_t file)
{
    CLEANUP(mem_freep) char *path = path_of(s, file);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return failed(path);
    err e = write_all(fd, buf_slice(&s->buffers[file]), path);
    if (close(fd) != 0 && !err_failed(e))
        e = failed(path);
    buf_clear(&s->buffers[file]);
    return e;
}

ERR spill_add(struct spill *s, const struct store_object *object)
{
    size_t file = object->key.b[0];
    struct buf *b = &s->buffers[file];
    if (b->n && b->n + 36 + object->data.n > BUFFER_BYTES)
        TRY(flush(s, file));
    buf_put(b, object->key.b, 32);
    buf_put_be32(b, (uint32_t)object->data.n);
    buf_put_slice(b, object->data);
    s->n_objects++;
    return OK;
}

/* The file's bytes, and behind them what is still in memory. */
static err read_back(struct spill *s, size_t file, struct buf *out)
{
    CLEANUP(mem_freep) char *path = path_of(s, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT)
        return failed(path);
    for (ssize_t n = 1; fd >= 0 && n > 0;) {
        n = read(fd, buf_reserve(out, 1 << 20), 1 << 20);
        if (n < 0) {
            close(fd);
            return failed(path);
        }
        buf_advance(out, (size_t)n);
    }
    if (fd >= 0)
        close(fd);
    unlink(path);
    buf_put_slice(out, buf_slice(&s->buffers[file]));
    buf_deinit(&s->buffers[file]);
    return OK;
}

/* Sorted, each key once. */
static err sort(struct slice bytes, struct store_object **ret, size_t *ret_n)
{
    struct cursor c = cursor_of(bytes);
    size_t n = 0, cap = bytes.n / 64 + 16, n_kept = 0;
    struct store_object *v = xcalloc(cap, sizeof *v);
    while (!cursor_done(&c)) {
        if (n == cap)
            v = xrealloc(v, (cap *= 2) * sizeof *v);
        struct slice key = cursor_take(&c, 32);
        v[n].data = cursor_take(&c, cursor_be32(&c));
        if (c.failed) {
            free(v);
            return FAIL(ERR_IO, "spill: a file was cut");
        }
        v[n++].key = hash256_of(key.p);
    }
    qsort(v, n, sizeof *v, hash256_order);
    for (size_t i = 0; i < n; i++)
        if (n_kept == 0 || !hash256_eq(&v[n_kept - 1].key, &v[i].key))
            v[n_kept++] = v[i];
    *ret = v;
    *ret_n = n_kept;
    return OK;
}

ERR spill_each(struct spill *s, size_t max, spill_take_fn take, void *arg)
{
    uint64_t done = 0;
    for (size_t file = 0; file < N_FILES; file++) {
        CLEANUP(buf_deinit) struct buf bytes = {0};
        CLEANUP(mem_freep) struct store_object *objects = NULL;
        size_t n = 0;
        TRY(read_back(s, file, &bytes));
        TRY(sort(buf_slice(&bytes), &objects, &n));
        for (size_t i = 0; i < n; i += max) {
            size_t part = n - i < max ? n - i : max;
            TRY(take(arg, objects + i, part, done, s->n_objects));
            done += part;
        }
    }
    return OK;
}
