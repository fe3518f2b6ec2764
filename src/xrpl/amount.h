/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts: XRP in drops, issued currencies in decimal floating point, MPT in units; exact text
 * forms and arithmetic. Facts: 16-digit mantissa, exponent -96..80 (protocol); arithmetic by
 * `number`. */
#pragma once
#include "base/err.h"
#include "xrpl/account.h"

/* XRP and MPT: mantissa is the magnitude, exponent 0. IOU: mantissa 10^15..10^16-1, or 0 with
 * exponent -100. */
struct amount {
    struct asset asset;
    uint64_t mantissa;
    int32_t exponent;
    bool negative;
};

#define AMOUNT_TEXT_MAX 128

/* Decode an Amount field's value: 8, 48 or 33 bytes. Errors: ERR_PARSE for anything invalid. XRP
 * and MPT magnitudes are taken as they stand on the wire (below 2^61, and 64 bits); only results of
 * arithmetic are held to the limits. */
ERR amount_decode(struct slice wire, struct amount *ret);
/* The inverse: 8, 48 or 33 bytes; returns how many. `a` must be a valid amount. */
#define AMOUNT_WIRE_MAX 48
size_t amount_encode(const struct amount *a, uint8_t out[AMOUNT_WIRE_MAX]);
/* Length of the Amount that starts at p (8, 33 or 48), 0 if fewer than that many bytes. */
size_t amount_wire_size(struct slice at);

bool amount_is_zero(const struct amount *a);
struct amount amount_zero(const struct asset *asset);
struct amount amount_negate(struct amount a);
struct amount amount_drops(uint64_t drops);

/* The value as text ("1.5", "1000000000000000e-4", drops). Returns the length; NUL-terminated. */
size_t amount_to_text(const struct amount *a, char out[AMOUNT_TEXT_MAX]);

/* Three-way order of comparable amounts (same kind and currency; issuers are not looked at): <0, 0,
 * >0. Errors: ERR_INVALID when they are not comparable. */
ERR amount_compare(const struct amount *a, const struct amount *b, int *ret);

/* Arithmetic as the ledger does it (rpc-a 1.17-1.19). Errors: ERR_INVALID (not comparable),
 * ERR_LIMIT (overflow). */
ERR amount_canonicalize(const struct asset *asset, bool negative, uint64_t mantissa,
                        int32_t exponent, struct amount *ret);
ERR amount_add(const struct amount *a, const struct amount *b, struct amount *ret);
ERR amount_sub(const struct amount *a, const struct amount *b, struct amount *ret);
ERR amount_mul(const struct amount *a, const struct amount *b, const struct asset *asset,
               struct amount *ret);
ERR amount_div(const struct amount *n, const struct amount *d, const struct asset *asset,
               struct amount *ret);

/* Transfer rates in billionths; 1000000000 is parity (the amount itself). */
#define AMOUNT_RATE_PARITY 1000000000u
ERR amount_mul_rate(const struct amount *a, uint32_t rate, struct amount *ret);
ERR amount_div_rate(const struct amount *a, uint32_t rate, struct amount *ret);

/* A directory's quality (last 8 bytes of its key) as an amount without issue; its text is the
 * `quality` string. */
ERR amount_from_quality(uint64_t quality, struct amount *ret);
