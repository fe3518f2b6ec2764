/* SPDX-License-Identifier: Apache-2.0 */
#include "double/world.h"

#include "base/bits.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <zstd.h>

#define MAX_FILE_BYTES ((size_t)2 << 30)

static err read_file(const char *path, struct arena *a, struct slice *ret)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return FAIL(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "world: %s: %s", path,
                    strerror(errno));
    CLEANUP(buf_deinit) struct buf b = {0};
    size_t n;
    while ((n = fread(buf_reserve(&b, 1 << 16), 1, 1 << 16, f)) > 0 && b.n < MAX_FILE_BYTES)
        buf_advance(&b, n);
    bool bad = ferror(f) != 0;
    fclose(f);
    if (bad)
        return FAIL(ERR_IO, "world: %s cannot be read", path);
    *ret = arena_dup(a, buf_slice(&b));
    return OK;
}

static err unpack(const char *path, struct slice packed, struct arena *a, struct slice *ret)
{
    CLEANUP(buf_deinit) struct buf out = {0};
    ZSTD_DStream *z = ZSTD_createDStream();
    ZSTD_inBuffer in = {packed.p, packed.n, 0};
    size_t rc = 1;
    while (in.pos < in.size && !ZSTD_isError(rc) && out.n < MAX_FILE_BYTES) {
        ZSTD_outBuffer to = {buf_reserve(&out, 1 << 17), 1 << 17, 0};
        rc = ZSTD_decompressStream(z, &to, &in);
        buf_advance(&out, to.pos);
    }
    while (rc != 0 && !ZSTD_isError(rc)) { /* what the stream still holds */
        ZSTD_outBuffer to = {buf_reserve(&out, 1 << 17), 1 << 17, 0};
        rc = ZSTD_decompressStream(z, &to, &in);
        buf_advance(&out, to.pos);
        if (to.pos == 0)
            break;
    }
    ZSTD_freeDStream(z);
    if (rc != 0)
        return FAIL(ERR_PARSE, "world: %s: damaged zstd data", path);
    *ret = arena_dup(a, buf_slice(&out));
    return OK;
}

err world_read(const char *dir, const char *name, struct arena *a, struct slice *ret)
{
    char path[1024];
    struct slice packed;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    err e = read_file(path, a, ret);
    if (e.code != ERR_NOT_FOUND)
        return e;
    snprintf(path, sizeof path, "%s/%s.zst", dir, name);
    TRY(read_file(path, a, &packed));
    return unpack(path, packed, a, ret);
}

err world_read_json(const char *dir, const char *name, struct arena *a, struct json *ret)
{
    struct slice text;
    TRY(world_read(dir, name, a, &text));
    err e = json_parse(text, NULL, a, ret, NULL);
    if (e.code)
        return FAIL(e.code, "world: %s/%s: %s", dir, name, err_text());
    return OK;
}

static err put_record(struct slice bin, const struct json *meta, struct world_record *ret)
{
    const struct json *offset = json_get(meta, "offset"), *length = json_get(meta, "length");
    if (!json_is(offset, JSON_INT) || !json_is(length, JSON_INT) || offset->i < 0 || length->i < 0)
        return FAIL(ERR_PARSE, "world: a record without offset and length");
    size_t at = (size_t)offset->i, n = (size_t)length->i;
    if (at > bin.n || n > bin.n || at + 4 + n > bin.n || bits_load32(bin.p + at) != n)
        return FAIL(ERR_PARSE, "world: a record at %zu is not in the file", at);
    *ret = (struct world_record){slice_of(bin.p + at + 4, n), meta};
    return OK;
}

err world_records(const char *dir, const char *kind, struct arena *a, struct world_record **ret,
                  size_t *ret_n)
{
    char name[200];
    struct json *index = arena_new_of(a, struct json);
    struct slice bin;
    snprintf(name, sizeof name, "grpc/%s.index.json", kind);
    TRY(world_read_json(dir, name, a, index));
    snprintf(name, sizeof name, "grpc/%s.bin", kind);
    TRY(world_read(dir, name, a, &bin));
    const struct json *records = json_get(index, "records");
    if (!json_is(records, JSON_ARRAY))
        return FAIL(ERR_PARSE, "world: %s: no records", name);
    struct world_record *list = arena_array(a, struct world_record, records->n);
    size_t n = 0;
    for (uint32_t i = 0; i < records->n; i++)
        if (json_get(&records->items[i], "error") == NULL)
            TRY(put_record(bin, &records->items[i], &list[n++]));
    *ret = list;
    *ret_n = n;
    return OK;
}
