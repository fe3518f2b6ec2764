/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/number.h"

#include "base/decimal.h"
#include "xrpl/amount.h"

#include <assert.h>

typedef unsigned __int128 u128;

#define E18 1000000000000000000u
#define MANTISSA_MIN E18
#define MANTISSA_MAX 9999999999999999999u
#define MANTISSA_REP 9223372036854775807u /* above it a mantissa ends in 0 */
#define EXPONENT_MIN (-32768)
#define EXPONENT_MAX 32768
#define SQRT_ROUNDS_MAX 256

/* Digits shifted out of a mantissa on the right, for the rounding decision: the last 16, as decimal
 * digits in four bits each, the newest on top; and whether any digit pushed out of those was not
 * zero. */
struct guard {
    uint64_t digits;
    bool sticky;
};

enum rounding { ROUND_DOWN, ROUND_TIE, ROUND_UP };

static void guard_push(struct guard *g, uint32_t digit)
{
    g->sticky |= (g->digits & 15) != 0;
    g->digits = g->digits >> 4 | (uint64_t)digit << 60;
}

static uint32_t guard_pop(struct guard *g)
{
    uint32_t digit = (uint32_t)(g->digits >> 60);
    g->digits <<= 4;
    return digit;
}

static enum rounding guard_decide(const struct guard *g)
{
    const uint64_t half = 0x5000000000000000u;
    if (g->digits == half && !g->sticky)
        return ROUND_TIE;
    return g->digits >= half ? ROUND_UP : ROUND_DOWN;
}

static bool rounds_up(const struct guard *g, uint64_t mantissa)
{
    enum rounding r = guard_decide(g);
    return r == ROUND_UP || (r == ROUND_TIE && (mantissa & 1));
}

/* A number being worked on: a wide mantissa and what was shifted out of it. */
struct work {
    u128 mantissa;
    int64_t exponent;
    struct guard guard;
};

/* Which mantissas are normal. */
struct range {
    uint64_t min;
    uint64_t max;
    uint64_t rep; /* above it only multiples of ten */
};

static const struct range full_range = {MANTISSA_MIN, MANTISSA_MAX, MANTISSA_REP};
static const struct range issued_range = {1000000000000000u, 9999999999999999u, MANTISSA_REP};

static void shift_out(struct work *w)
{
    guard_push(&w->guard, (uint32_t)(w->mantissa % 10));
    w->mantissa /= 10;
    w->exponent++;
}

struct number number_zero(void)
{
    return (struct number){0, EXPONENT_MIN, false};
}

/* Round the mantissa (already <= range->max and <= range->rep) by what was shifted out, and make a
 * number of it. */
static err finish(struct work *w, bool negative, const struct range *range, struct number *ret)
{
    while (rounds_up(&w->guard, (uint64_t)w->mantissa)) {
        if (w->mantissa < range->max && w->mantissa < range->rep) {
            w->mantissa++;
            break;
        }
        shift_out(w);
    }
    if (w->mantissa != 0 && w->mantissa < range->min) {
        w->mantissa *= 10;
        w->exponent--;
    }
    if (w->mantissa == 0 || w->exponent < EXPONENT_MIN) {
        *ret = number_zero();
        return OK;
    }
    if (w->exponent > EXPONENT_MAX)
        return FAIL(ERR_LIMIT, "number: overflow");
    *ret = (struct number){(uint64_t)w->mantissa, (int32_t)w->exponent, negative};
    return OK;
}

static err normalize(struct work *w, bool negative, const struct range *range, struct number *ret)
{
    if (w->mantissa == 0) {
        *ret = number_zero();
        return OK;
    }
    while (w->mantissa < range->min) {
        w->mantissa *= 10;
        w->exponent--;
    }
    while (w->mantissa > range->max)
        shift_out(w);
    if (w->mantissa > range->rep)
        shift_out(w);
    return finish(w, negative, range, ret);
}

err number_make(bool negative, uint64_t mantissa, int32_t exponent, struct number *ret)
{
    struct work w = {.mantissa = mantissa, .exponent = exponent};
    return normalize(&w, negative, &full_range, ret);
}

err number_from_i64(int64_t v, struct number *ret)
{
    uint64_t magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    return number_make(v < 0, magnitude, 0, ret);
}

struct number number_negate(struct number a)
{
    if (a.mantissa != 0)
        a.negative = !a.negative;
    return a;
}

bool number_is_zero(struct number a)
{
    return a.mantissa == 0;
}

/* Shift digits out until the exponent is reached. Once nothing is left the rest of the way changes
 * nothing. */
static void align(struct work *w, int64_t exponent)
{
    while (w->exponent < exponent && (w->mantissa != 0 || w->guard.digits != 0))
        shift_out(w);
    w->exponent = exponent;
}

