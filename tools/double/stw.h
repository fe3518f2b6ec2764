/* SPDX-License-Identifier: Apache-2.0 */
/* Writing serialized objects: fields one after the other, in canonical order (by type, then
 * number), as the caller knows it. */
#pragma once
#include "base/buf.h"
#include "base/hash.h"
#include "xrpl/account.h"
#include "xrpl/field.h"

static inline void stw_head(struct buf *b, field_id id)
{
    uint32_t type = field_type(id), nth = field_nth(id);
    buf_put_u8(b, (uint8_t)((type < 16 ? type << 4 : 0) | (nth < 16 ? nth : 0)));
    if (type >= 16)
        buf_put_u8(b, (uint8_t)type);
    if (nth >= 16)
        buf_put_u8(b, (uint8_t)nth);
}

static inline void stw_u16(struct buf *b, field_id id, uint16_t v)
{
    stw_head(b, id);
    buf_put_be16(b, v);
}

static inline void stw_u8(struct buf *b, field_id id, uint8_t v)
{
    stw_head(b, id);
    buf_put_u8(b, v);
}

static inline void stw_u32(struct buf *b, field_id id, uint32_t v)
{
    stw_head(b, id);
    buf_put_be32(b, v);
}

static inline void stw_u64(struct buf *b, field_id id, uint64_t v)
{
    stw_head(b, id);
    buf_put_be64(b, v);
}

static inline void stw_fixed(struct buf *b, field_id id, const void *p, size_t n)
{
    stw_head(b, id);
    buf_put(b, p, n);
}

/* Length prefix of the protocol: one to three bytes. */
static inline void stw_length(struct buf *b, size_t n)
{
    if (n <= 192) {
        buf_put_u8(b, (uint8_t)n);
    } else if (n <= 12480) {
        n -= 193;
        buf_put_u8(b, (uint8_t)(193 + (n >> 8)));
        buf_put_u8(b, (uint8_t)n);
    } else {
        n -= 12481;
        buf_put_u8(b, (uint8_t)(241 + (n >> 16)));
        buf_put_be16(b, (uint16_t)n);
    }
}

static inline void stw_bytes(struct buf *b, field_id id, const void *p, size_t n)
{
    stw_head(b, id);
    stw_length(b, n);
    buf_put(b, p, n);
}

static inline void stw_account(struct buf *b, field_id id, const struct account *a)
{
    stw_bytes(b, id, a->b, 20);
}

static inline void stw_drops(struct buf *b, field_id id, uint64_t drops)
{
    stw_u64(b, id, drops | (uint64_t)1 << 62);
}

/* An issued amount of `micro` millionths. */
static inline void stw_iou(struct buf *b, field_id id, int64_t micro, const struct currency *c,
                           const struct account *issuer)
{
    uint64_t m = micro < 0 ? (uint64_t)-micro : (uint64_t)micro, v = (uint64_t)1 << 63;
    int exponent = -6;
    for (; m && m < 1000000000000000u; m *= 10)
        exponent--;
    if (m)
        v |= (uint64_t)(micro > 0) << 62 | (uint64_t)(exponent + 97) << 54 | m;
    stw_u64(b, id, v);
    buf_put(b, c->b, 20);
    buf_put(b, issuer->b, 20);
}
