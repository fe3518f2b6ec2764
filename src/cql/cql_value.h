/* SPDX-License-Identifier: Apache-2.0 */
/* Values of statements and rows: a length and big-endian bytes each. */
#pragma once
#include "base/bits.h"
#include "base/buf.h"
#include "base/cursor.h"

static inline void cql_value_put_blob(struct buf *b, struct slice s)
{
    buf_put_be32(b, (uint32_t)s.n);
    buf_put_slice(b, s);
}
static inline void cql_value_put_null(struct buf *b)
{
    buf_put_be32(b, UINT32_MAX);
}
static inline void cql_value_put_bigint(struct buf *b, int64_t v)
{
    buf_put_be32(b, 8);
    buf_put_be64(b, (uint64_t)v);
}
static inline void cql_value_put_int(struct buf *b, int32_t v)
{
    buf_put_be32(b, 4);
    buf_put_be32(b, (uint32_t)v);
}
static inline void cql_value_put_bool(struct buf *b, bool v)
{
    buf_put_be32(b, 1);
    buf_put_u8(b, v);
}
/* tuple<bigint, bigint>, frozen */
static inline void cql_value_put_pair(struct buf *b, int64_t first, int64_t second)
{
    buf_put_be32(b, 24);
    cql_value_put_bigint(b, first);
    cql_value_put_bigint(b, second);
}

/* A column of a row. n = 0 and null = false: zero length, which is not NULL. */
struct cql_value {
    struct slice bytes;
    bool null;
};
static inline struct cql_value cql_value_get(struct cursor *c)
{
    int32_t n = (int32_t)cursor_be32(c);
    if (n < 0)
        return (struct cql_value){SLICE_EMPTY, true};
    return (struct cql_value){cursor_take(c, (size_t)n), false};
}
/* Fixed shapes: false when the value is NULL or of another size. */
static inline bool cql_value_bigint(struct cql_value v, int64_t *ret)
{
    if (v.null || v.bytes.n != 8)
        return false;
    *ret = (int64_t)bits_load64(v.bytes.p);
    return true;
}
static inline bool cql_value_u32(struct cql_value v, uint32_t *ret)
{
    int64_t x;
    if (!cql_value_bigint(v, &x) || x < 0 || x > UINT32_MAX)
        return false;
    *ret = (uint32_t)x;
    return true;
}
static inline bool cql_value_int(struct cql_value v, int32_t *ret)
{
    if (v.null || v.bytes.n != 4)
        return false;
    *ret = (int32_t)bits_load32(v.bytes.p);
    return true;
}
static inline bool cql_value_bool(struct cql_value v, bool *ret)
{
    if (v.null || v.bytes.n != 1)
        return false;
    *ret = v.bytes.p[0] != 0;
    return true;
}
static inline bool cql_value_pair(struct cql_value v, uint32_t *ret_first, uint32_t *ret_second)
{
    struct cursor c = cursor_of(v.bytes);
    struct cql_value first = cql_value_get(&c), second = cql_value_get(&c);
    return !v.null && !c.failed && cursor_done(&c) && cql_value_u32(first, ret_first) &&
           cql_value_u32(second, ret_second);
}