static err add_same_sign(struct work *big, const struct work *small, bool negative,
                         struct number *ret)
{
    struct work w = {big->mantissa + small->mantissa, big->exponent, small->guard};
    if (w.mantissa > MANTISSA_MAX || w.mantissa > MANTISSA_REP)
        shift_out(&w);
    return finish(&w, negative, &full_range, ret);
}

static err subtract(struct work *big, const struct work *small, bool negative, struct number *ret)
{
    struct work w = {big->mantissa - small->mantissa, big->exponent, small->guard};
    while (w.mantissa < MANTISSA_MIN && 10 * w.mantissa <= MANTISSA_REP) {
        w.mantissa = 10 * w.mantissa - guard_pop(&w.guard);
        w.exponent--;
    }
    if (rounds_up(&w.guard, (uint64_t)w.mantissa)) {
        w.mantissa--;
        if (w.mantissa < MANTISSA_MIN) {
            w.mantissa *= 10;
            w.exponent--;
        }
    }
    w.guard = (struct guard){0};
    return normalize(&w, negative, &full_range, ret);
}

/* By magnitude only. */
static int compare_magnitude(struct number a, struct number b)
{
    if (a.exponent != b.exponent)
        return a.exponent < b.exponent ? -1 : 1;
    return (a.mantissa > b.mantissa) - (a.mantissa < b.mantissa);
}

err number_add(struct number a, struct number b, struct number *ret)
{
    if (a.mantissa == 0 || b.mantissa == 0) {
        *ret = a.mantissa == 0 ? b : a;
        return OK;
    }
    int order = compare_magnitude(a, b);
    if (order == 0 && a.negative != b.negative) {
        *ret = number_zero();
        return OK;
    }
    if (order < 0) {
        struct number swap = a;
        a = b;
        b = swap;
    }
    struct work big = {.mantissa = a.mantissa, .exponent = a.exponent};
    struct work small = {.mantissa = b.mantissa, .exponent = b.exponent};
    align(&small, big.exponent);
    return a.negative == b.negative ? add_same_sign(&big, &small, a.negative, ret)
                                    : subtract(&big, &small, a.negative, ret);
}

err number_sub(struct number a, struct number b, struct number *ret)
{
    return number_add(a, number_negate(b), ret);
}

err number_mul(struct number a, struct number b, struct number *ret)
{
    struct work w = {.mantissa = (u128)a.mantissa * b.mantissa,
                     .exponent = (int64_t)a.exponent + b.exponent};
    return normalize(&w, a.negative != b.negative, &full_range, ret);
}

err number_div(struct number a, struct number b, struct number *ret)
{
    if (b.mantissa == 0)
        return FAIL(ERR_INVALID, "number: division by zero");
    u128 numerator = (u128)a.mantissa * 100000000000000000u;
    u128 rest = numerator % b.mantissa;
    struct work w = {.mantissa = numerator / b.mantissa,
                     .exponent = (int64_t)a.exponent - b.exponent - 17};
    /* Five more digits, so that the rounding sees what comes after the mantissa's last one. */
    u128 correction = rest * 100000 / b.mantissa;
    if (correction != 0) {
        w.mantissa = w.mantissa * 100000 + correction;
        w.exponent -= 5;
    }
    w.guard.sticky = rest * 100000 % b.mantissa != 0;
    return normalize(&w, a.negative != b.negative, &full_range, ret);
}

static err shift_exponent(struct number a, int32_t by, struct number *ret)
{
    struct work w = {.mantissa = a.mantissa, .exponent = (int64_t)a.exponent + by};
    return normalize(&w, a.negative, &full_range, ret);
}

/* ((-60 g + 144) g + 18) / 105: close enough to the root of g in 0.01..1 for the iteration to start
 * from. */
static err sqrt_first_guess(struct number g, struct number *ret)
{
    struct number c60, c144, c18, c105, r;
    TRY(number_from_i64(-60, &c60));
    TRY(number_from_i64(144, &c144));
    TRY(number_from_i64(18, &c18));
    TRY(number_from_i64(105, &c105));
    TRY(number_mul(c60, g, &r));
    TRY(number_add(r, c144, &r));
    TRY(number_mul(r, g, &r));
    TRY(number_add(r, c18, &r));
    return number_div(r, c105, ret);
}

static err sqrt_iterate(struct number g, struct number r, struct number *ret)
{
    struct number two, before = number_zero(), before_that = number_zero();
    TRY(number_from_i64(2, &two));
    for (int i = 0; i < SQRT_ROUNDS_MAX; i++) {
        before_that = before;
        before = r;
        struct number q;
        TRY(number_div(g, r, &q));
        TRY(number_add(r, q, &q));
        TRY(number_div(q, two, &r));
        if (number_cmp(r, before) == 0 || number_cmp(r, before_that) == 0)
            break;
    }
    *ret = r;
    return OK;
}

