/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_frame.h"

#include "base/bits.h"
#include "base/cursor.h"

#include <lz4.h>
#include <zlib.h>

/* Smaller bodies gain nothing. */
#define COMPRESS_MIN_BYTES 512
/* LZ4 packs at best 255 to one: a length that claims more is a lie, not a reason to allocate. */
#define LZ4_MAX_RATIO 255

size_t cql_frame_begin(struct buf *out, uint8_t version, uint8_t opcode)
{
    size_t at = out->n;
    const uint8_t header[CQL_FRAME_HEADER_BYTES] = {version, 0, 0, 0, opcode};
    buf_put(out, header, sizeof header);
    return at;
}

void cql_frame_end(struct buf *out, size_t at)
{
    bits_store32(out->p + at + 5, (uint32_t)(out->n - at - CQL_FRAME_HEADER_BYTES));
}

void cql_frame_set_stream(uint8_t *frame, int16_t stream)
{
    bits_store16(frame + 2, (uint16_t)stream);
}

void cql_frame_compress(struct buf *out, struct slice frame)
{
    struct slice body = slice_from(frame, CQL_FRAME_HEADER_BYTES);
    size_t at = out->n;
    if (body.n >= COMPRESS_MIN_BYTES && body.n <= LZ4_MAX_INPUT_SIZE) {
        int bound = LZ4_compressBound((int)body.n);
        uint8_t *p = buf_reserve(out, CQL_FRAME_HEADER_BYTES + 4 + (size_t)bound);
        int n = LZ4_compress_default((const char *)body.p, (char *)p + CQL_FRAME_HEADER_BYTES + 4,
                                     (int)body.n, bound);
        if (n > 0 && (size_t)n + 4 < body.n) {
            memcpy(p, frame.p, CQL_FRAME_HEADER_BYTES);
            p[1] |= CQL_FLAG_COMPRESSED;
            bits_store32(p + CQL_FRAME_HEADER_BYTES, (uint32_t)body.n);
            buf_advance(out, CQL_FRAME_HEADER_BYTES + 4 + (size_t)n);
            cql_frame_end(out, at);
            return;
        }
    }
    buf_put_slice(out, frame);
}

/* The checksums of version 5: CRC-24 over the segment's header, CRC-32 (after four fixed bytes)
 * over its payload. */

static uint32_t crc24(uint64_t bytes, size_t n)
{
    uint32_t crc = 0x875060;
    for (size_t i = 0; i < n; i++, bytes >>= 8) {
        crc ^= (uint32_t)(bytes & 0xFF) << 16;
        for (int bit = 0; bit < 8; bit++) {
            crc <<= 1;
            if (crc & 0x1000000)
                crc ^= 0x1974F0B;
        }
    }
    return crc;
}

static uint32_t crc32_payload(struct slice s)
{
    static const uint8_t before[4] = {0xFA, 0x2D, 0x55, 0xCA};
    return (uint32_t)crc32(crc32(0, before, 4), s.p, (uInt)s.n);
}

static void put_le(uint8_t *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++, v >>= 8)
        p[i] = (uint8_t)v;
}

