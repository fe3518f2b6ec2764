/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_unpack.h"

#include "base/mem.h"
#include "net/ws_frame.h"

#include <stdlib.h>
#include <zlib.h>

#define BITS_MAX 15
#define IN_BYTES ((size_t)512) /* a step: some ten tables, at worst */
#define OUT_BYTES ((size_t)16 << 10)
#define KEPT_BYTES ((size_t)64 << 10)

struct ws_unpack {
    z_stream z;
    struct buf packed;
    size_t at; /* of it, what has been given to zlib */
    struct buf plain;
    size_t max_bytes;
    size_t utf8_bytes; /* of `plain`, checked */
    bool is_text;
    bool has_tail; /* zlib has had the last four bytes, which no message brings (7.2.2) */
};

static struct ws_unpack *new (void)
{
    struct ws_unpack *u = xcalloc(1, sizeof *u);
    if (inflateInit2(&u->z, -BITS_MAX) != Z_OK)
        abort(); /* out of memory, as in xmalloc */
    return u;
}

struct ws_unpack *ws_unpack_begin(struct ws_unpack **spare, struct buf *packed, size_t max_bytes,
                                  bool is_text)
{
    struct ws_unpack *u = *spare ? TAKE_PTR(*spare) : new ();
    u->packed = *packed;
    *packed = (struct buf){0};
    u->at = u->utf8_bytes = 0;
    u->max_bytes = max_bytes;
    u->is_text = is_text;
    u->has_tail = false;
    u->z.avail_in = 0;
    inflateReset(&u->z);
    return u;
}

static void give_input(struct ws_unpack *u)
{
    static const uint8_t tail[] = {0, 0, 0xff, 0xff};
    struct slice next = slice_from(buf_slice(&u->packed), u->at);
    if (u->z.avail_in)
        return;
    next.n = MIN(next.n, IN_BYTES);
    u->at += next.n;
    if (next.n == 0 && !u->has_tail) {
        next = slice_of(tail, sizeof tail);
        u->has_tail = true;
    }
    u->z.next_in = (Bytef *)(uintptr_t)next.p;
    u->z.avail_in = (uInt)next.n;
}

static bool is_utf8(struct ws_unpack *u, bool done)
{
    bool bad;
    u->utf8_bytes += ws_frame_utf8_prefix(slice_from(buf_slice(&u->plain), u->utf8_bytes), &bad);
    return !bad && (!done || u->utf8_bytes == u->plain.n);
}

err ws_unpack_step(struct ws_unpack *u, bool *ret_done)
{
    give_input(u);
    u->z.next_out = buf_reserve(&u->plain, OUT_BYTES);
    u->z.avail_out = OUT_BYTES;
    int rc = inflate(&u->z, Z_SYNC_FLUSH);
    buf_advance(&u->plain, OUT_BYTES - u->z.avail_out);
    if (rc == Z_STREAM_END) /* a sender may end its blocks (7.2.3.4); then a new stream follows */
        rc = inflateReset(&u->z);
    if (rc != Z_OK && rc != Z_BUF_ERROR)
        return FAIL(ERR_PARSE, "damaged compressed message");
    if (u->plain.n > u->max_bytes)
        return FAIL(ERR_LIMIT, "message too large");
    *ret_done = u->has_tail && u->z.avail_in == 0 && u->z.avail_out;
    if (u->is_text && !is_utf8(u, *ret_done))
        return FAIL(ERR_PARSE, "text is not UTF-8");
    return OK;
}

struct slice ws_unpack_plain(const struct ws_unpack *u)
{
    return buf_slice(&u->plain);
}

bool ws_unpack_is_text(const struct ws_unpack *u)
{
    return u->is_text;
}

struct ws_unpack *ws_unpack_end(struct ws_unpack *u, struct ws_unpack **spare)
{
    if (u == NULL || *spare)
        return ws_unpack_free(u);
    buf_deinit(&u->packed);
    buf_clear(&u->plain);
    if (u->plain.cap > KEPT_BYTES)
        buf_deinit(&u->plain);
    *spare = u;
    return NULL;
}

struct ws_unpack *ws_unpack_free(struct ws_unpack *u)
{
    if (u == NULL)
        return NULL;
    inflateEnd(&u->z);
    buf_deinit(&u->packed);
    buf_deinit(&u->plain);
    free(u);
    return NULL;
}
