/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "test.h"

TEST(a_buffer_grows_and_keeps_its_content)
{
    struct buf b = {0};
    for (int i = 0; i < 10000; i++)
        buf_put_u8(&b, (uint8_t)i);
    ASSERT_INT(10000, b.n);
    for (int i = 0; i < 10000; i++)
        ASSERT_INT(i & 255, b.p[i]);
    buf_deinit(&b);
    ASSERT(b.p == NULL && b.n == 0 && b.cap == 0);
}

TEST(numbers_are_put_big_endian)
{
    struct buf b = {0};
    buf_put_be16(&b, 0x0102);
    buf_put_be32(&b, 0x03040506);
    buf_put_be64(&b, 0x0708090a0b0c0d0e);
    ASSERT_INT(14, b.n);
    for (int i = 0; i < 14; i++)
        ASSERT_INT(i + 1, b.p[i]);
    buf_deinit(&b);
}

TEST(printf_appends_also_when_it_must_grow)
{
    struct buf b = {0};
    buf_put_str(&b, "<");
    buf_printf(&b, "%0200d", 5);
    buf_printf(&b, ">");
    ASSERT_INT(202, b.n);
    ASSERT(b.p[0] == '<' && b.p[1] == '0' && b.p[200] == '5' && b.p[201] == '>');
    buf_deinit(&b);
}

TEST(printf_that_fits_exactly_is_whole)
{
    for (int n = 60; n < 70; n++) {
        struct buf b = {0};
        buf_printf(&b, "%0*d", n, 1);
        ASSERT_INT(n, b.n);
        ASSERT_INT('1', b.p[n - 1]);
        buf_deinit(&b);
    }
}

TEST(consume_moves_the_rest_down)
{
    struct buf b = {0};
    buf_put_slice(&b, SLICE_LIT("abcdef"));
    buf_consume(&b, 4);
    ASSERT_SLICE("ef", buf_slice(&b));
    buf_consume(&b, 2);
    ASSERT_INT(0, b.n);
    buf_put_slice(&b, SLICE_EMPTY);
    ASSERT_INT(0, b.n);
    buf_deinit(&b);
}

TEST(reserved_room_counts_once_advanced)
{
    struct buf b = {0};
    memset(buf_reserve(&b, 100), 'x', 100);
    ASSERT_INT(0, b.n);
    buf_advance(&b, 3);
    ASSERT_SLICE("xxx", buf_slice(&b));
    buf_clear(&b);
    ASSERT(b.n == 0 && b.cap >= 100);
    buf_deinit(&b);
}
