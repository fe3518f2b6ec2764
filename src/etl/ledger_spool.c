/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/ledger_spool.h"

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "etl/spool_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file: magic, sequence, source, checksum of these and of the reply that follows. */
#define MAGIC 0x4b4c5331u /* KLS1 */
#define HEAD_BYTES 24

struct ledger_spool {
    char *path;
    pthread_mutex_t files; /* who writes or removes one; taken first */
    pthread_mutex_t lock;  /* of what follows: never held while the disk works */
    uint32_t first, last;  /* last < first: none */
    uint64_t bytes;
};

static char *path_of(const struct ledger_spool *s, uint32_t seq)
{
    return xasprintf("%s/ledger-%u", s->path, seq);
}

static void remove_file(struct ledger_spool *s, uint32_t seq)
{
    CLEANUP(mem_freep) char *path = path_of(s, seq);
    struct stat st;
    if (stat(path, &st) != 0 || unlink(path) != 0)
        return;
    pthread_mutex_lock(&s->lock);
    s->bytes -= MIN(s->bytes, (uint64_t)st.st_size);
    pthread_mutex_unlock(&s->lock);
}

/* What is there: the newest span without a gap stays. */

struct found {
    uint32_t *seqs;
    size_t n, cap;
};

static void note_file(struct found *f, const char *name)
{
    char *end;
    if (strncmp(name, "ledger-", 7) != 0)
        return;
    unsigned long seq = strtoul(name + 7, &end, 10);
    if (*end || end == name + 7 || seq == 0 || seq > UINT32_MAX)
        return;
    if (f->n == f->cap)
        f->seqs = xrealloc(f->seqs, (f->cap = f->cap ? 2 * f->cap : 64) * sizeof *f->seqs);
    f->seqs[f->n++] = (uint32_t)seq;
}

static int by_seq(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void look_around(struct ledger_spool *s, DIR *d)
{
    struct found f = {0};
    for (struct dirent *e; (e = readdir(d));)
        note_file(&f, e->d_name);
    if (f.n)
        qsort(f.seqs, f.n, sizeof *f.seqs, by_seq);
    size_t from = f.n ? f.n - 1 : 0;
    while (from > 0 && f.seqs[from - 1] + 1 == f.seqs[from])
        from--;
    for (size_t i = 0; i < f.n; i++) {
        CLEANUP(mem_freep) char *path = path_of(s, f.seqs[i]);
        struct stat st;
        if (i < from)
            unlink(path);
        else if (stat(path, &st) == 0)
            s->bytes += (uint64_t)st.st_size;
    }
    if (f.n) {
        s->first = f.seqs[from];
        s->last = f.seqs[f.n - 1];
    }
    free(f.seqs);
}

ERR ledger_spool_open(const char *path, struct ledger_spool **ret)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return spool_file_failed(path);
    DIR *d = opendir(path);
    if (!d)
        return spool_file_failed(path);
    struct ledger_spool *s = xcalloc(1, sizeof *s);
    s->path = xstrdup(path);
    s->first = 1;
    pthread_mutex_init(&s->files, NULL);
    pthread_mutex_init(&s->lock, NULL);
    look_around(s, d);
    closedir(d);
    *ret = s;
    return OK;
}

struct ledger_spool *ledger_spool_close(struct ledger_spool *s)
{
    if (!s)
        return NULL;
    pthread_mutex_destroy(&s->files);
    pthread_mutex_destroy(&s->lock);
    free(s->path);
    free(s);
    return NULL;
}

bool ledger_spool_span(struct ledger_spool *s, uint32_t *ret_first, uint32_t *ret_last)
{
    pthread_mutex_lock(&s->lock);
    *ret_first = s->first;
    *ret_last = s->last;
    pthread_mutex_unlock(&s->lock);
    return *ret_first <= *ret_last;
}

bool ledger_spool_has(struct ledger_spool *s, uint32_t seq)
{
    uint32_t first, last;
    return ledger_spool_span(s, &first, &last) && first <= seq && seq <= last;
}

uint64_t ledger_spool_bytes(struct ledger_spool *s)
{
    pthread_mutex_lock(&s->lock);
    uint64_t n = s->bytes;
    pthread_mutex_unlock(&s->lock);
    return n;
}

