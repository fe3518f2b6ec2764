/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/amount.h"

#include "base/cursor.h"
#include "xrpl/number.h"

typedef unsigned __int128 u128;

#define BIT_ISSUED (UINT64_C(1) << 63)
#define BIT_POSITIVE (UINT64_C(1) << 62)
#define BIT_MPT (UINT64_C(1) << 61)
#define ISSUED_MANTISSA_BITS 54
#define ISSUED_MANTISSA_MIN 1000000000000000u
#define ISSUED_MANTISSA_MAX 9999999999999999u
#define ISSUED_EXPONENT_MIN (-96)
#define ISSUED_EXPONENT_MAX 80
#define ISSUED_EXPONENT_ZERO (-100)
#define E17 100000000000000000u
#define DROPS_MAX E17
#define MPT_MAX INT64_MAX

/* The issue of a figure that is an amount of nothing: rates and qualities. */
static const struct asset no_issue = {
    .kind = ASSET_IOU, .currency = {.b = {[19] = 1}}, .issuer = {.b = {[19] = 1}}};

size_t amount_wire_size(struct slice at)
{
    if (at.n == 0)
        return 0;
    size_t n = at.p[0] & 0x80 ? 48 : at.p[0] & 0x20 ? 33 : 8;
    return n <= at.n ? n : 0;
}

static err decode_issued(struct cursor *c, uint64_t v, struct amount *a)
{
    struct slice currency = cursor_take(c, 20), issuer = cursor_take(c, 20);
    if (c->failed)
        return FAIL(ERR_PARSE, "amount: issued amount cut short");
    memcpy(a->asset.currency.b, currency.p, 20);
    memcpy(a->asset.issuer.b, issuer.p, 20);
    if (currency_is_xrp(&a->asset.currency) || account_is_zero(&a->asset.issuer))
        return FAIL(ERR_PARSE, "amount: issued amount with a zero currency or issuer");
    uint64_t head = v >> ISSUED_MANTISSA_BITS; /* 1, sign, exponent */
    a->asset.kind = ASSET_IOU;
    a->mantissa = v & ((UINT64_C(1) << ISSUED_MANTISSA_BITS) - 1);
    if (a->mantissa == 0) {
        a->exponent = ISSUED_EXPONENT_ZERO;
        return head == 0x200 ? OK
                             : FAIL(ERR_PARSE, "amount: issued zero with a sign or an exponent");
    }
    a->negative = (v & BIT_POSITIVE) == 0;
    a->exponent = (int32_t)(head & 0xFF) - 97;
    if (a->mantissa < ISSUED_MANTISSA_MIN || a->mantissa > ISSUED_MANTISSA_MAX ||
        a->exponent < ISSUED_EXPONENT_MIN || a->exponent > ISSUED_EXPONENT_MAX)
        return FAIL(ERR_PARSE, "amount: issued amount out of range");
    return OK;
}

static err decode_mpt(struct cursor *c, uint64_t v, struct amount *a)
{
    uint8_t low = cursor_u8(c);
    struct slice id = cursor_take(c, 24);
    if (c->failed)
        return FAIL(ERR_PARSE, "amount: MPT amount cut short");
    a->asset.kind = ASSET_MPT;
    memcpy(a->asset.mpt.b, id.p, 24);
    a->mantissa = v << 8 | low;
    a->negative = (v & BIT_POSITIVE) == 0 && a->mantissa != 0;
    return OK;
}

static err decode_drops(uint64_t v, struct amount *a)
{
    if (v == 0)
        return FAIL(ERR_PARSE, "amount: negative zero");
    a->mantissa = v & ~(BIT_POSITIVE | BIT_MPT);
    a->negative = (v & BIT_POSITIVE) == 0;
    return OK;
}

err amount_decode(struct slice wire, struct amount *ret)
{
    struct cursor c = cursor_of(wire);
    struct amount a = {0};
    uint64_t v = cursor_be64(&c);
    if (c.failed)
        return FAIL(ERR_PARSE, "amount: cut short");
    if (v & BIT_ISSUED)
        TRY(decode_issued(&c, v, &a));
    else if (v & BIT_MPT)
        TRY(decode_mpt(&c, v, &a));
    else
        TRY(decode_drops(v, &a));
    if (!cursor_done(&c))
        return FAIL(ERR_PARSE, "amount: %zu bytes too many", cursor_left(&c));
    *ret = a;
    return OK;
}

