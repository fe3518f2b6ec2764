/* SPDX-License-Identifier: Apache-2.0 */
/* Big-endian loads and stores on unaligned bytes. The XRP Ledger writes every number big-endian. */
#pragma once
#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t bits_load16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, 2);
    return be16toh(v);
}

static inline uint32_t bits_load32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return be32toh(v);
}

static inline uint64_t bits_load64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return be64toh(v);
}

static inline void bits_store16(void *p, uint16_t v)
{
    v = htobe16(v);
    memcpy(p, &v, 2);
}

static inline void bits_store32(void *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, 4);
}

static inline void bits_store64(void *p, uint64_t v)
{
    v = htobe64(v);
    memcpy(p, &v, 8);
}
