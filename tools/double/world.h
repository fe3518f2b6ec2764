/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a recording: gRPC replies in NAME.bin or NAME.bin.zst with NAME.index.json (or .zst). */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"

/* A file, or the same with .zst; in `a`. Errors: ERR_IO, ERR_PARSE, ERR_NOT_FOUND. */
ERR world_read(const char *dir, const char *name, struct arena *a, struct slice *ret);
/* A JSON file. */
ERR world_read_json(const char *dir, const char *name, struct arena *a, struct json *ret);

/* The replies of one kind, in order. ERR_NOT_FOUND: no such kind. */
struct world_record {
    struct slice reply;
    const struct json *meta; /* the index's element */
};
ERR world_records(const char *dir, const char *kind, struct arena *a, struct world_record **ret,
                  size_t *ret_n);
