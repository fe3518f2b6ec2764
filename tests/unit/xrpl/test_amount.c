/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "base/hex.h"
#include "xrpl/amount.h"

static const struct asset xrp = {0};
static const struct asset usd = {
    .kind = ASSET_IOU, .currency = {.b = {[12] = 'U', 'S', 'D'}}, .issuer = {.b = {1}}};
static const struct asset mpt = {.kind = ASSET_MPT, .mpt = {.b = {[3] = 5, 1}}};

static struct amount amount_of(const struct asset *asset, int64_t mantissa, int32_t exponent)
{
    struct amount a;
    uint64_t magnitude = mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa;
    ASSERT_OK(amount_canonicalize(asset, mantissa < 0, magnitude, exponent, &a));
    return a;
}

static bool same(const struct amount *a, const struct amount *b)
{
    return asset_eq(&a->asset, &b->asset) && a->mantissa == b->mantissa &&
           a->exponent == b->exponent && a->negative == b->negative;
}

static void assert_text(const char *expected, struct amount a)
{
    char text[AMOUNT_TEXT_MAX];
    ASSERT_INT(strlen(expected), amount_to_text(&a, text));
    ASSERT_STR(expected, text);
}

static struct amount quotient(struct amount n, struct amount d)
{
    struct amount r;
    ASSERT_OK(amount_div(&n, &d, &usd, &r));
    return r;
}

static struct amount sum(struct amount a, struct amount b)
{
    struct amount r;
    ASSERT_OK(amount_add(&a, &b, &r));
    return r;
}

static struct amount usd_of(int64_t mantissa, int32_t exponent)
{
    return amount_of(&usd, mantissa, exponent);
}

TEST(issued_amounts_have_their_texts)
{
    assert_text("0", amount_zero(&usd));
    assert_text("10000000000", usd_of(1, 10));
    assert_text("1000000000000000e-4", usd_of(1, 11));
    assert_text("1000000000000000", usd_of(1, 15));
    assert_text("1000000000000000e3", usd_of(1, 18));
    assert_text("1234567890123456e-4", usd_of(1234567890123456, -4));
    assert_text("12345678901.23456", usd_of(1234567890123456, -5));
    assert_text("0.0000000005", usd_of(5, -10));
    assert_text("5000000000000000e-26", usd_of(5, -11));
    assert_text("2.5", usd_of(25, -1));
    assert_text("-2.5", usd_of(-25, -1));
    assert_text("-9999999999999999e-96", usd_of(-9999999999999999, -96));
    assert_text("9999999999999999e80", usd_of(9999999999999999, 80));
}

TEST(integral_amounts_are_plain_integers)
{
    assert_text("0", amount_drops(0));
    assert_text("100000000000000000", amount_drops(100000000000000000u));
    assert_text("-7", amount_of(&xrp, -7, 0));
    assert_text("9223372036854775807", amount_of(&mpt, INT64_MAX, 0));
}

TEST(quotients_are_as_published)
{
    struct amount one = usd_of(1, 0);
    assert_text("0.3333333333333334", quotient(one, usd_of(3, 0)));
    assert_text("0.6666666666666667", quotient(usd_of(2, 0), usd_of(3, 0)));
    assert_text("1.428571428571429", quotient(usd_of(10, 0), usd_of(7, 0)));
    assert_text("0.9950248756218906", quotient(one, usd_of(1005, -3)));
    assert_text("99.80039920159681", quotient(usd_of(100, 0), usd_of(1002, -3)));
    assert_text("0", quotient(usd_of(0, 0), one));
    struct amount zero = amount_zero(&usd), r;
    ASSERT_ERR(ERR_INVALID, amount_div(&one, &zero, &usd, &r));
}

