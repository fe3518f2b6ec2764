/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_frame.h"

#include "base/bits.h"
#include "base/mem.h"
#include "unit/cql/vectors.h"
#include "unit/test.h"

#include <stdlib.h>

/* As tools/vectors-cql makes it. */
static void put_payload(struct buf *b, uint32_t seed, size_t n)
{
    uint32_t state = seed;
    for (size_t i = 0; i < n; i++) {
        state = (state * 1103515245u + 12345u) & 0x7FFFFFFF;
        buf_put_u8(b, (uint8_t)(state >> 16 & (seed % 2 ? 0xFF : 0x03)));
    }
}

static void put_frame(struct buf *b, uint8_t version, int16_t stream, uint32_t seed, size_t n)
{
    size_t at = cql_frame_begin(b, version | 0x80, CQL_OP_RESULT);
    put_payload(b, seed, n);
    cql_frame_end(b, at);
    cql_frame_set_stream(b->p + at, stream);
}

/* Feed in pieces; expects n frames of streams 0.., with the payloads that put_frame made. */
static void expect_frames(struct cql_decoder *d, struct slice in, size_t piece, const size_t *sizes,
                          size_t n)
{
    CLEANUP(buf_deinit) struct buf expected = {0};
    size_t got = 0;
    while (in.n) {
        size_t take = MIN(piece, in.n);
        memcpy(cql_decoder_reserve(d, take), in.p, take);
        cql_decoder_advance(d, take);
        in = slice_from(in, take);
        struct cql_frame f;
        bool have;
        for (;;) {
            ASSERT_OK(cql_decoder_next(d, &f, &have));
            if (!have)
                break;
            ASSERT(got < n);
            ASSERT_INT(got, f.stream);
            ASSERT_INT(CQL_OP_RESULT, f.opcode);
            buf_clear(&expected);
            put_payload(&expected, (uint32_t)got + 1, sizes[got]);
            ASSERT(slice_eq(buf_slice(&expected), f.body));
            got++;
        }
    }
    ASSERT_INT(n, got);
}

static const size_t sizes[] = {0, 1, 600, 70000, 3, 400000, 20};

static void round_trip(uint8_t version, bool lz4, size_t piece)
{
    CLEANUP(buf_deinit) struct buf frames = {0}, wire = {0};
    struct cql_decoder d;
    cql_decoder_init(&d, 1 << 20);
    d.lz4 = lz4;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        size_t at = frames.n;
        put_frame(&frames, version, (int16_t)i, (uint32_t)i + 1, sizes[i]);
        if (version == 4 && lz4)
            cql_frame_compress(&wire, slice_from(buf_slice(&frames), at));
    }
    if (version == 5) {
        cql_decoder_set_segmented(&d);
        cql_frame_segments(&wire, buf_slice(&frames), lz4);
    } else if (!lz4) {
        buf_put_slice(&wire, buf_slice(&frames));
    }
    if (lz4)
        ASSERT(wire.n < frames.n);
    expect_frames(&d, buf_slice(&wire), piece, sizes, ARRAY_LEN(sizes));
    cql_decoder_deinit(&d);
}

TEST(frames_come_back_however_they_are_cut)
{
    static const size_t pieces[] = {1, 7, 4096, 1 << 20};
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
        for (uint8_t version = 4; version <= 5; version++)
            for (int lz4 = 0; lz4 < 2; lz4++)
                round_trip(version, lz4, pieces[i]);
}

TEST(segments_are_those_of_another_driver)
{
    struct vectors v = vectors_open();
    char kind[16];
    while (vectors_next(&v, kind)) {
        if (strcmp(kind, "segments") != 0)
            continue;
        CLEANUP(buf_deinit) struct buf payload = {0};
        bool lz4 = vectors_number(&v) != 0;
        uint32_t seed = (uint32_t)vectors_number(&v);
        size_t n = (size_t)vectors_number(&v);
        struct slice expected = vectors_bytes(&v);
        put_payload(&payload, seed, n);
        /* to be read by us: a frame whose bytes are the payload does not exist, so compare what a
         * decoder has collected */
        struct cql_decoder d;
        struct cql_frame f;
        bool have;
        cql_decoder_init(&d, 1 << 20);
        d.lz4 = lz4;
        cql_decoder_set_segmented(&d);
        memcpy(cql_decoder_reserve(&d, expected.n), expected.p, expected.n);
        cql_decoder_advance(&d, expected.n);
        err_ignore(cql_decoder_next(&d, &f, &have)); /* the payload is no frame */
        ASSERT(slice_eq(buf_slice(&d.frames), buf_slice(&payload)));
        cql_decoder_deinit(&d);
    }
    vectors_close(&v);
}

/* Flip each bit of a short stream: version 5 notices every one. */
TEST(a_flipped_bit_in_a_segment_is_noticed)
{
    for (int lz4 = 0; lz4 < 2; lz4++) {
        CLEANUP(buf_deinit) struct buf frames = {0}, wire = {0};
        put_frame(&frames, 5, 0, 2, 100);
        cql_frame_segments(&wire, buf_slice(&frames), lz4);
        for (size_t bit = 0; bit < wire.n * 8; bit++) {
            struct cql_decoder d;
            struct cql_frame f;
            bool have = false;
            cql_decoder_init(&d, 1 << 20);
            d.lz4 = lz4;
            cql_decoder_set_segmented(&d);
            wire.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            memcpy(cql_decoder_reserve(&d, wire.n), wire.p, wire.n);
            cql_decoder_advance(&d, wire.n);
            err e = cql_decoder_next(&d, &f, &have);
            ASSERT(err_failed(e) && !have);
            ASSERT_ERR(ERR_PROTOCOL,
                       cql_decoder_next(&d, &f, &have)); /* and nothing comes after it */
            wire.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            cql_decoder_deinit(&d);
        }
    }
}

static err decode_one(const uint8_t *p, size_t n, bool lz4)
{
    struct cql_decoder d;
    struct cql_frame f;
    bool have;
    cql_decoder_init(&d, 1000);
    d.lz4 = lz4;
    memcpy(cql_decoder_reserve(&d, n), p, n);
    cql_decoder_advance(&d, n);
    err e = cql_decoder_next(&d, &f, &have);
    cql_decoder_deinit(&d);
    return e;
}

TEST(lies_about_sizes_are_refused)
{
    const uint8_t too_long[] = {0x84, 0, 0, 0, 8, 0x7F, 0xFF, 0xFF, 0xFF};
    const uint8_t request[] = {0x04, 0, 0, 0, 8, 0, 0, 0, 0};
    const uint8_t http[] = "HTTP/1.1 400 Bad Request";
    const uint8_t bomb[] = {0x84, 1, 0, 0, 8, 0, 0, 0, 6, 0, 0, 0x03, 0xE8, 0, 0};
    const uint8_t warnings[] = {0x84, 8, 0, 0, 8, 0, 0, 0, 4, 0, 1, 0, 9};
    ASSERT_ERR(ERR_LIMIT, decode_one(too_long, sizeof too_long, false));
    ASSERT_ERR(ERR_PROTOCOL, decode_one(request, sizeof request, false));
    ASSERT_ERR(ERR_PROTOCOL, decode_one(http, sizeof http - 1, false));
    ASSERT_ERR(ERR_PROTOCOL, decode_one(bomb, sizeof bomb, false));
    ASSERT_ERR(ERR_LIMIT, decode_one(bomb, sizeof bomb, true));
    ASSERT_ERR(ERR_PROTOCOL, decode_one(warnings, sizeof warnings, false));
}
