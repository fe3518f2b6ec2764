/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/page_spool.h"

#include "base/bits.h"
#include "base/cursor.h"
#include "base/log.h"
#include "base/mem.h"
#include "etl/chain.h"
#include "etl/spool_file.h"
#include "ledger/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_MAGIC 0x4b4c4d31u /* KLM1 */
#define PAGE_MAGIC 0x4b4c5031u     /* KLP1 */
/* magic, load, seq, objects, source, has_after, after, upto, bytes; checksum of these and the page
 */
#define HEAD_BYTES (4 + 8 + 4 + 4 + 8 + 1 + 32 + 32 + 4 + 8)
#define MAX_REFUSED 64
/* Written and not synced, in a run. */
#define SYNC_BYTES ((uint64_t)8 << 20)
#define SYNC_END_BYTES ((uint64_t)1 << 20)

struct run {
    struct page *pages; /* ascending by the keys they begin with */
    size_t n, cap;
    uint64_t bytes; /* of the file */
    uint64_t unsynced;
};

struct page_spool {
    char *path;
    bool begun;
    uint64_t load; /* by chance; pages of another load do not count */
    struct ledger_header header;
    uint64_t refused[MAX_REFUSED];
    uint32_t n_refused;
    uint64_t min_free_bytes;
    struct run runs[PAGE_SPOOL_RANGES];
};

void page_spool_keep_free(struct page_spool *s, uint64_t min_free_bytes)
{
    s->min_free_bytes = min_free_bytes;
}

uint64_t page_spool_source(const char *name)
{
    uint64_t id = hash_fast(name, strlen(name), 1);
    return id ? id : 1;
}

static char *manifest_path(const struct page_spool *s)
{
    return xasprintf("%s/manifest", s->path);
}

static char *run_path(const struct page_spool *s, uint32_t range)
{
    return xasprintf("%s/%02x", s->path, range);
}

/* --- keys --- */

struct page_span page_spool_range(uint32_t range)
{
    struct chain_range r = chain_range_of(range, PAGE_SPOOL_RANGES);
    struct page_span keys = {r.has_after, r.after, r.upto};
    if (!r.has_upto)
        memset(keys.upto.b, 0xFF, sizeof keys.upto.b);
    return keys;
}

bool page_spool_advance(struct page_span *keys, const struct page *page)
{
    keys->has_after = true;
    keys->after = page->keys.upto;
    return hash256_cmp(&keys->after, &keys->upto) < 0;
}

static int begin_cmp(const struct page_span *a, const struct page_span *b)
{
    if (a->has_after != b->has_after)
        return a->has_after ? 1 : -1;
    return a->has_after ? hash256_cmp(&a->after, &b->after) : 0;
}

static bool counts(const struct page *p, const struct page_filter *f)
{
    return f->oldest <= p->seq && p->seq <= f->newest && (!f->source || f->source == p->source);
}