size_t amount_encode(const struct amount *a, uint8_t out[AMOUNT_WIRE_MAX])
{
    uint64_t positive = a->negative ? 0 : BIT_POSITIVE;
    switch (a->asset.kind) {
    case ASSET_XRP: bits_store64(out, a->mantissa | positive); return 8;
    case ASSET_MPT:
        out[0] = (uint8_t)((BIT_MPT | positive) >> 56);
        bits_store64(out + 1, a->mantissa);
        memcpy(out + 9, a->asset.mpt.b, 24);
        return 33;
    case ASSET_IOU: break;
    }
    uint64_t v = BIT_ISSUED;
    if (a->mantissa != 0)
        v |= positive | (uint64_t)(a->exponent + 97) << ISSUED_MANTISSA_BITS | a->mantissa;
    bits_store64(out, v);
    memcpy(out + 8, a->asset.currency.b, 20);
    memcpy(out + 28, a->asset.issuer.b, 20);
    return 48;
}

bool amount_is_zero(const struct amount *a)
{
    return a->mantissa == 0;
}

struct amount amount_zero(const struct asset *asset)
{
    return (struct amount){.asset = *asset,
                           .exponent = asset->kind == ASSET_IOU ? ISSUED_EXPONENT_ZERO : 0};
}

struct amount amount_negate(struct amount a)
{
    if (a.mantissa != 0)
        a.negative = !a.negative;
    return a;
}

struct amount amount_drops(uint64_t drops)
{
    return (struct amount){.mantissa = drops};
}

size_t amount_to_text(const struct amount *a, char out[AMOUNT_TEXT_MAX])
{
    int32_t e = a->mantissa ? a->exponent : 0;
    bool scientific = e != 0 && (e < -25 || e > -5);
    return number_format(a->negative, a->mantissa, e, scientific, out);
}

static bool comparable(const struct asset *a, const struct asset *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == ASSET_MPT)
        return memcmp(&a->mpt, &b->mpt, sizeof a->mpt) == 0;
    return memcmp(&a->currency, &b->currency, sizeof a->currency) == 0;
}

static int sign_of(const struct amount *a)
{
    return a->mantissa == 0 ? 0 : a->negative ? -1 : 1;
}

err amount_compare(const struct amount *a, const struct amount *b, int *ret)
{
    if (!comparable(&a->asset, &b->asset))
        return FAIL(ERR_INVALID, "amount: comparison of different assets");
    int sign = sign_of(a);
    if (sign != sign_of(b))
        *ret = sign < sign_of(b) ? -1 : 1;
    else if (sign != 0 && a->exponent != b->exponent)
        *ret = a->exponent < b->exponent ? -sign : sign;
    else
        *ret = ((a->mantissa > b->mantissa) - (a->mantissa < b->mantissa)) * sign;
    return OK;
}

/* An XRP or MPT amount from its magnitude. */
static err make_integral(const struct asset *asset, bool negative, u128 magnitude,
                         struct amount *ret)
{
    u128 limit = asset->kind == ASSET_XRP ? DROPS_MAX : MPT_MAX;
    if (magnitude > limit)
        return FAIL(ERR_LIMIT, "amount: value overflow");
    *ret = (struct amount){
        .asset = *asset, .mantissa = (uint64_t)magnitude, .negative = negative && magnitude != 0};
    return OK;
}

static err issued_from_number(const struct asset *asset, struct number n, struct amount *ret)
{
    uint64_t mantissa;
    int32_t exponent;
    TRY(number_round16(n, &mantissa, &exponent));
    if (mantissa != 0 && exponent > ISSUED_EXPONENT_MAX)
        return FAIL(ERR_LIMIT, "amount: value overflow");
    *ret = amount_zero(asset);
    if (mantissa != 0 && exponent >= ISSUED_EXPONENT_MIN)
        *ret = (struct amount){*asset, mantissa, exponent, n.negative};
    return OK;
}

static err from_number(const struct asset *asset, struct number n, struct amount *ret)
{
    if (asset->kind == ASSET_IOU)
        return issued_from_number(asset, n, ret);
    int64_t v;
    TRY(number_to_i64(n, &v));
    return make_integral(asset, v < 0, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, ret);
}

static uint64_t power_of_ten(int32_t n)
{
    uint64_t p = 1;
    while (n-- > 0)
        p *= 10;
    return p;
}

/* mantissa * 10^exponent, exponent -19..18, as the nearest integer, ties to even. */
static u128 scale(uint64_t mantissa, int32_t exponent)
{
    if (exponent >= 0)
        return (u128)mantissa * power_of_ten(exponent);
    uint64_t unit = power_of_ten(-exponent);
    uint64_t whole = mantissa / unit, rest = mantissa % unit;
    bool up = rest > unit - rest || (rest == unit - rest && (whole & 1));
    return (u128)whole + up;
}

err amount_canonicalize(const struct asset *asset, bool negative, uint64_t mantissa,
                        int32_t exponent, struct amount *ret)
{
    if (asset->kind == ASSET_IOU) {
        struct number n;
        TRY(number_make(negative, mantissa, exponent, &n));
        return issued_from_number(asset, n, ret);
    }
    if (mantissa == 0 || exponent <= -20) {
        *ret = amount_zero(asset);
        return OK;
    }
    if (exponent > (asset->kind == ASSET_XRP ? 17 : 18))
        return FAIL(ERR_LIMIT, "amount: value overflow");
    return make_integral(asset, negative, scale(mantissa, exponent), ret);
}

