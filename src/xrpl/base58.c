/* SPDX-License-Identifier: Apache-2.0 */
/* SHA256_Transform is deprecated in favour of EVP, whose look-up and allocation cost more than both
 * digests. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "xrpl/base58.h"

#include "base/bits.h"

#include <openssl/sha.h>

#define RAW_MAX (1 + BASE58_PAYLOAD_MAX + 4)
#define N_LIMBS 5                       /* 320 bits: RAW_MAX and every text that decode accepts */
#define CHUNK 10                        /* digits worked on at a time */
#define CHUNK_VALUE 430804206899405824u /* 58^CHUNK: the largest power of 58 in 64 bits */
#define DIGITS_MAX 60

static const char alphabet[] = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/* Digest of at most 55 bytes: one block, so the padding is written by hand. */
static void sha256_block(const uint8_t *p, size_t n, uint8_t out[32])
{
    uint8_t block[64] = {0};
    memcpy(block, p, n);
    block[n] = 0x80;
    bits_store16(block + 62, (uint16_t)(n * 8));
    SHA256_CTX ctx;
    SHA256_Init(&ctx);
    SHA256_Transform(&ctx, block);
    for (size_t i = 0; i < 8; i++)
        bits_store32(out + 4 * i, ctx.h[i]);
}

static uint32_t checksum(const uint8_t *p, size_t n)
{
    uint8_t once[32], twice[32];
    sha256_block(p, n, once);
    sha256_block(once, sizeof once, twice);
    return bits_load32(twice);
}

/* Divide the big-endian number by CHUNK_VALUE in place; returns the remainder. */
static uint64_t divide_chunk(uint64_t *limb, size_t n)
{
    uint64_t rest = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned __int128 part = (unsigned __int128)rest << 64 | limb[i];
        limb[i] = (uint64_t)(part / CHUNK_VALUE);
        rest = (uint64_t)(part % CHUNK_VALUE);
    }
    return rest;
}

static size_t leading_zeros(const uint8_t *p, size_t n)
{
    size_t zeros = 0;
    while (zeros < n && p[zeros] == 0)
        zeros++;
    return zeros;
}

/* Digits of raw (at most 40 bytes) without leading zeros, right-aligned in out; returns where they
 * start. */
static size_t to_digits(const uint8_t *raw, size_t n, char out[DIGITS_MAX])
{
    uint8_t padded[8 * N_LIMBS] = {0};
    memcpy(padded + sizeof padded - n, raw, n);
    uint64_t limb[N_LIMBS];
    for (size_t i = 0; i < N_LIMBS; i++)
        limb[i] = bits_load64(padded + 8 * i);
    size_t first = 0, at = DIGITS_MAX;
    for (;;) {
        while (first < N_LIMBS && limb[first] == 0)
            first++;
        if (first == N_LIMBS)
            break;
        uint64_t chunk = divide_chunk(limb + first, N_LIMBS - first);
        for (int i = 0; i < CHUNK; i++, chunk /= 58)
            out[--at] = alphabet[chunk % 58];
    }
    while (at < DIGITS_MAX && out[at] == alphabet[0])
        at++;
    return at;
}

size_t base58_encode(enum base58_type type, struct slice payload, char out[BASE58_TEXT_MAX])
{
    uint8_t raw[RAW_MAX];
    size_t n = payload.n;
    raw[0] = (uint8_t)type;
    memcpy(raw + 1, payload.p, n);
    bits_store32(raw + 1 + n, checksum(raw, 1 + n));
    size_t zeros = leading_zeros(raw, n + 5);
    char digits[DIGITS_MAX];
    size_t at = to_digits(raw + zeros, n + 5 - zeros, digits);
    memset(out, alphabet[0], zeros);
    memcpy(out + zeros, digits + at, DIGITS_MAX - at);
    out[zeros + DIGITS_MAX - at] = 0;
    return zeros + DIGITS_MAX - at;
}

