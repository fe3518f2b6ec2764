/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before values in serialized objects, for who makes some: sto_step.h the other way. */
#pragma once
#include "xrpl/field.h"

#include <stddef.h>
#include <stdint.h>

/* A field's header. Returns its bytes. */
static inline size_t sto_put_id(field_id id, uint8_t out[3])
{
    uint32_t type = id >> 16, nth = id & 0xFFFF;
    size_t n = 1;
    out[0] = (uint8_t)((type < 16 ? type << 4 : 0) | (nth < 16 ? nth : 0));
    if (type >= 16)
        out[n++] = (uint8_t)type;
    if (nth >= 16)
        out[n++] = (uint8_t)nth;
    return n;
}

/* The length of a blob, at most 918,744: what is longer gets that. Returns its bytes. */
static inline size_t sto_put_length(size_t n, uint8_t out[3])
{
    if (n <= 192) {
        out[0] = (uint8_t)n;
        return 1;
    }
    if (n <= 12480) {
        n -= 193;
        out[0] = (uint8_t)(193 + (n >> 8));
        out[1] = (uint8_t)n;
        return 2;
    }
    n = n <= 918744 ? n - 12481 : 918744 - 12481;
    out[0] = (uint8_t)(241 + (n >> 16));
    out[1] = (uint8_t)(n >> 8);
    out[2] = (uint8_t)n;
    return 3;
}
