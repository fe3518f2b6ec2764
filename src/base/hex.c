/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

static void encode(struct slice in, char *out, const char *digits)
{
    for (size_t i = 0; i < in.n; i++) {
        out[2 * i] = digits[in.p[i] >> 4];
        out[2 * i + 1] = digits[in.p[i] & 15];
    }
}

void hex_encode(struct slice in, char *out)
{
    encode(in, out, "0123456789ABCDEF");
}

void hex_encode_lower(struct slice in, char *out)
{
    encode(in, out, "0123456789abcdef");
}

int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(struct slice text, uint8_t *out, size_t n)
{
    if (text.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(text.p[2 * i]), low = hex_digit(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