err number_sqrt(struct number f, struct number *ret)
{
    struct number one;
    TRY(number_from_i64(1, &one));
    if (f.mantissa == 0 || number_cmp(f, one) == 0) {
        *ret = f;
        return OK;
    }
    if (f.negative)
        return FAIL(ERR_INVALID, "number: root of a negative number");
    int32_t e = f.exponent + 19;
    if (e % 2 != 0)
        e++;
    struct number g, r;
    TRY(shift_exponent(f, -e, &g));
    TRY(sqrt_first_guess(g, &r));
    TRY(sqrt_iterate(g, r, &r));
    return shift_exponent(r, e / 2, ret);
}

int number_cmp(struct number a, struct number b)
{
    if (a.mantissa == 0 || b.mantissa == 0) {
        int sign_a = a.mantissa == 0 ? 0 : a.negative ? -1 : 1;
        int sign_b = b.mantissa == 0 ? 0 : b.negative ? -1 : 1;
        return (sign_a > sign_b) - (sign_a < sign_b);
    }
    if (a.negative != b.negative)
        return a.negative ? -1 : 1;
    return a.negative ? compare_magnitude(b, a) : compare_magnitude(a, b);
}

err number_to_i64(struct number a, int64_t *ret)
{
    if (a.mantissa == 0) {
        *ret = 0;
        return OK;
    }
    struct work w = {.mantissa = a.mantissa, .exponent = a.exponent};
    if (w.mantissa > MANTISSA_REP) {
        w.mantissa /= 10;
        w.exponent++;
    }
    if (w.exponent < 0)
        align(&w, 0);
    for (; w.exponent > 0 && w.mantissa <= MANTISSA_REP; w.exponent--)
        w.mantissa *= 10;
    if (rounds_up(&w.guard, (uint64_t)w.mantissa))
        w.mantissa++;
    if (w.mantissa > MANTISSA_REP)
        return FAIL(ERR_LIMIT, "number: integer overflow");
    *ret = a.negative ? -(int64_t)w.mantissa : (int64_t)w.mantissa;
    return OK;
}

err number_round16(struct number a, uint64_t *ret_mantissa, int32_t *ret_exponent)
{
    struct work w = {.mantissa = a.mantissa, .exponent = a.exponent};
    struct number r;
    TRY(normalize(&w, false, &issued_range, &r));
    *ret_mantissa = r.mantissa;
    *ret_exponent = r.mantissa ? r.exponent : 0;
    return OK;
}

err number_from_amount(const struct amount *a, struct number *ret)
{
    return number_make(a->negative, a->mantissa, a->exponent, ret);
}

static size_t put_scientific(const char *digits, size_t n, int32_t exponent, char *out)
{
    memcpy(out, digits, n);
    out[n++] = 'e';
    if (exponent < 0)
        out[n++] = '-';
    char e[DECIMAL_MAX];
    size_t at = decimal_digits((uint64_t)(exponent < 0 ? -(int64_t)exponent : exponent), e);
    memcpy(out + n, e + at, sizeof e - at);
    return n + sizeof e - at;
}

/* `n_fraction` of the digits stand behind the point. */
static size_t put_plain(const char *digits, size_t n, size_t n_fraction, char *out)
{
    size_t n_integer = n > n_fraction ? n - n_fraction : 0;
    size_t at = n_integer;
    memcpy(out, digits, n_integer);
    if (n_integer == 0)
        out[at++] = '0';
    while (n > n_integer && digits[n - 1] == '0') {
        n--;
        n_fraction--;
    }
    if (n == n_integer)
        return at;
    out[at++] = '.';
    for (; n_fraction > n - n_integer; n_fraction--)
        out[at++] = '0';
    memcpy(out + at, digits + n_integer, n - n_integer);
    return at + n - n_integer;
}

size_t number_format(bool negative, uint64_t mantissa, int32_t exponent, bool scientific,
                     char out[NUMBER_TEXT_MAX])
{
    assert(scientific || (exponent <= 0 && exponent >= -30));
    char digits[DECIMAL_MAX];
    size_t at = decimal_digits(mantissa, digits), n = 0;
    if (negative && mantissa != 0)
        out[n++] = '-';
    if (scientific)
        n += put_scientific(digits + at, sizeof digits - at, exponent, out + n);
    else
        n += put_plain(digits + at, sizeof digits - at, (size_t)-exponent, out + n);
    out[n] = 0;
    return n;
}

size_t number_to_text(struct number a, char out[NUMBER_TEXT_MAX])
{
    if (a.mantissa == 0)
        return number_format(false, 0, 0, false, out);
    bool scientific = a.exponent != 0 && (a.exponent < -28 || a.exponent > -8);
    for (; scientific && a.mantissa % 10 == 0; a.mantissa /= 10)
        a.exponent++;
    return number_format(a.negative, a.mantissa, a.exponent, scientific, out);
}