/* The file that goes next; 0 = none of those before `seq`, or from it on. */
static uint32_t take_first(struct ledger_spool *s, uint32_t seq)
{
    pthread_mutex_lock(&s->lock);
    uint32_t taken = s->first < seq && s->first <= s->last ? s->first++ : 0;
    pthread_mutex_unlock(&s->lock);
    return taken;
}

static uint32_t take_last(struct ledger_spool *s, uint32_t seq)
{
    pthread_mutex_lock(&s->lock);
    uint32_t taken = s->last >= seq && s->first <= s->last ? s->last-- : 0;
    pthread_mutex_unlock(&s->lock);
    return taken;
}

/* With `files`. */
static void cut(struct ledger_spool *s, uint32_t seq)
{
    for (uint32_t taken; (taken = take_last(s, seq)) != 0;)
        remove_file(s, taken);
}

void ledger_spool_trim(struct ledger_spool *s, uint32_t seq)
{
    pthread_mutex_lock(&s->files);
    for (uint32_t taken; (taken = take_first(s, seq)) != 0;)
        remove_file(s, taken);
    pthread_mutex_unlock(&s->files);
}

void ledger_spool_cut(struct ledger_spool *s, uint32_t seq)
{
    pthread_mutex_lock(&s->files);
    cut(s, seq);
    pthread_mutex_unlock(&s->files);
}

static uint64_t checksum(const uint8_t head[HEAD_BYTES], struct slice bytes)
{
    const struct slice parts[] = {slice_of(head, HEAD_BYTES - 8), bytes};
    return spool_file_checksum(parts, 2);
}

static bool continues(struct ledger_spool *s, uint32_t seq)
{
    uint32_t first, last;
    return ledger_spool_span(s, &first, &last) && seq == last + 1;
}

/* With `files`. */
static err put(struct ledger_spool *s, uint32_t seq, uint64_t source, struct slice bytes)
{
    CLEANUP(mem_freep) char *path = path_of(s, seq);
    uint8_t head[HEAD_BYTES];
    bits_store32(head, MAGIC);
    bits_store32(head + 4, seq);
    bits_store64(head + 8, source);
    bits_store64(head + 16, checksum(head, bytes));
    const struct slice parts[] = {slice_of(head, sizeof head), bytes};
    if (!continues(s, seq))
        cut(s, 0);
    TRY(spool_file_replace(path, parts, 2, false));
    pthread_mutex_lock(&s->lock);
    if (s->first > s->last)
        s->first = seq;
    s->last = seq;
    s->bytes += sizeof head + bytes.n;
    pthread_mutex_unlock(&s->lock);
    return OK;
}

ERR ledger_spool_put(struct ledger_spool *s, uint32_t seq, uint64_t source, struct slice bytes)
{
    pthread_mutex_lock(&s->files);
    err e = put(s, seq, source, bytes);
    pthread_mutex_unlock(&s->files);
    return e;
}

static bool is_whole(const struct buf *b, uint32_t seq)
{
    return b->n >= HEAD_BYTES && bits_load32(b->p) == MAGIC && bits_load32(b->p + 4) == seq &&
           bits_load64(b->p + 16) == checksum(b->p, slice_from(buf_slice(b), HEAD_BYTES));
}

ERR ledger_spool_read(struct ledger_spool *s, uint32_t seq, uint64_t *ret_source, struct buf *ret)
{
    CLEANUP(mem_freep) char *path = path_of(s, seq);
    buf_clear(ret);
    TRY(spool_file_read(path, ret));
    if (!is_whole(ret, seq)) {
        LOG_WARN("etl: %s: damaged: thrown away, it is fetched again", path);
        ledger_spool_cut(s, seq);
        return FAIL(ERR_CORRUPT, "load: %s: damaged", path);
    }
    *ret_source = bits_load64(ret->p + 8);
    buf_consume(ret, HEAD_BYTES);
    return OK;
}

ERR ledger_spool_read_part(struct ledger_spool *s, uint32_t seq, uint64_t at, size_t n,
                           struct buf *ret)
{
    CLEANUP(mem_freep) char *path = path_of(s, seq);
    buf_clear(ret);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return spool_file_failed(path);
    ssize_t done = pread(fd, buf_reserve(ret, n), n, (off_t)(HEAD_BYTES + at));
    err e = done < 0 ? spool_file_failed(path) : OK;
    close(fd);
    if (!err_failed(e) && (size_t)done != n)
        e = FAIL(ERR_IO, "load: %s: cut", path);
    if (!err_failed(e))
        buf_advance(ret, n);
    return e;
}
