/* SPDX-License-Identifier: Apache-2.0 */
/* `Number`: the ledger's signed decimal floating point with a 19-digit mantissa, round to nearest,
 * ties to even (rules: mantissa 10^18..10^19-1, above 2^63-1 only multiples of ten; exponent
 * -32768..32768). */
#pragma once
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct number {
    uint64_t mantissa; /* 0, or normalised */
    int32_t exponent;
    bool negative;
};

#define NUMBER_TEXT_MAX 64

struct number number_zero(void);
/* Errors of all: ERR_LIMIT on overflow, ERR_INVALID on division by zero. */
ERR number_make(bool negative, uint64_t mantissa, int32_t exponent, struct number *ret);
ERR number_from_i64(int64_t v, struct number *ret);
ERR number_add(struct number a, struct number b, struct number *ret);
ERR number_sub(struct number a, struct number b, struct number *ret);
ERR number_mul(struct number a, struct number b, struct number *ret);
ERR number_div(struct number a, struct number b, struct number *ret);
ERR number_sqrt(struct number f, struct number *ret); /* f >= 0 */
struct number number_negate(struct number a);
int number_cmp(struct number a, struct number b);
bool number_is_zero(struct number a);
/* Nearest integer, ties to even. Errors: ERR_LIMIT when it does not fit. */
ERR number_to_i64(struct number a, int64_t *ret);
/* Round to a 16-digit mantissa (10^15..10^16-1): the form of issued amounts. Zero: mantissa 0,
 * exponent 0. */
ERR number_round16(struct number a, uint64_t *ret_mantissa, int32_t *ret_exponent);
/* Text of a bare Number ("0", "1e11", "0.25"). NUL-terminated; returns the length. */
size_t number_to_text(struct number a, char out[NUMBER_TEXT_MAX]);
/* [-]mantissa e exponent ("15e-7"), or plain decimal without needless zeros (exponent -30..0 only:
 * "0.0000015"). NUL-terminated; returns the length. Zero has no sign. */
size_t number_format(bool negative, uint64_t mantissa, int32_t exponent, bool scientific,
                     char out[NUMBER_TEXT_MAX]);
struct amount;
ERR number_from_amount(const struct amount *a, struct number *ret);
