/* SPDX-License-Identifier: Apache-2.0 */
/* Serialized objects for tests, field by field, in the order given. */
#pragma once
#include "base/buf.h"
#include "xrpl/amount.h"
#include "xrpl/field.h"

static inline void sto_build_header(struct buf *b, field_id id)
{
    uint32_t type = field_type(id), nth = field_nth(id);
    buf_put_u8(b, (uint8_t)((type < 16 ? type << 4 : 0) | (nth < 16 ? nth : 0)));
    if (type >= 16)
        buf_put_u8(b, (uint8_t)type);
    if (nth >= 16)
        buf_put_u8(b, (uint8_t)nth);
}

static inline void sto_build_u8(struct buf *b, field_id id, uint8_t v)
{
    sto_build_header(b, id);
    buf_put_u8(b, v);
}

static inline void sto_build_u16(struct buf *b, field_id id, uint16_t v)
{
    sto_build_header(b, id);
    buf_put_be16(b, v);
}

static inline void sto_build_u32(struct buf *b, field_id id, uint32_t v)
{
    sto_build_header(b, id);
    buf_put_be32(b, v);
}

static inline void sto_build_u64(struct buf *b, field_id id, uint64_t v)
{
    sto_build_header(b, id);
    buf_put_be64(b, v);
}

/* Any other value; at most 192 bytes where it has a length, and everything inside a container. */
static inline void sto_build_field(struct buf *b, field_id id, struct slice value)
{
    uint32_t type = field_type(id);
    sto_build_header(b, id);
    if (type == FIELD_TYPE_ACCOUNT || type == FIELD_TYPE_VECTOR256 || type == FIELD_TYPE_BLOB)
        buf_put_u8(b, (uint8_t)value.n);
    buf_put_slice(b, value);
    if (type == FIELD_TYPE_OBJECT)
        buf_put_u8(b, 0xE1);
    if (type == FIELD_TYPE_ARRAY)
        buf_put_u8(b, 0xF1);
}

static inline void sto_build_amount(struct buf *b, field_id id, const struct amount *a)
{
    uint8_t wire[AMOUNT_WIRE_MAX];
    size_t n = amount_encode(a, wire);
    sto_build_field(b, id, slice_of(wire, n));
}

static inline void sto_build_account(struct buf *b, field_id id, const struct account *a)
{
    sto_build_field(b, id, slice_of(a->b, sizeof a->b));
}

/* A container: build its inside in `inside`, which is empty afterwards. */
static inline void sto_build_nest(struct buf *b, field_id id, struct buf *inside)
{
    sto_build_field(b, id, buf_slice(inside));
    buf_deinit(inside);
    *inside = (struct buf){0};
}