TEST(sums_are_as_published)
{
    assert_text("1", sum(usd_of(1, 0), usd_of(1, -16)));
    assert_text("0.9999999999999999", sum(usd_of(1, 0), usd_of(-1, -16)));
    assert_text("1000000000000000e1", sum(usd_of(9999999999999999, 0), usd_of(5, -1)));
    assert_text("0", sum(usd_of(5, -1), usd_of(-5, -1)));
    assert_text("12", sum(amount_drops(5), amount_drops(7)));
    assert_text("-2", sum(amount_drops(5), amount_of(&xrp, -7, 0)));
}

TEST(a_sum_with_zero_has_the_first_ones_asset)
{
    struct amount other = usd_of(3, 0);
    other.asset.issuer.b[0] = 9;
    struct amount r = sum(amount_zero(&usd), other);
    ASSERT(asset_eq(&usd, &r.asset));
    assert_text("3", r);
}

TEST(a_quality_is_an_amount)
{
    struct amount a;
    ASSERT_OK(amount_from_quality(0x55071AFD498D0000u, &a));
    ASSERT_INT(2000000000000000, a.mantissa);
    ASSERT_INT(-15, a.exponent);
    assert_text("2", a);
    ASSERT_OK(amount_from_quality(0, &a));
    assert_text("0", a);
}

TEST(transfer_rates_multiply_and_divide)
{
    struct amount eight = usd_of(8, 0), r;
    ASSERT_OK(amount_div_rate(&eight, 2000000000, &r));
    assert_text("4", r);
    ASSERT_OK(amount_mul_rate(&eight, 1005000000, &r));
    assert_text("8.04", r);
    ASSERT_OK(amount_mul_rate(&eight, AMOUNT_RATE_PARITY, &r));
    ASSERT(same(&eight, &r));
    struct amount drops = amount_drops(15);
    ASSERT_OK(amount_mul_rate(&drops, 1100000000, &r));
    assert_text("16", r); /* 16.5, ties to even */
    ASSERT_OK(amount_div_rate(&drops, 2000000000, &r));
    assert_text("8", r); /* 7.5 */
    ASSERT_ERR(ERR_INVALID, amount_div_rate(&drops, 0, &r));
}

TEST(products_take_the_asked_asset)
{
    struct amount two_usd = usd_of(2, 0), drops = amount_drops(10), r;
    ASSERT_OK(amount_mul(&two_usd, &drops, &xrp, &r));
    assert_text("20", r);
    ASSERT(r.asset.kind == ASSET_XRP);
    ASSERT_OK(amount_mul(&drops, &drops, &xrp, &r));
    assert_text("100", r);
    struct amount all = amount_drops(100000000000000000u), many = usd_of(1, 80);
    ASSERT_ERR(ERR_LIMIT, amount_mul(&all, &drops, &xrp, &r));
    ASSERT_ERR(ERR_LIMIT, amount_mul(&many, &many, &usd, &r));
    ASSERT_ERR(ERR_LIMIT, amount_mul(&many, &drops, &xrp, &r));
}

TEST(only_like_amounts_are_compared_and_added)
{
    struct amount drops = amount_drops(1), dollar = usd_of(1, 0), unit = amount_of(&mpt, 1, 0), r;
    struct amount euro = dollar, other_unit = unit;
    euro.asset.currency.b[12] = 'E';
    other_unit.asset.mpt.b[0] = 1;
    int order;
    const struct amount *pairs[][2] = {
        {&drops, &dollar}, {&dollar, &euro}, {&unit, &drops}, {&unit, &other_unit}};
    for (size_t i = 0; i < 4; i++) {
        ASSERT_ERR(ERR_INVALID, amount_compare(pairs[i][0], pairs[i][1], &order));
        ASSERT_ERR(ERR_INVALID, amount_add(pairs[i][0], pairs[i][1], &r));
    }
    struct amount from_elsewhere = dollar;
    from_elsewhere.asset.issuer.b[5] = 77;
    ASSERT_OK(amount_compare(&dollar, &from_elsewhere, &order));
    ASSERT_INT(0, order);
}

