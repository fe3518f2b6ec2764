/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32c.h"

#include <string.h>

#define POLYNOMIAL 0x82F63B78u /* bits reversed */

/* By nibbles: 64 bytes of table, no need to be quick. */
uint32_t crc32c_portable(uint32_t crc, const void *p, size_t n)
{
    uint32_t table[16];
    const uint8_t *at = p;
    for (uint32_t i = 0; i < 16; i++) {
        table[i] = i;
        for (int bit = 0; bit < 4; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? POLYNOMIAL : 0);
    }
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= at[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *p,
                                                                 size_t n)
{
    uint64_t c = ~crc, word;
    for (; n >= 8; n -= 8, p += 8) {
        memcpy(&word, p, 8);
        c = __builtin_ia32_crc32di(c, word);
    }
    uint32_t rest = (uint32_t)c;
    for (; n; n--)
        rest = __builtin_ia32_crc32qi(rest, *p++);
    return ~rest;
}

uint32_t crc32c(uint32_t crc, const void *p, size_t n)
{
    if (__builtin_expect(__builtin_cpu_supports("sse4.2") != 0, 1))
        return by_instruction(crc, p, n);
    return crc32c_portable(crc, p, n);
}
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

uint32_t crc32c(uint32_t crc, const void *p, size_t n)
{
    const uint8_t *at = p;
    uint64_t word;
    crc = ~crc;
    for (; n >= 8; n -= 8, at += 8) {
        memcpy(&word, at, 8);
        crc = __crc32cd(crc, word);
    }
    for (; n; n--)
        crc = __crc32cb(crc, *at++);
    return ~crc;
}
#else
uint32_t crc32c(uint32_t crc, const void *p, size_t n)
{
    return crc32c_portable(crc, p, n);
}
#endif
