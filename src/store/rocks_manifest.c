/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "store/rocks_manifest.h"

#include "base/crc32c.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/rocks_codec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 32768
#define HEAD 7 /* masked crc u32, length u16, type u8; little-endian */
#define TAG_DELETED_FILE 6
#define TAG_FAMILY 200

enum piece { PIECE_FULL = 1, PIECE_FIRST, PIECE_MIDDLE, PIECE_LAST };

static void put_varint(struct buf *b, uint64_t v)
{
    uint8_t bytes[ROCKS_CODEC_MAX_VARINT];
    buf_put(b, bytes, rocks_codec_put_varint(bytes, v));
}

static void put_edit(struct buf *b, const struct rocks_manifest_file *f)
{
    put_varint(b, TAG_DELETED_FILE);
    put_varint(b, f->level);
    put_varint(b, f->number);
    if (f->family) {
        put_varint(b, TAG_FAMILY);
        put_varint(b, f->family);
    }
}

static void put_piece(struct buf *b, enum piece type, struct slice payload)
{
    uint8_t kind = (uint8_t)type;
    uint32_t crc = crc32c(crc32c(0, &kind, 1), payload.p, payload.n);
    uint32_t masked = (crc >> 15 | crc << 17) + 0xa282ead8u;
    uint8_t head[HEAD] = {(uint8_t)masked,
                          (uint8_t)(masked >> 8),
                          (uint8_t)(masked >> 16),
                          (uint8_t)(masked >> 24),
                          (uint8_t)payload.n,
                          (uint8_t)(payload.n >> 8),
                          kind};
    buf_put(b, head, HEAD);
    buf_put_slice(b, payload);
}

/* A record that begins at byte `at` of the file: pieces do not cross blocks. */
static void put_record(struct buf *b, uint64_t at, struct slice record)
{
    for (bool first = true, last = false; !last; first = false) {
        size_t left = BLOCK - (size_t)((at + b->n) % BLOCK);
        if (left < HEAD) {
            buf_put(b, "\0\0\0\0\0\0", left);
            left = BLOCK;
        }
        size_t n = MIN(left - HEAD, record.n);
        last = n == record.n;
        enum piece type =
            first ? (last ? PIECE_FULL : PIECE_FIRST) : (last ? PIECE_LAST : PIECE_MIDDLE);
        put_piece(b, type, slice_of(record.p, n));
        record = slice_from(record, n);
    }
}

/* "MANIFEST-000012", as CURRENT says. */
static ERR current_name(const char *path, char ret[64])
{
    CLEANUP(mem_freep) char *file = xasprintf("%s/CURRENT", path);
    FILE *f = fopen(file, "r");
    if (f == NULL)
        return FAIL(ERR_IO, "store: %s: %s", file, strerror(errno));
    bool ok = fgets(ret, 64, f) != NULL;
    fclose(f);
    ret[ok ? strcspn(ret, "\n") : 0] = 0;
    if (strncmp(ret, "MANIFEST-", 9) != 0 || strchr(ret, '/'))
        return FAIL(ERR_CORRUPT, "store: %s: names no manifest", file);
    return OK;
}

static ERR append(const char *file, int fd, const struct rocks_manifest_file *files, size_t n)
{
    CLEANUP(buf_deinit) struct buf records = {0};
    struct stat st;
    if (fstat(fd, &st) != 0)
        return FAIL(ERR_IO, "store: %s: %s", file, strerror(errno));
    for (size_t i = 0; i < n; i++) {
        CLEANUP(buf_deinit) struct buf edit = {0};
        put_edit(&edit, &files[i]);
        put_record(&records, (uint64_t)st.st_size, buf_slice(&edit));
    }
    if (write(fd, records.p, records.n) != (ssize_t)records.n || fsync(fd) != 0)
        return FAIL(ERR_IO, "store: %s: %s", file, strerror(errno));
    return OK;
}

ERR rocks_manifest_drop(const char *path, const struct rocks_manifest_file *files, size_t n)
{
    char name[64];
    TRY(current_name(path, name));
    CLEANUP(mem_freep) char *file = xasprintf("%s/%s", path, name);
    int fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return FAIL(ERR_IO, "store: %s: %s", file, strerror(errno));
    err e = append(file, fd, files, n);
    close(fd);
    return e;
}

/* --- CURRENT --- */

struct listing {
    uint64_t newest; /* manifest; 0: none */
    bool has_tables;
};

static ERR list(const char *path, struct listing *ret)
{
    DIR *d = opendir(path);
    *ret = (struct listing){0};
    if (d == NULL)
        return FAIL(ERR_IO, "store: %s: %s", path, strerror(errno));
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        const char *dot = strrchr(e->d_name, '.');
        uint64_t number = 0;
        if (strncmp(e->d_name, "MANIFEST-", 9) == 0)
            number = strtoull(e->d_name + 9, NULL, 10);
        ret->newest = MAX(ret->newest, number);
        ret->has_tables = ret->has_tables || (dot && strcmp(dot, ".sst") == 0);
    }
    closedir(d);
    return OK;
}

static bool current_is_right(const char *path)
{
    char name[64];
    if (err_failed(current_name(path, name)))
        return false;
    CLEANUP(mem_freep) char *file = xasprintf("%s/%s", path, name);
    return access(file, F_OK) == 0;
}

static ERR write_current(const char *path, uint64_t number)
{
    CLEANUP(mem_freep) char *file = xasprintf("%s/CURRENT", path);
    CLEANUP(mem_freep) char *new = xasprintf("%s/CURRENT.new", path);
    char text[64];
    int n = snprintf(text, sizeof text, "MANIFEST-%06llu\n", (unsigned long long)number);
    int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return FAIL(ERR_IO, "store: %s: %s", new, strerror(errno));
    bool ok = write(fd, text, (size_t)n) == n && fsync(fd) == 0;
    close(fd);
    if (!ok || rename(new, file) != 0)
        return FAIL(ERR_IO, "store: %s: %s", file, strerror(errno));
    TRY(rocks_sync_directory(path));
    LOG_ERROR("store: %s was lost or damaged (a bad disk?): it names the newest manifest, %llu, "
              "again",
              file, (unsigned long long)number);
    return OK;
}

ERR rocks_manifest_require(const char *path)
{
    struct listing l;
    if (current_is_right(path))
        return OK;
    TRY(list(path, &l));
    if (!l.has_tables && l.newest <= 1) /* never made to its end */
        return OK;
    if (l.newest == 0)
        return FAIL(ERR_CORRUPT, "store: %s: " ROCKS_MANIFEST_ADVICE ": there is no manifest",
                    path);
    return write_current(path, l.newest);
}