TEST(order_is_total_and_antisymmetric)
{
    struct amount sorted[] = {usd_of(-2, 9), usd_of(-1, 9), usd_of(-5, -9), amount_zero(&usd),
                              usd_of(5, -9), usd_of(1, 9),  usd_of(2, 9)};
    const int n = (int)(sizeof sorted / sizeof *sorted);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) {
            int order;
            ASSERT_OK(amount_compare(&sorted[i], &sorted[k], &order));
            ASSERT_INT((i > k) - (i < k), (order > 0) - (order < 0));
        }
}

TEST(canonical_integers_round_to_even_and_are_bounded)
{
    struct amount r;
    assert_text("2", amount_of(&xrp, 25, -1));
    assert_text("4", amount_of(&xrp, 35, -1));
    assert_text("-4", amount_of(&mpt, -35, -1));
    assert_text("0", amount_of(&xrp, 5, -1));
    assert_text("1", amount_of(&xrp, INT64_MAX, -19));
    assert_text("0", amount_of(&xrp, INT64_MAX, -20));
    assert_text("100000000000000000", amount_of(&xrp, 1, 17));
    ASSERT_ERR(ERR_LIMIT, amount_canonicalize(&xrp, false, 1, 18, &r));
    ASSERT_ERR(ERR_LIMIT, amount_canonicalize(&xrp, false, 100000000000000001u, 0, &r));
    assert_text("1000000000000000000", amount_of(&mpt, 1, 18));
    ASSERT_ERR(ERR_LIMIT, amount_canonicalize(&mpt, false, 10, 18, &r));
    ASSERT_ERR(ERR_LIMIT, amount_canonicalize(&mpt, false, UINT64_MAX, 18, &r));
    ASSERT_ERR(ERR_LIMIT, amount_canonicalize(&usd, false, 1, 96, &r));
    ASSERT_OK(amount_canonicalize(&usd, true, 1, -82, &r));
    ASSERT(amount_is_zero(&r) && !r.negative && r.exponent == -100);
}

static struct slice unhex(const char *hex, uint8_t out[64])
{
    size_t n = strlen(hex) / 2;
    ASSERT(hex_decode(slice_str(hex), out, n));
    return slice_of(out, n);
}

#define USD_ISSUER                                                                                 \
    "0000000000000000000000005553440000000000"                                                     \
    "4B4E9C06F24296074F7BC48F92A97916C6DC5EA9"
#define MPT_ID                                                                                     \
    "00000005"                                                                                     \
    "4B4E9C06F24296074F7BC48F92A97916C6DC5EA9"

static void assert_wire(const char *hex, const char *text)
{
    uint8_t bytes[64], back[AMOUNT_WIRE_MAX];
    struct slice wire = unhex(hex, bytes);
    struct amount a;
    ASSERT_OK(amount_decode(wire, &a));
    assert_text(text, a);
    ASSERT_INT(wire.n, amount_wire_size(wire));
    ASSERT_INT(wire.n, amount_encode(&a, back));
    ASSERT(memcmp(back, wire.p, wire.n) == 0);
}

TEST(wire_forms_are_read_and_written)
{
    assert_wire("40000000000F4240", "1000000");
    assert_wire("00000000000F4240", "-1000000");
    assert_wire("4000000000000000", "0");
    assert_wire("416345785D8A0000", "100000000000000000");
    assert_wire("8000000000000000" USD_ISSUER, "0");
    assert_wire("D4838D7EA4C68000" USD_ISSUER, "1");
    assert_wire("94838D7EA4C68000" USD_ISSUER, "-1");
    assert_wire("60"
                "00000000000003E8" MPT_ID,
                "1000");
    assert_wire("20"
                "00000000000003E8" MPT_ID,
                "-1000");
    assert_wire("60"
                "7FFFFFFFFFFFFFFF" MPT_ID,
                "9223372036854775807");
}

