/* SPDX-License-Identifier: Apache-2.0 */
#include "base/decimal.h"

#include "test.h"

#include <inttypes.h>
#include <stdio.h>

static void check(uint64_t v)
{
    char digits[DECIMAL_MAX], expected[DECIMAL_MAX + 1];
    size_t at = decimal_digits(v, digits);
    int n = snprintf(expected, sizeof expected, "%" PRIu64, v);
    ASSERT_INT(n, sizeof digits - at);
    ASSERT(memcmp(digits + at, expected, (size_t)n) == 0);
}

TEST(numbers_have_the_digits_that_printf_gives_them)
{
    for (uint64_t v = 0; v < 20000; v++)
        check(v);
    for (uint64_t power = 1;; power *= 10) {
        check(power - 1);
        check(power);
        check(power + 1);
        if (power > UINT64_MAX / 10)
            break;
    }
    check(UINT64_MAX);
    check(UINT64_MAX - 1);
}
