/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

#include "test.h"

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

TEST(numbers_are_read_in_order)
{
    struct cursor c = cursor_of(slice_of(bytes, sizeof bytes));
    ASSERT_INT(1, cursor_u8(&c));
    ASSERT_INT(0x0203, cursor_be16(&c));
    ASSERT_INT(0x04050607, cursor_be32(&c));
    ASSERT_INT(0x08090a0b0c0d0e0f, cursor_be64(&c));
    ASSERT(cursor_done(&c) && !c.failed);
}

TEST(every_read_past_the_end_fails_and_stays_failed)
{
    for (size_t n = 0; n < 8; n++) {
        struct cursor c = cursor_of(slice_of(bytes, n));
        ASSERT(cursor_be64(&c) == 0);
        ASSERT(c.failed && cursor_done(&c));
        ASSERT_INT(0, cursor_u8(&c));
        ASSERT(c.failed);
    }
}

TEST(take_gives_all_or_nothing)
{
    struct cursor c = cursor_of(slice_of(bytes, 5));
    ASSERT_INT(3, cursor_take(&c, 3).n);
    ASSERT_INT(0, cursor_take(&c, SIZE_MAX).n);
    ASSERT(c.failed);
}

TEST(rest_of_an_empty_slice_is_empty_and_no_failure)
{
    struct cursor c = cursor_of(SLICE_EMPTY);
    ASSERT_INT(0, cursor_rest(&c).n);
    ASSERT_INT(0, cursor_take(&c, 0).n);
    ASSERT(!c.failed && cursor_done(&c));
    cursor_fail(&c);
    ASSERT(c.failed);
}