TEST(invalid_wire_forms_are_refused)
{
    static const char *bad[] = {
        "",
        "40000000000F42",
        "40000000000F424000",
        "0000000000000000",
        "8000000000000000"
        "0000000000000000000000000000000000000000"
        "4B4E9C06F24296074F7BC48F92A97916C6DC5EA9",
        "8000000000000000"
        "0000000000000000000000005553440000000000"
        "0000000000000000000000000000000000000000",
        "C000000000000000" USD_ISSUER, /* zero with a sign */
        "8040000000000000" USD_ISSUER, /* zero with an exponent */
        "D4838D7EA4C67FFF" USD_ISSUER, /* mantissa 10^15 - 1 */
        "D4A386F26FC10000" USD_ISSUER, /* mantissa 10^16 */
        "C003"
        "8D7EA4C68000" USD_ISSUER, /* exponent -97 */
        "EC83"
        "8D7EA4C68000" USD_ISSUER, /* exponent 81 */
        "D4838D7EA4C68000" USD_ISSUER "00",
        "6000000000000003E8",
        "60"
        "00000000000003E8" MPT_ID "00",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t bytes[64];
        struct amount a;
        ASSERT_ERR(ERR_PARSE, amount_decode(unhex(bad[i], bytes), &a));
    }
}

TEST(cut_off_amounts_have_no_size)
{
    uint8_t bytes[64];
    struct slice wire = unhex("D4838D7EA4C68000" USD_ISSUER, bytes);
    for (size_t n = 0; n < wire.n; n++)
        ASSERT_INT(0, amount_wire_size(slice_of(wire.p, n)));
}

static uint64_t seed = 11;
static uint64_t next_random(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed ^ seed >> 29;
}

static struct amount random_amount(const struct asset *asset)
{
    int64_t mantissa = (int64_t)(next_random() >> (next_random() % 40 + 24));
    int32_t exponent = asset->kind == ASSET_IOU ? (int32_t)(next_random() % 60) - 30 : 0;
    return amount_of(asset, next_random() & 1 ? -mantissa : mantissa, exponent);
}

static void check_laws(const struct asset *asset)
{
    struct amount a = random_amount(asset), b = random_amount(asset), r, back;
    struct amount ab = sum(a, b), ba = sum(b, a), zero = amount_zero(asset);
    ASSERT(same(&ab, &ba));
    ASSERT_OK(amount_sub(&a, &a, &r));
    ASSERT(same(&zero, &r));
    int order, reverse, difference;
    ASSERT_OK(amount_compare(&a, &b, &order));
    ASSERT_OK(amount_compare(&b, &a, &reverse));
    ASSERT_INT(order, -reverse);
    ASSERT_OK(amount_sub(&a, &b, &r));
    ASSERT_OK(amount_compare(&r, &zero, &difference));
    ASSERT((order > 0) == (difference > 0) && (order < 0) == (difference < 0));
    uint8_t wire[AMOUNT_WIRE_MAX];
    ASSERT_OK(amount_decode(slice_of(wire, amount_encode(&a, wire)), &back));
    ASSERT(same(&a, &back));
}

TEST(laws_hold_for_random_amounts)
{
    for (int i = 0; i < 30000; i++) {
        check_laws(&xrp);
        check_laws(&usd);
        check_laws(&mpt);
    }
}

TEST(random_bytes_never_break_the_decoder)
{
    for (int i = 0; i < 200000; i++) {
        uint8_t bytes[48], back[AMOUNT_WIRE_MAX];
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (uint8_t)next_random();
        struct amount a;
        struct slice wire = slice_of(bytes, amount_wire_size(slice_of(bytes, sizeof bytes)));
        if (amount_decode(wire, &a).code == 0 && a.asset.kind == ASSET_IOU)
            ASSERT(amount_encode(&a, back) == wire.n && memcmp(back, bytes, wire.n) == 0);
    }
}