/* The first page that does not begin before `keys`. */
static size_t lower_bound(const struct run *r, const struct page_span *keys)
{
    size_t from = 0, to = r->n;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (begin_cmp(&r->pages[middle].keys, keys) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

bool page_spool_find(const struct page_spool *s, uint32_t range, const struct page_filter *f,
                     const struct page_span *keys, struct page *ret)
{
    const struct run *r = &s->runs[range];
    for (size_t i = lower_bound(r, keys); i < r->n; i++) {
        const struct page *p = &r->pages[i];
        if (begin_cmp(&p->keys, keys) != 0)
            return false;
        if (counts(p, f) && hash256_cmp(&p->keys.upto, &keys->upto) <= 0) {
            *ret = *p;
            return true;
        }
    }
    return false;
}

bool page_spool_gap(const struct page_spool *s, uint32_t range, const struct page_filter *f,
                    struct page_span *ret)
{
    struct page_span left = page_spool_range(range);
    struct page page;
    while (page_spool_find(s, range, f, &left, &page))
        if (!page_spool_advance(&left, &page))
            return false;
    const struct run *r = &s->runs[range];
    for (size_t i = lower_bound(r, &left); i < r->n; i++)
        if (counts(&r->pages[i], f) && begin_cmp(&r->pages[i].keys, &left) > 0) {
            left.upto = r->pages[i].keys.after;
            break;
        }
    *ret = left;
    return true;
}

/* --- pages --- */

static void insert(struct run *r, const struct page *page)
{
    size_t at = lower_bound(r, &page->keys);
    if (r->n == r->cap)
        r->pages = xrealloc(r->pages, (r->cap = r->cap ? 2 * r->cap : 16) * sizeof *r->pages);
    memmove(r->pages + at + 1, r->pages + at, (r->n - at) * sizeof *r->pages);
    r->pages[at] = *page;
    r->n++;
}

static void encode_head(const struct page_spool *s, const struct page *p, struct slice bytes,
                        uint8_t out[HEAD_BYTES])
{
    struct buf b = {.p = out, .cap = HEAD_BYTES};
    buf_put_be32(&b, PAGE_MAGIC);
    buf_put_be64(&b, s->load);
    buf_put_be32(&b, p->seq);
    buf_put_be32(&b, p->n_objects);
    buf_put_be64(&b, p->source);
    buf_put_u8(&b, p->keys.has_after);
    buf_put_slice(&b, hash256_slice(&p->keys.after));
    buf_put_slice(&b, hash256_slice(&p->keys.upto));
    buf_put_be32(&b, (uint32_t)bytes.n);
    const struct slice parts[] = {buf_slice(&b), bytes};
    buf_put_be64(&b, spool_file_checksum(parts, 2));
}

/* Of a file that begins with `file`, at `at`. False: that is no page. */
static bool decode_head(const struct page_spool *s, struct slice file, uint64_t at,
                        struct page *ret)
{
    struct cursor c = cursor_of(slice_from(file, (size_t)at));
    uint32_t magic = cursor_be32(&c);
    uint64_t load = cursor_be64(&c);
    struct page p = {.at = at, .seq = cursor_be32(&c)};
    p.n_objects = cursor_be32(&c);
    p.source = cursor_be64(&c);
    p.keys.has_after = cursor_u8(&c) != 0;
    struct slice after = cursor_take(&c, 32), upto = cursor_take(&c, 32);
    p.n_bytes = cursor_be32(&c);
    uint64_t sum = cursor_be64(&c);
    struct slice bytes = cursor_take(&c, p.n_bytes);
    if (c.failed || magic != PAGE_MAGIC || load != s->load)
        return false;
    p.keys.after = hash256_of(after.p);
    p.keys.upto = hash256_of(upto.p);
    *ret = p;
    const struct slice parts[] = {slice_of(file.p + at, HEAD_BYTES - 8), bytes};
    return sum == spool_file_checksum(parts, 2);
}

static err sync_file(int fd, struct run *r, const char *path)
{
    if (fdatasync(fd) != 0)
        return spool_file_failed(path);
    r->unsynced = 0;
    return OK;
}

ERR page_spool_put(struct page_spool *s, uint32_t range, const struct page *page,
                   struct slice bytes)
{
    CLEANUP(mem_freep) char *path = run_path(s, range);
    struct run *r = &s->runs[range];
    struct page p = *page;
    uint8_t head[HEAD_BYTES];
    TRY(disk_check(s->path, s->min_free_bytes));
    p.at = r->bytes;
    p.n_bytes = (uint32_t)bytes.n;
    encode_head(s, &p, bytes, head);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return spool_file_failed(path);
    const struct slice parts[] = {slice_of(head, sizeof head), bytes};
    /* over what a failed attempt may have left */
    err e = lseek(fd, (off_t)r->bytes, SEEK_SET) < 0 ? spool_file_failed(path) : OK;
    if (!err_failed(e))
        e = spool_file_put(fd, parts, 2, path);
    r->unsynced += sizeof head + bytes.n;
    if (!err_failed(e) && r->unsynced >= SYNC_BYTES)
        e = sync_file(fd, r, path);
    if (err_failed(e))
        (void)!ftruncate(fd, (off_t)r->bytes); /* if that fails, too: it is no page */
    close(fd);
    TRY(e);
    r->bytes += sizeof head + bytes.n;
    insert(r, &p);
    return OK;
}

ERR page_spool_sync(struct page_spool *s, uint32_t range)
{
    CLEANUP(mem_freep) char *path = run_path(s, range);
    struct run *r = &s->runs[range];
    if (r->unsynced < SYNC_END_BYTES)
        return OK;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return spool_file_failed(path);
    err e = sync_file(fd, r, path);
    close(fd);
    TRY(e);
    return spool_file_sync_names(s->path);
}

static void forget(struct run *r, const struct page *page)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        if (r->pages[i].at != page->at)
            r->pages[n++] = r->pages[i];
    r->n = n;
}

static err read_page(const char *path, const struct page *page, struct buf *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return spool_file_failed(path);
    size_t n = HEAD_BYTES + page->n_bytes;
    ssize_t done = pread(fd, buf_reserve(ret, n), n, (off_t)page->at);
    err e = done < 0 ? spool_file_failed(path) : OK;
    close(fd);
    TRY(e);
    buf_advance(ret, (size_t)done);
    return OK;
}

ERR page_spool_read(struct page_spool *s, uint32_t range, const struct page *page, struct buf *ret)
{
    CLEANUP(mem_freep) char *path = run_path(s, range);
    struct page found = {0};
    buf_clear(ret);
    TRY(read_page(path, page, ret));
    if (!decode_head(s, buf_slice(ret), 0, &found) || found.n_bytes != page->n_bytes) {
        forget(&s->runs[range], page);
        return FAIL(ERR_CORRUPT, "load: %s: a page at %llu is damaged: it is fetched again", path,
                    (unsigned long long)page->at);
    }
    buf_consume(ret, HEAD_BYTES);
    return OK;
}

void page_spool_each(const struct page_spool *s, const struct page_filter *f, page_spool_fn fn,
                     void *arg)
{
    for (uint32_t i = 0; i < PAGE_SPOOL_RANGES; i++)
        for (size_t k = 0; k < s->runs[i].n; k++)
            if (!f || counts(&s->runs[i].pages[k], f))
                fn(arg, i, &s->runs[i].pages[k]);
}

static void note_oldest(void *arg, uint32_t range, const struct page *page)
{
    uint32_t *oldest = arg;
    (void)range;
    *oldest = MIN(*oldest, page->seq);
}

uint32_t page_spool_oldest(const struct page_spool *s, const struct page_filter *f)
{
    uint32_t oldest = f->newest;
    page_spool_each(s, f, note_oldest, &oldest);
    return oldest;
}

/* --- the manifest --- */

/* magic, load, header, number of refused sources, they, checksum */
static err write_manifest(const struct page_spool *s)
{
    CLEANUP(mem_freep) char *path = manifest_path(s);
    CLEANUP(buf_deinit) struct buf b = {0};
    uint8_t header[LEDGER_HEADER_BYTES];
    digest_header_encode(&s->header, header);
    buf_put_be32(&b, MANIFEST_MAGIC);
    buf_put_be64(&b, s->load);
    buf_put(&b, header, sizeof header);
    buf_put_be32(&b, s->n_refused);
    for (uint32_t i = 0; i < s->n_refused; i++)
        buf_put_be64(&b, s->refused[i]);
    struct slice bytes = buf_slice(&b);
    buf_put_be64(&b, spool_file_checksum(&bytes, 1));
    bytes = buf_slice(&b);
    return spool_file_replace(path, &bytes, 1, true);
}

static bool decode_manifest(struct page_spool *s, struct slice bytes)
{
    struct cursor c = cursor_of(bytes);
    if (bytes.n < 8)
        return false;
    struct slice summed = slice_of(bytes.p, bytes.n - 8);
    bool whole = spool_file_checksum(&summed, 1) == bits_load64(bytes.p + bytes.n - 8);
    if (!whole || cursor_be32(&c) != MANIFEST_MAGIC)
        return false;
    s->load = cursor_be64(&c);
    struct slice header = cursor_take(&c, LEDGER_HEADER_BYTES);
    s->n_refused = cursor_be32(&c);
    if (c.failed || s->n_refused > MAX_REFUSED || !digest_header_decode(header, &s->header))
        return false;
    for (uint32_t i = 0; i < s->n_refused; i++)
        s->refused[i] = cursor_be64(&c);
    struct hash256 hash = digest_ledger(&s->header);
    return !c.failed && hash256_eq(&hash, &s->header.hash);
}

/* *ret false: there is none that counts. */
static err read_manifest(struct page_spool *s, bool *ret)
{
    CLEANUP(mem_freep) char *path = manifest_path(s);
    CLEANUP(buf_deinit) struct buf bytes = {0};
    err e = spool_file_read(path, &bytes);
    *ret = false;
    if (e.code == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    *ret = decode_manifest(s, buf_slice(&bytes));
    if (!*ret)
        LOG_ERROR("etl: %s: damaged: what was fetched of an unfinished load is thrown away", path);
    return OK;
}

bool page_spool_is_refused(const struct page_spool *s, uint64_t source)
{
    for (uint32_t i = 0; i < s->n_refused; i++)
        if (s->refused[i] == source)
            return true;
    return false;
}

static void drop_refused(struct run *r, const struct page_spool *s)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        if (!page_spool_is_refused(s, r->pages[i].source))
            r->pages[n++] = r->pages[i];
    r->n = n;
}

ERR page_spool_refuse(struct page_spool *s, uint64_t source)
{
    if (!page_spool_is_refused(s, source) && s->n_refused < MAX_REFUSED)
        s->refused[s->n_refused++] = source;
    for (uint32_t i = 0; i < PAGE_SPOOL_RANGES; i++)
        drop_refused(&s->runs[i], s);
    return s->begun ? write_manifest(s) : OK;
}

/* --- the whole --- */

static void drop_runs(struct page_spool *s)
{
    for (uint32_t i = 0; i < PAGE_SPOOL_RANGES; i++) {
        CLEANUP(mem_freep) char *path = run_path(s, i);
        unlink(path);
        free(s->runs[i].pages);
        s->runs[i] = (struct run){0};
    }
}

void page_spool_end(struct page_spool *s)
{
    CLEANUP(mem_freep) char *path = manifest_path(s);
    unlink(path);
    drop_runs(s);
    s->begun = false;
    s->n_refused = 0;
}

bool page_spool_header(const struct page_spool *s, struct ledger_header *ret)
{
    if (s->begun)
        *ret = s->header;
    return s->begun;
}

ERR page_spool_begin(struct page_spool *s, const struct ledger_header *header)
{
    page_spool_end(s);
    if (getrandom(&s->load, sizeof s->load, 0) != sizeof s->load)
        return FAIL(ERR_IO, "load: no random bytes");
    return page_spool_move(s, header);
}

ERR page_spool_move(struct page_spool *s, const struct ledger_header *header)
{
    struct ledger_header before = s->header;
    s->header = *header;
    err e = write_manifest(s);
    if (err_failed(e))
        s->header = before;
    else
        s->begun = true;
    return e;
}

/* Whole pages from the beginning; what follows them is cut off. */
static err read_run(struct page_spool *s, uint32_t range)
{
    CLEANUP(mem_freep) char *path = run_path(s, range);
    CLEANUP(buf_deinit) struct buf file = {0};
    struct run *r = &s->runs[range];
    struct page page;
    err e = spool_file_read(path, &file);
    if (e.code == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    while (r->bytes < file.n && decode_head(s, buf_slice(&file), r->bytes, &page)) {
        r->bytes += HEAD_BYTES + page.n_bytes;
        insert(r, &page);
    }
    drop_refused(r, s);
    if (r->bytes == file.n)
        return OK;
    LOG_INFO("etl: %s: %llu bytes behind the last whole page: thrown away", path,
             (unsigned long long)(file.n - r->bytes));
    return truncate(path, (off_t)r->bytes) == 0 ? OK : spool_file_failed(path);
}

static err read_all(struct page_spool *s)
{
    TRY(read_manifest(s, &s->begun));
    if (!s->begun) {
        page_spool_end(s);
        return OK;
    }
    for (uint32_t i = 0; i < PAGE_SPOOL_RANGES; i++)
        TRY(read_run(s, i));
    return OK;
}

static void page_spool_freep(struct page_spool **s)
{
    page_spool_close(*s);
}

void page_spool_discard(const char *path)
{
    CLEANUP(page_spool_freep) struct page_spool *s = xcalloc(1, sizeof *s);
    s->path = xstrdup(path);
    page_spool_end(s);
}

ERR page_spool_open(const char *path, struct page_spool **ret)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return spool_file_failed(path);
    CLEANUP(page_spool_freep) struct page_spool *s = xcalloc(1, sizeof *s);
    s->path = xstrdup(path);
    TRY(read_all(s));
    *ret = TAKE_PTR(s);
    return OK;
}

struct page_spool *page_spool_close(struct page_spool *s)
{
    if (!s)
        return NULL;
    for (uint32_t i = 0; i < PAGE_SPOOL_RANGES; i++)
        free(s->runs[i].pages);
    free(s->path);
    free(s);
    return NULL;
}
