/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded messages of a real server: tests/data/grpc/NAME.bin, each with its length (u32,
 * big-endian) before it. */
#pragma once
#include "base/cursor.h"
#include "test.h"

#include <stdlib.h>

struct recorded {
    char *text;
    struct cursor rest;
};

static inline struct recorded recorded_open(const char *name)
{
    char path[100];
    size_t n;
    snprintf(path, sizeof path, "tests/data/grpc/%s.bin", name);
    struct recorded r = {.text = test_read_file(test_source_path(path), &n)};
    r.rest = cursor_of(slice_of(r.text, n));
    return r;
}

static inline bool recorded_next(struct recorded *r, struct slice *ret)
{
    if (cursor_done(&r->rest)) {
        free(r->text);
        return false;
    }
    *ret = cursor_take(&r->rest, cursor_be32(&r->rest));
    ASSERT(!r->rest.failed && ret->n > 0);
    return true;
}