static uint64_t get_le(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

static size_t segment_header_bytes(bool lz4)
{
    return lz4 ? 5 : 3;
}

static void put_segment(struct buf *out, struct slice payload, bool lz4, bool whole)
{
    size_t n_head = segment_header_bytes(lz4), n = payload.n, n_plain = 0;
    int bound = lz4 ? LZ4_compressBound((int)payload.n) : (int)payload.n;
    uint8_t *p = buf_reserve(out, n_head + 3 + (size_t)bound + 4), *body = p + n_head + 3;
    if (lz4) {
        int packed =
            LZ4_compress_default((const char *)payload.p, (char *)body, (int)payload.n, bound);
        if (packed > 0 && (size_t)packed < payload.n) {
            n = (size_t)packed;
            n_plain = payload.n;
        }
    }
    if (n_plain == 0)
        memcpy(body, payload.p, n);
    uint64_t header =
        lz4 ? n | (uint64_t)n_plain << 17 | (uint64_t)whole << 34 : n | (uint64_t)whole << 17;
    put_le(p, header, n_head);
    put_le(p + n_head, crc24(header, n_head), 3);
    put_le(body + n, crc32_payload(slice_of(body, n)), 4);
    buf_advance(out, n_head + 3 + n + 4);
}

void cql_frame_segments(struct buf *out, struct slice frames, bool lz4)
{
    while (frames.n) {
        size_t n = 0; /* as many whole frames as fit */
        while (n < frames.n) {
            size_t frame = CQL_FRAME_HEADER_BYTES + bits_load32(frames.p + n + 5);
            if (n + frame > CQL_FRAME_SEGMENT_MAX)
                break;
            n += frame;
        }
        if (n > 0) {
            put_segment(out, slice_of(frames.p, n), lz4, true);
            frames = slice_from(frames, n);
            continue;
        }
        size_t left =
            CQL_FRAME_HEADER_BYTES + bits_load32(frames.p + 5); /* one that does not fit */
        while (left) {
            size_t part = left < CQL_FRAME_SEGMENT_MAX ? left : CQL_FRAME_SEGMENT_MAX;
            put_segment(out, slice_of(frames.p, part), lz4, false);
            frames = slice_from(frames, part);
            left -= part;
        }
    }
}

void cql_decoder_init(struct cql_decoder *d, size_t max_frame_bytes)
{
    *d = (struct cql_decoder){.max_frame_bytes = max_frame_bytes};
}

void cql_decoder_deinit(struct cql_decoder *d)
{
    buf_deinit(&d->in);
    buf_deinit(&d->frames);
    buf_deinit(&d->plain);
}

void cql_decoder_set_segmented(struct cql_decoder *d)
{
    d->segmented = true;
}

uint8_t *cql_decoder_reserve(struct cql_decoder *d, size_t n)
{
    if (d->used) {
        buf_consume(&d->in, d->used);
        d->used = 0;
    }
    return buf_reserve(&d->in, n);
}

void cql_decoder_advance(struct cql_decoder *d, size_t n)
{
    buf_advance(&d->in, n);
}

/* A block of LZ4 that must give exactly n bytes, into d->plain. */
static err unpack(struct cql_decoder *d, struct slice packed, size_t n)
{
    if (n > d->max_frame_bytes || n > packed.n * LZ4_MAX_RATIO + 64 || packed.n > INT32_MAX)
        return FAIL(ERR_LIMIT, "cql: compressed block claims %zu bytes", n);
    buf_clear(&d->plain);
    uint8_t *p = buf_reserve(&d->plain, n ? n : 1);
    int got = LZ4_decompress_safe((const char *)packed.p, (char *)p, (int)packed.n, (int)n);
    if (got < 0 || (size_t)got != n)
        return FAIL(ERR_PROTOCOL, "cql: compressed block is damaged");
    buf_advance(&d->plain, n);
    return OK;
}

/* Move the payload of the next segment to d->frames. */
static err take_segment(struct cql_decoder *d, bool *ret_have)
{
    struct slice in = slice_from(buf_slice(&d->in), d->used);
    size_t n_head = segment_header_bytes(d->lz4);
    *ret_have = false;
    if (in.n < n_head + 3)
        return OK;
    uint64_t header = get_le(in.p, n_head);
    if (crc24(header, n_head) != get_le(in.p + n_head, 3))
        return FAIL(ERR_PROTOCOL, "cql: checksum of a segment's header is wrong");
    size_t n = header & CQL_FRAME_SEGMENT_MAX,
           n_plain = d->lz4 ? header >> 17 & CQL_FRAME_SEGMENT_MAX : 0;
    if (in.n < n_head + 3 + n + 4)
        return OK;
    struct slice payload = slice_of(in.p + n_head + 3, n);
    if (crc32_payload(payload) != get_le(payload.p + n, 4))
        return FAIL(ERR_PROTOCOL, "cql: checksum of a segment is wrong");
    d->used += n_head + 3 + n + 4;
    if (n_plain) {
        TRY(unpack(d, payload, n_plain));
        payload = buf_slice(&d->plain);
    }
    if (d->frames_used) {
        buf_consume(&d->frames, d->frames_used);
        d->frames_used = 0;
    }
    buf_put_slice(&d->frames, payload);
    *ret_have = true;
    return OK;
}

/* Skip what may stand before a body. */
static err strip(struct cql_frame *f)
{
    struct cursor c = cursor_of(f->body);
    if (f->flags & CQL_FLAG_TRACING)
        cursor_take(&c, 16);
    if (f->flags & CQL_FLAG_WARNING)
        for (uint16_t n = cursor_be16(&c); n > 0 && !c.failed; n--)
            cursor_take(&c, cursor_be16(&c));
    if (f->flags & CQL_FLAG_PAYLOAD)
        for (uint16_t n = cursor_be16(&c); n > 0 && !c.failed; n--) {
            cursor_take(&c, cursor_be16(&c));
            int32_t value = (int32_t)cursor_be32(&c);
            cursor_take(&c, value > 0 ? (size_t)value : 0);
        }
    if (c.failed)
        return FAIL(ERR_PROTOCOL, "cql: frame ends inside of its warnings");
    f->body = cursor_rest(&c);
    return OK;
}

static err take_frame(struct cql_decoder *d, struct slice in, size_t *used, struct cql_frame *ret,
                      bool *ret_have)
{
    if (in.n < CQL_FRAME_HEADER_BYTES)
        return OK;
    size_t n = bits_load32(in.p + 5);
    if ((in.p[0] & 0x80) == 0)
        return FAIL(ERR_PROTOCOL,
                    "cql: not a response (first byte %02x): is this the CQL port, with the right "
                    "TLS setting?",
                    in.p[0]);
    if (n > d->max_frame_bytes)
        return FAIL(ERR_LIMIT, "cql: frame of %zu bytes", n);
    if (in.n - CQL_FRAME_HEADER_BYTES < n)
        return OK;
    *ret = (struct cql_frame){in.p[0] & 0x7F, in.p[1], (int16_t)bits_load16(in.p + 2), in.p[4],
                              slice_of(in.p + CQL_FRAME_HEADER_BYTES, n)};
    *used += CQL_FRAME_HEADER_BYTES + n;
    if (ret->flags & CQL_FLAG_COMPRESSED) {
        if (!d->lz4 || n < 4)
            return FAIL(ERR_PROTOCOL, "cql: compressed frame where none was agreed on");
        TRY(unpack(d, slice_from(ret->body, 4), bits_load32(ret->body.p)));
        ret->body = buf_slice(&d->plain);
    }
    *ret_have = true;
    return strip(ret);
}

static err next(struct cql_decoder *d, struct cql_frame *ret, bool *ret_have)
{
    *ret_have = false;
    if (!d->segmented)
        return take_frame(d, slice_from(buf_slice(&d->in), d->used), &d->used, ret, ret_have);
    for (bool more = true; more;) {
        TRY(take_frame(d, slice_from(buf_slice(&d->frames), d->frames_used), &d->frames_used, ret,
                       ret_have));
        if (*ret_have)
            break;
        TRY(take_segment(d, &more));
    }
    return OK;
}

ERR cql_decoder_next(struct cql_decoder *d, struct cql_frame *ret, bool *ret_have)
{
    if (d->failed)
        return FAIL(ERR_PROTOCOL, "cql: damaged stream");
    err e = next(d, ret, ret_have);
    d->failed = err_failed(e);
    return e;
}
