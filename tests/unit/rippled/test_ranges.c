/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/ranges.h"
#include "test.h"

static struct ranges parsed(const char *text)
{
    struct ranges r = {.n = 99};
    if (!ranges_parse(slice_str(text), &r))
        test_fail(__FILE__, __LINE__, "refused: %s", text);
    return r;
}

static bool refused(const char *text)
{
    struct ranges r = {.n = 99};
    return !ranges_parse(slice_str(text), &r) && r.n == 99;
}

TEST(spans_and_single_ledgers_are_read)
{
    struct ranges r = parsed("32570-90000123,90000130");
    ASSERT_INT(2, r.n);
    ASSERT(ranges_has(&r, 32570) && ranges_has(&r, 90000123) && ranges_has(&r, 90000130));
    ASSERT(!ranges_has(&r, 32569) && !ranges_has(&r, 90000124) && !ranges_has(&r, 90000131));
    ASSERT_INT(90000130, ranges_last(&r));
}

TEST(empty_means_none)
{
    ASSERT_INT(0, parsed("empty").n);
    ASSERT_INT(0, parsed("").n);
    struct ranges r = parsed("empty");
    ASSERT(!ranges_has(&r, 0));
    ASSERT_INT(0, ranges_last(&r));
}

TEST(spans_in_any_order_are_sorted_and_joined)
{
    struct ranges r = parsed("20-30,5,1-4,28-35,50");
    ASSERT_INT(3, r.n);
    ASSERT_INT(1, r.spans[0].first);
    ASSERT_INT(5, r.spans[0].last);
    ASSERT_INT(35, r.spans[1].last);
}

TEST(the_whole_number_range_works)
{
    struct ranges r = parsed("0-4294967295");
    ASSERT(ranges_has(&r, 0) && ranges_has(&r, UINT32_MAX));
}

TEST(anything_else_is_refused)
{
    ASSERT(refused("x") && refused("1-2-3") && refused("1-") && refused("-5") && refused("1,,2"));
    ASSERT(refused("1,") && refused(",1") && refused("5-3") && refused("4294967296"));
    ASSERT(refused("99999999999999999999") && refused("1-empty") && refused("1;2"));
}

TEST(of_very_many_spans_the_newest_are_kept)
{
    char text[1200] = "";
    size_t n = 0;
    for (int i = 1; i <= 200; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%d", i > 1 ? "," : "", i * 10);
    struct ranges r = parsed(text);
    ASSERT_INT(RANGES_MAX, r.n);
    ASSERT(ranges_has(&r, 2000) && !ranges_has(&r, 10));
}
