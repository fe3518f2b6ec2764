/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"

#include "test.h"

TEST(order_is_that_of_bytes_and_prefixes_come_first)
{
    static const char *const sorted[] = {"", "a", "a\x01", "ab", "b", "\xff"};
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < 6; k++) {
            int c = slice_cmp(slice_str(sorted[i]), slice_str(sorted[k]));
            ASSERT_INT((i > k) - (i < k), (c > 0) - (c < 0));
            ASSERT(slice_eq(slice_str(sorted[i]), slice_str(sorted[k])) == (i == k));
        }
}

TEST(from_past_the_end_is_empty)
{
    ASSERT_SLICE("cd", slice_from(SLICE_LIT("abcd"), 2));
    ASSERT_SLICE("", slice_from(SLICE_LIT("abcd"), 4));
    ASSERT_SLICE("", slice_from(SLICE_LIT("abcd"), 5));
    ASSERT_SLICE("", slice_from(SLICE_EMPTY, 0));
}

TEST(an_empty_slice_equals_any_empty_slice)
{
    ASSERT(slice_eq(SLICE_EMPTY, SLICE_LIT("")));
    ASSERT_INT(0, slice_cmp(SLICE_EMPTY, SLICE_LIT("")));
    ASSERT(slice_is(SLICE_LIT("x"), "x") && !slice_is(SLICE_LIT("x"), "xy"));
}
