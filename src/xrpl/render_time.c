/* SPDX-License-Identifier: Apache-2.0 */
/* Times of the ledger as text. */
#include "xrpl/render.h"

#include <stdio.h>

struct date {
    uint32_t year, month, day, hour, minute, second;
};

/* Years are taken to begin in March: so the leap day is the last of a year, and a month's start a
 * linear formula. */
static struct date date_of(uint32_t ledger_s)
{
    const uint32_t days_1600_03_01_to_2000_01_01 = 146037, days_400_years = 146097;
    uint32_t days = ledger_s / 86400 + days_1600_03_01_to_2000_01_01, second = ledger_s % 86400;
    uint32_t cycle = days / days_400_years, d = days % days_400_years;
    uint32_t year = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    uint32_t day = d - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * day + 2) / 153; /* 0 = March */
    return (struct date){.year = 1600 + cycle * 400 + year + (month >= 10),
                         .month = month < 10 ? month + 3 : month - 9,
                         .day = day - (153 * month + 2) / 5 + 1,
                         .hour = second / 3600,
                         .minute = second / 60 % 60,
                         .second = second % 60};
}

size_t render_time_human(uint32_t ledger_s, char out[RENDER_TIME_MAX])
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct date d = date_of(ledger_s);
    return (size_t)snprintf(out, RENDER_TIME_MAX, "%04u-%.3s-%02u %02u:%02u:%02u.000000000 UTC",
                            d.year % 10000, months + 3 * (d.month - 1), d.day, d.hour, d.minute,
                            d.second);
}

size_t render_time_iso(uint32_t ledger_s, char out[RENDER_TIME_MAX])
{
    struct date d = date_of(ledger_s);
    return (size_t)snprintf(out, RENDER_TIME_MAX, "%04u-%02u-%02uT%02u:%02u:%02uZ", d.year % 10000,
                            d.month, d.day, d.hour, d.minute, d.second);
}
