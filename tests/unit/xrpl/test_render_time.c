/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "test.h"
#include "xrpl/render.h"

#include <time.h>

TEST(times_follow_the_calendar)
{
    char text[RENDER_TIME_MAX];
    static const struct {
        uint32_t s;
        const char *iso;
    } cases[] = {{0, "2000-01-01T00:00:00Z"},          {5097600 - 1, "2000-02-28T23:59:59Z"},
                 {5097600, "2000-02-29T00:00:00Z"},    {732821810, "2023-03-22T17:36:50Z"},
                 {31622399, "2000-12-31T23:59:59Z"},   {31622400, "2001-01-01T00:00:00Z"},
                 {UINT32_MAX, "2136-02-07T06:28:15Z"}, {3160857600, "2100-03-01T00:00:00Z"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ASSERT_INT(20, render_time_iso(cases[i].s, text));
        ASSERT_STR(cases[i].iso, text);
    }
    render_time_human(732821810, text);
    ASSERT_STR("2023-Mar-22 17:36:50.000000000 UTC", text);
    for (uint32_t day = 0; day < 49000;
         day += 17) { /* the C library's calendar as the other opinion */
        time_t unix_s = (time_t)day * 86400 + 946684800 + 3661;
        struct tm tm;
        char expected[RENDER_TIME_MAX];
        gmtime_r(&unix_s, &tm);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &tm);
        render_time_iso(day * 86400 + 3661, text);
        ASSERT_STR(expected, text);
    }
}