static err add_integral(const struct amount *a, const struct amount *b, struct amount *ret)
{
    __int128 x = a->negative ? -(__int128)a->mantissa : (__int128)a->mantissa;
    __int128 y = b->negative ? -(__int128)b->mantissa : (__int128)b->mantissa;
    __int128 sum = x + y;
    return make_integral(&a->asset, sum < 0, (u128)(sum < 0 ? -sum : sum), ret);
}

err amount_add(const struct amount *a, const struct amount *b, struct amount *ret)
{
    if (!comparable(&a->asset, &b->asset))
        return FAIL(ERR_INVALID, "amount: sum of different assets");
    if (b->mantissa == 0 || a->mantissa == 0) {
        struct asset asset = a->asset;
        *ret = b->mantissa == 0 ? *a : *b;
        ret->asset = asset;
        return OK;
    }
    if (a->asset.kind != ASSET_IOU)
        return add_integral(a, b, ret);
    struct number x, y, sum;
    TRY(number_from_amount(a, &x));
    TRY(number_from_amount(b, &y));
    TRY(number_add(x, y, &sum));
    struct asset asset = a->asset;
    return issued_from_number(&asset, sum, ret);
}

err amount_sub(const struct amount *a, const struct amount *b, struct amount *ret)
{
    struct amount minus_b = amount_negate(*b);
    return amount_add(a, &minus_b, ret);
}

err amount_mul(const struct amount *a, const struct amount *b, const struct asset *asset,
               struct amount *ret)
{
    if (a->mantissa == 0 || b->mantissa == 0) {
        *ret = amount_zero(asset);
        return OK;
    }
    bool negative = a->negative != b->negative;
    if (asset->kind != ASSET_IOU && a->asset.kind == asset->kind && b->asset.kind == asset->kind)
        return make_integral(asset, negative, (u128)a->mantissa * b->mantissa, ret);
    struct number x, y, product;
    TRY(number_from_amount(a, &x));
    TRY(number_from_amount(b, &y));
    TRY(number_mul(x, y, &product));
    return from_number(asset, product, ret);
}

/* XRP and MPT amounts get as many digits as issued ones have, so that the quotient does. */
static void widen(const struct amount *a, uint64_t *mantissa, int32_t *exponent)
{
    *mantissa = a->mantissa;
    *exponent = a->exponent;
    while (a->asset.kind != ASSET_IOU && *mantissa < ISSUED_MANTISSA_MIN) {
        *mantissa *= 10;
        --*exponent;
    }
}

err amount_div(const struct amount *n, const struct amount *d, const struct asset *asset,
               struct amount *ret)
{
    if (d->mantissa == 0)
        return FAIL(ERR_INVALID, "amount: division by zero");
    if (n->mantissa == 0) {
        *ret = amount_zero(asset);
        return OK;
    }
    uint64_t n_mantissa, d_mantissa;
    int32_t n_exponent, d_exponent;
    widen(n, &n_mantissa, &n_exponent);
    widen(d, &d_mantissa, &d_exponent);
    u128 quotient = (u128)n_mantissa * E17 / d_mantissa + 5;
    if (quotient > UINT64_MAX)
        return FAIL(ERR_LIMIT, "amount: quotient overflow");
    return amount_canonicalize(asset, n->negative != d->negative, (uint64_t)quotient,
                               n_exponent - d_exponent - 17, ret);
}

err amount_mul_rate(const struct amount *a, uint32_t rate, struct amount *ret)
{
    if (rate == AMOUNT_RATE_PARITY) {
        *ret = *a;
        return OK;
    }
    struct amount factor;
    TRY(amount_canonicalize(&no_issue, false, rate, -9, &factor));
    struct asset asset = a->asset;
    return amount_mul(a, &factor, &asset, ret);
}

err amount_div_rate(const struct amount *a, uint32_t rate, struct amount *ret)
{
    if (rate == AMOUNT_RATE_PARITY) {
        *ret = *a;
        return OK;
    }
    struct amount divisor;
    TRY(amount_canonicalize(&no_issue, false, rate, -9, &divisor));
    struct asset asset = a->asset;
    return amount_div(a, &divisor, &asset, ret);
}

err amount_from_quality(uint64_t quality, struct amount *ret)
{
    const uint64_t mantissa_mask = (UINT64_C(1) << 56) - 1;
    if (quality == 0) {
        *ret = amount_zero(&no_issue);
        return OK;
    }
    return amount_canonicalize(&no_issue, false, quality & mantissa_mask,
                               (int32_t)(quality >> 56) - 100, ret);
}
