/* SPDX-License-Identifier: Apache-2.0 */
/* Well-formed UTF-8 (Unicode table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#pragma once
#include <endian.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_CUT 5 /* not a length: well formed as far as it goes */

/* Length of the sequence that starts at p (1..4), 0 if it is not well formed, UTF8_CUT if `end`
 * cuts off what could be one. p < end. */
static inline size_t utf8_step(const uint8_t *p, const uint8_t *end)
{
    uint8_t c = *p, low = 0x80, high = 0xBF;
    if (c < 0x80)
        return 1;
    if (c < 0xC2 || c > 0xF4)
        return 0;
    size_t n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (c == 0xE0)
        low = 0xA0;
    else if (c == 0xED)
        high = 0x9F;
    else if (c == 0xF0)
        low = 0x90;
    else if (c == 0xF4)
        high = 0x8F;
    for (size_t i = 1; i < n; i++, low = 0x80, high = 0xBF) {
        if (p + i == end)
            return UTF8_CUT;
        if (p[i] < low || p[i] > high)
            return 0;
    }
    return n;
}

/* The same of a text that is whole: 0 also for what is cut off. */
static inline size_t utf8_sequence(const uint8_t *p, const uint8_t *end)
{
    size_t n = utf8_step(p, end);
    return n == UTF8_CUT ? 0 : n;
}

/* Bytes of s before the first that is not ASCII or needs an escape in JSON (control, quote,
 * backslash). */
static inline size_t utf8_plain_prefix(const uint8_t *p, size_t n)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t v;
        __builtin_memcpy(&v, p + i, 8);
        v = le64toh(v);
        uint64_t quote = v ^ (ones * '"'), slash = v ^ (ones * '\\');
        uint64_t stop =
            v | ((v - ones * 0x20) & ~v) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
        if (stop & high) /* a borrow may mark bytes behind the first, never before it */
            return i + (size_t)__builtin_ctzll(stop & high) / 8;
    }
    while (i < n && p[i] >= 0x20 && p[i] < 0x80 && p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}
