/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/pb.h"

static uint64_t varint(struct cursor *c)
{
    uint64_t v = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
        uint8_t b = cursor_u8(c);
        v |= (uint64_t)(b & 0x7F) << shift;
        if (!(b & 0x80))
            return v;
    }
    cursor_fail(c);
    return 0;
}

static uint64_t fixed(struct cursor *c, size_t n)
{
    struct slice s = cursor_take(c, n);
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++)
        v |= (uint64_t)s.p[i] << (8 * i);
    return v;
}

bool pb_next(struct cursor *c, struct pb_field *ret)
{
    if (cursor_done(c))
        return false;
    uint64_t tag = varint(c);
    *ret = (struct pb_field){.number = (uint32_t)(tag >> 3), .wire = (enum pb_wire)(tag & 7)};
    if (tag >> 3 == 0 || tag >> 32)
        cursor_fail(c);
    switch (tag & 7) {
    case PB_WIRE_VARINT: ret->value = varint(c); break;
    case PB_WIRE_FIXED64: ret->value = fixed(c, 8); break;
    case PB_WIRE_FIXED32: ret->value = fixed(c, 4); break;
    case PB_WIRE_BYTES: {
        uint64_t n = varint(c);
        if (n > cursor_left(c))
            cursor_fail(c);
        else
            ret->bytes = cursor_take(c, (size_t)n);
        break;
    }
    default: cursor_fail(c);
    }
    return !c->failed;
}

bool pb_next_bytes(struct cursor *c, uint32_t number, struct slice *ret)
{
    struct pb_field f;
    while (pb_next(c, &f)) {
        if (f.number != number)
            continue;
        if (f.wire != PB_WIRE_BYTES) {
            cursor_fail(c);
            return false;
        }
        *ret = f.bytes;
        return true;
    }
    return false;
}

static size_t varint_encode(uint64_t v, uint8_t out[10])
{
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        out[n++] = (uint8_t)(v | 0x80);
    out[n++] = (uint8_t)v;
    return n;
}

static void put_varint(struct buf *b, uint64_t v)
{
    uint8_t x[10];
    buf_put(b, x, varint_encode(v, x));
}

static void put_tag(struct buf *b, uint32_t number, enum pb_wire wire)
{
    put_varint(b, (uint64_t)number << 3 | wire);
}

void pb_put_u64(struct buf *b, uint32_t number, uint64_t v)
{
    if (v)
        pb_put_u64_set(b, number, v);
}

void pb_put_u64_set(struct buf *b, uint32_t number, uint64_t v)
{
    put_tag(b, number, PB_WIRE_VARINT);
    put_varint(b, v);
}

void pb_put_bytes(struct buf *b, uint32_t number, struct slice v)
{
    if (v.n)
        pb_put_element(b, number, v);
}

void pb_put_element(struct buf *b, uint32_t number, struct slice v)
{
    put_tag(b, number, PB_WIRE_BYTES);
    put_varint(b, v.n);
    buf_put_slice(b, v);
}

size_t pb_begin(struct buf *b, uint32_t number)
{
    put_tag(b, number, PB_WIRE_BYTES);
    buf_put_u8(b, 0); /* room for a length below 128: most messages */
    return b->n;
}

void pb_end(struct buf *b, size_t begun)
{
    uint8_t length[10];
    size_t n = b->n - begun, n_length = varint_encode(n, length);
    buf_reserve(b, n_length);
    memmove(b->p + begun - 1 + n_length, b->p + begun, n);
    memcpy(b->p + begun - 1, length, n_length);
    b->n += n_length - 1;
}
