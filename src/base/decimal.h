/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal digits of whole numbers, two at a time. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DECIMAL_MAX 20 /* digits of UINT64_MAX */

static const char decimal_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

/* The digits of v, at the end of `out`; returns where they start. */
static inline size_t decimal_digits(uint64_t v, char out[DECIMAL_MAX])
{
    size_t at = DECIMAL_MAX;
    for (; v >= 100; v /= 100) {
        at -= 2;
        memcpy(out + at, decimal_pairs + 2 * (v % 100), 2);
    }
    if (v < 10) {
        out[--at] = (char)('0' + v);
        return at;
    }
    memcpy(out + at - 2, decimal_pairs + 2 * v, 2);
    return at - 2;
}
