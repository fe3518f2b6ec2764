/* SPDX-License-Identifier: Apache-2.0 */
/* Which ledgers a source holds, as it reports them: "32570-90000123,90000130" (etl-db 2.2), or
 * "empty". Pure. */
#pragma once
#include "base/slice.h"

/* More spans than this are not kept: the newest are. A source with so many holes is of little use.
 */
#define RANGES_MAX 64

struct ranges_span {
    uint32_t first;
    uint32_t last;
};

struct ranges {
    uint32_t n;
    struct ranges_span spans[RANGES_MAX]; /* ascending, not touching */
};

/* False (and *ret is unchanged) when the text is neither "empty", nor "", nor a list of N and A-B
 * with A <= B. */
bool ranges_parse(struct slice text, struct ranges *ret);
bool ranges_has(const struct ranges *r, uint32_t seq);
/* Greatest sequence; 0 when there is none. */
uint32_t ranges_last(const struct ranges *r);
