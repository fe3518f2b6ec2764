/* SPDX-License-Identifier: Apache-2.0 */
/* The recorded gRPC replies of tests/data/world, as the replies of a source. */
#pragma once
#include "base/cursor.h"
#include "base/mem.h"
#include "rippled/fetch.h"
#include "test.h"

#include <stdlib.h>
#include <zstd.h>

struct recording {
    uint8_t *bytes;
    struct cursor rest;
};

static inline struct recording recording_open(const char *kind)
{
    char path[100];
    size_t n;
    snprintf(path, sizeof path, "tests/data/world/grpc/%s.bin.zst", kind);
    char *packed = test_read_file(test_source_path(path), &n);
    unsigned long long size = ZSTD_getFrameContentSize(packed, n);
    ASSERT(size < (1u << 30));
    struct recording r = {.bytes = xmalloc(size)};
    ASSERT(ZSTD_decompress(r.bytes, size, packed, n) == size);
    free(packed);
    r.rest = cursor_of(slice_of(r.bytes, size));
    return r;
}

/* The next message as a reply of its own; NULL at the end. `is_page`: of GetLedgerData. */
static inline struct fetch_reply *recording_next(struct recording *r, bool is_page)
{
    if (cursor_done(&r->rest)) {
        free(r->bytes);
        return NULL;
    }
    struct fetch_reply *reply = xcalloc(1, sizeof *reply);
    buf_put_slice(&reply->bytes, cursor_take(&r->rest, cursor_be32(&r->rest)));
    if (is_page)
        ASSERT_OK(proto_read_ledger_data(buf_slice(&reply->bytes), &reply->data));
    else
        ASSERT_OK(proto_read_ledger(buf_slice(&reply->bytes), &reply->ledger));
    return reply;
}
