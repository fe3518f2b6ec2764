/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/pb.h"
#include "test.h"

static struct pb_field only_field(struct slice bytes)
{
    struct cursor c = cursor_of(bytes);
    struct pb_field f;
    ASSERT(pb_next(&c, &f));
    ASSERT(cursor_done(&c));
    return f;
}

static bool malformed(const char *bytes, size_t n)
{
    struct cursor c = cursor_of(slice_of(bytes, n));
    struct pb_field f;
    while (pb_next(&c, &f))
        ;
    return c.failed;
}

TEST(numbers_come_back_as_they_were_put)
{
    const uint64_t values[] = {1,          127,        128,        16383,      16384,
                               UINT32_MAX, 1ull << 35, 1ull << 56, 1ull << 63, UINT64_MAX - 1,
                               UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buf b = {0};
        pb_put_u64(&b, 1 + (uint32_t)i * 1000, values[i]);
        struct pb_field f = only_field(buf_slice(&b));
        ASSERT_INT(1 + i * 1000, f.number);
        ASSERT_INT(PB_WIRE_VARINT, f.wire);
        ASSERT(f.value == values[i]);
        buf_deinit(&b);
    }
}

TEST(defaults_are_left_out_unless_they_must_be_there)
{
    struct buf b = {0};
    pb_put_u64(&b, 1, 0);
    pb_put_bytes(&b, 2, SLICE_EMPTY);
    ASSERT_INT(0, b.n);
    pb_put_u64_set(&b, 1, 0);
    pb_put_element(&b, 2, SLICE_EMPTY);
    ASSERT(slice_eq(slice_of("\x08\x00\x12\x00", 4), buf_slice(&b)));
    buf_deinit(&b);
}

TEST(messages_nest_at_every_length_of_their_length)
{
    for (size_t n = 0; n < 40000; n = n < 300 ? n + 1 : n * 3 / 2) {
        struct buf b = {0}, content = {0};
        struct cursor outer, inner;
        struct slice middle, innermost;
        buf_reserve(&content, n + 1);
        memset(content.p, 7, n);
        size_t a = pb_begin(&b, 3), c = pb_begin(&b, 4);
        pb_put_element(&b, 5, slice_of(content.p, n));
        pb_end(&b, c);
        pb_end(&b, a);
        outer = cursor_of(buf_slice(&b));
        ASSERT(pb_next_bytes(&outer, 3, &middle) && cursor_done(&outer));
        inner = cursor_of(middle);
        ASSERT(pb_next_bytes(&inner, 4, &innermost) && cursor_done(&inner));
        ASSERT(slice_eq(slice_of(content.p, n), only_field(innermost).bytes));
        buf_deinit(&b);
        buf_deinit(&content);
    }
}

TEST(fixed_width_fields_are_read)
{
    ASSERT_INT(0x04030201, only_field(slice_of("\x0d\x01\x02\x03\x04", 5)).value);
    ASSERT(only_field(slice_of("\x09\x01\0\0\0\0\0\0\x80", 9)).value == 0x8000000000000001u);
}

TEST(malformed_bytes_are_refused)
{
    ASSERT(malformed("\x00\x01", 2));         /* field 0 */
    ASSERT(malformed("\x08", 1));             /* no value */
    ASSERT(malformed("\x08\x80", 2));         /* value cut off */
    ASSERT(malformed("\x0a\x05\x01", 3));     /* string cut off */
    ASSERT(malformed("\x0b\x0c", 2));         /* a group */
    ASSERT(malformed("\x0d\x01\x02\x03", 4)); /* fixed cut off */
    ASSERT(malformed("\x0f\x01", 2));         /* wire type 7 */
    ASSERT(malformed("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12));
    ASSERT(malformed("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11)); /* length 2^64 - 1 */
    ASSERT(!malformed("", 0));
}

TEST(a_wanted_field_of_another_wire_type_is_refused)
{
    struct cursor c = cursor_of(slice_of("\x08\x01", 2));
    struct slice s;
    ASSERT(!pb_next_bytes(&c, 1, &s));
    ASSERT(c.failed);
    c = cursor_of(slice_of("\x08\x01", 2));
    ASSERT(!pb_next_bytes(&c, 2, &s));
    ASSERT(!c.failed);
}