static int digit_value(uint8_t c)
{
    static const int8_t values[128] = {
        ['r'] = 1,  ['p'] = 2,  ['s'] = 3,  ['h'] = 4,  ['n'] = 5,  ['a'] = 6,  ['f'] = 7,
        ['3'] = 8,  ['9'] = 9,  ['w'] = 10, ['B'] = 11, ['U'] = 12, ['D'] = 13, ['N'] = 14,
        ['E'] = 15, ['G'] = 16, ['H'] = 17, ['J'] = 18, ['K'] = 19, ['L'] = 20, ['M'] = 21,
        ['4'] = 22, ['P'] = 23, ['Q'] = 24, ['R'] = 25, ['S'] = 26, ['T'] = 27, ['7'] = 28,
        ['V'] = 29, ['W'] = 30, ['X'] = 31, ['Y'] = 32, ['Z'] = 33, ['2'] = 34, ['b'] = 35,
        ['c'] = 36, ['d'] = 37, ['e'] = 38, ['C'] = 39, ['g'] = 40, ['6'] = 41, ['5'] = 42,
        ['j'] = 43, ['k'] = 44, ['m'] = 45, ['8'] = 46, ['o'] = 47, ['F'] = 48, ['q'] = 49,
        ['i'] = 50, ['1'] = 51, ['t'] = 52, ['u'] = 53, ['v'] = 54, ['A'] = 55, ['x'] = 56,
        ['y'] = 57, ['z'] = 58,
    };
    return c < 128 ? values[c] - 1 : -1;
}

/* limb = limb * by + add; false when it does not fit. */
static bool multiply_add(uint64_t limb[N_LIMBS], uint64_t by, uint64_t add)
{
    for (size_t k = N_LIMBS; k-- > 0;) {
        unsigned __int128 v = (unsigned __int128)limb[k] * by + add;
        limb[k] = (uint64_t)v;
        add = (uint64_t)(v >> 64);
    }
    return add == 0;
}

/* The text as a number, a chunk of digits at a time; the first chunk is the one that is not full.
 */
static bool read_digits(struct slice text, uint64_t limb[N_LIMBS])
{
    size_t i = 0;
    for (size_t end = text.n % CHUNK; end <= text.n; end += CHUNK) {
        uint64_t chunk = 0;
        for (; i < end; i++) {
            int digit = digit_value(text.p[i]);
            if (digit < 0)
                return false;
            chunk = chunk * 58 + (uint64_t)digit;
        }
        if (!multiply_add(limb, CHUNK_VALUE, chunk))
            return false;
    }
    return true;
}

/* The text as a number of exactly n bytes (n <= RAW_MAX): one zero byte for each leading zero
 * digit, no other. */
static bool from_digits(struct slice text, uint8_t *raw, size_t n)
{
    uint64_t limb[N_LIMBS] = {0};
    if (text.n > BASE58_TEXT_MAX || !read_digits(text, limb))
        return false;
    uint8_t padded[8 * N_LIMBS];
    for (size_t i = 0; i < N_LIMBS; i++)
        bits_store64(padded + 8 * i, limb[i]);
    size_t zero_digits = 0;
    while (zero_digits < text.n && text.p[zero_digits] == (uint8_t)alphabet[0])
        zero_digits++;
    if (sizeof padded - leading_zeros(padded, sizeof padded) + zero_digits != n)
        return false;
    memcpy(raw, padded + sizeof padded - n, n);
    return true;
}

bool base58_decode(struct slice text, enum base58_type type, uint8_t *payload, size_t n)
{
    uint8_t raw[RAW_MAX];
    if (!from_digits(text, raw, n + 5) || raw[0] != type)
        return false;
    if (bits_load32(raw + 1 + n) != checksum(raw, 1 + n))
        return false;
    memcpy(payload, raw + 1, n);
    return true;
}
