/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/price_stats.h"

#include "test.h"

#include <stdlib.h>

/* "mean|deviation|median" of prices in units of 10^-scale, trimmed by k at either end. */
static const char *told(const uint64_t *units, size_t n, uint8_t scale, size_t k)
{
    static char text[512];
    char mean[AMOUNT_TEXT_MAX], deviation[NUMBER_TEXT_MAX], median[AMOUNT_TEXT_MAX];
    struct amount prices[16], middle;
    struct price_stats s;
    for (size_t i = 0; i < n; i++)
        ASSERT_OK(price_stats_price(units[i], scale, &prices[i]));
    price_stats_sort(prices, n);
    ASSERT_OK(price_stats_of(prices + k, n - 2 * k, &s));
    ASSERT_OK(price_stats_median(prices + k, n - 2 * k, &middle));
    amount_to_text(&s.mean, mean);
    number_to_text(s.deviation, deviation);
    amount_to_text(&middle, median);
    snprintf(text, sizeof text, "%s|%s|%s", mean, deviation, median);
    return text;
}

#define TOLD(scale, k, ...)                                                                        \
    told((const uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / 8, scale, k)

/* rpc-a 23 */
TEST(prices_give_the_statistics_that_are_written_down)
{
    ASSERT_STR("110|164.6207763315432795|20", TOLD(0, 0, 10, 20, 300));
    ASSERT_STR("92.5|138.8944443333377776|30", TOLD(0, 0, 300, 10, 40, 20));
    ASSERT_STR("30|14.14213562373095049|30", TOLD(0, 1, 10, 20, 40, 300));
    ASSERT_STR("15|7.071067811865475245|15", TOLD(0, 0, 10, 20));
    ASSERT_STR("0.7411666666666667|0.001040832999733066368|0.7415", TOLD(4, 0, 7400, 7420, 7415));
}

TEST(a_single_price_does_not_deviate)
{
    ASSERT_STR("65155.22|0|65155.22", TOLD(2, 0, 6515522));
    ASSERT_STR("0|0|0", TOLD(0, 0, 0));
}

TEST(equal_prices_do_not_deviate)
{
    ASSERT_STR("5|0|5", TOLD(1, 0, 50, 50, 50, 50));
}

TEST(prices_at_the_ends_of_their_range_have_statistics)
{
    ASSERT_STR("9223372036854776e3|0|9223372036854776e3", TOLD(0, 0, INT64_MAX, INT64_MAX));
    ASSERT_STR("1500000000000000e-35|7071067811865475245e-39|1500000000000000e-35",
               TOLD(20, 0, 1, 2));
}
