/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/chain.h"

#include "base/bits.h"

/* The greatest key whose first byte is `first`. */
static struct hash256 end_of(uint32_t first)
{
    struct hash256 k;
    memset(k.b, 0xFF, sizeof(k.b));
    k.b[0] = (uint8_t)first;
    return k;
}

struct chain_range chain_range_of(uint32_t i, uint32_t n)
{
    uint32_t step = 256 / n;
    struct chain_range r = {0};
    r.has_after = i > 0;
    if (r.has_after)
        r.after = end_of(i * step - 1);
    r.has_upto = i + 1 < n;
    if (r.has_upto)
        r.upto = end_of((i + 1) * step - 1);
    return r;
}

double chain_fraction(const struct chain_range *r, const struct hash256 *at)
{
    double from = r->has_after ? (double)bits_load32(r->after.b) + 1 : 0;
    double upto = r->has_upto ? (double)bits_load32(r->upto.b) + 1 : 4294967296.0;
    double now = (double)bits_load32(at->b);
    double f = (now - from) / (upto - from);
    return f < 0 ? 0 : f > 1 ? 1 : f;
}
