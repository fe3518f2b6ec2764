/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "xrpl/amount.h"
#include "xrpl/number.h"

#include <stdlib.h>

static struct number number_of(int64_t mantissa, int32_t exponent)
{
    struct number n;
    uint64_t magnitude = mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa;
    ASSERT_OK(number_make(mantissa < 0, magnitude, exponent, &n));
    return n;
}

static void assert_text(const char *expected, struct number n)
{
    char text[NUMBER_TEXT_MAX];
    ASSERT_INT(strlen(expected), number_to_text(n, text));
    ASSERT_STR(expected, text);
}

static struct number add(struct number a, struct number b)
{
    struct number r;
    ASSERT_OK(number_add(a, b, &r));
    return r;
}

static struct number mul(struct number a, struct number b)
{
    struct number r;
    ASSERT_OK(number_mul(a, b, &r));
    return r;
}

static struct number quotient(struct number a, struct number b)
{
    struct number r;
    ASSERT_OK(number_div(a, b, &r));
    return r;
}

static struct number root(struct number a)
{
    struct number r;
    ASSERT_OK(number_sqrt(a, &r));
    return r;
}

TEST(numbers_have_their_texts)
{
    assert_text("0", number_zero());
    assert_text("10000000000", number_of(1, 10));
    assert_text("1e11", number_of(1, 11));
    assert_text("1e15", number_of(1, 15));
    assert_text("1000000000000000000", number_of(1, 18));
    assert_text("1e19", number_of(1, 19));
    assert_text("1234567890123456e-4", number_of(1234567890123456, -4));
    assert_text("12345678901.23456", number_of(1234567890123456, -5));
    assert_text("1234567890123456e0", number_of(1234567890123456, 0));
    assert_text("0.0000000005", number_of(5, -10));
    assert_text("5e-11", number_of(5, -11));
    assert_text("2.5", number_of(25, -1));
    assert_text("-0.25", number_of(-25, -2));
    assert_text("-25e-40", number_of(-25, -40));
}

TEST(division_and_roots_are_as_published)
{
    struct number one = number_of(1, 0), two = number_of(2, 0), three = number_of(3, 0);
    assert_text("1.414213562373095049", root(two));
    assert_text("7.071067811865475245", root(number_of(50, 0)));
    assert_text("0.3333333333333333333", quotient(one, three));
    assert_text("0.6666666666666666667", quotient(two, three));
    assert_text("1", mul(quotient(one, three), three));
    assert_text("9223372036854775810", add(number_of(INT64_MAX, 0), one));
    assert_text("1", root(one));
    assert_text("0", root(number_zero()));
}

/* Standard deviation of a sample, as the aggregate price is made: root of the mean square error. */
static struct number deviation(const struct number *price, int64_t n, struct number mean)
{
    struct number sum = number_zero();
    for (int64_t i = 0; i < n; i++) {
        struct number d = add(price[i], number_negate(mean));
        sum = add(sum, mul(d, d));
    }
    return root(quotient(sum, number_of(n - 1, 0)));
}

static struct number mean16(const struct number *price, int64_t n)
{
    struct number sum = number_zero();
    for (int64_t i = 0; i < n; i++)
        sum = add(sum, price[i]);
    struct amount total = {.asset = {.kind = ASSET_IOU}}, count = total, mean;
    struct number m;
    ASSERT_OK(number_round16(sum, &total.mantissa, &total.exponent));
    ASSERT_OK(number_round16(number_of(n, 0), &count.mantissa, &count.exponent));
    ASSERT_OK(amount_div(&total, &count, &total.asset, &mean));
    ASSERT_OK(number_from_amount(&mean, &m));
    return m;
}

TEST(standard_deviations_are_as_published)
{
    struct number p[] = {number_of(10, 0), number_of(20, 0), number_of(300, 0)};
    assert_text("164.6207763315432795", deviation(p, 3, mean16(p, 3)));
    struct number q[] = {number_of(10, 0), number_of(20, 0), number_of(40, 0), number_of(300, 0)};
    assert_text("138.8944443333377776", deviation(q, 4, mean16(q, 4)));
    assert_text("14.14213562373095049", deviation(q + 1, 2, mean16(q + 1, 2)));
    assert_text("7.071067811865475245", deviation(q, 2, mean16(q, 2)));
    struct number r[] = {number_of(74, -2), number_of(742, -3), number_of(7415, -4)};
    assert_text("0.001040832999733066368", deviation(r, 3, mean16(r, 3)));
}

TEST(limits_are_errors_not_wrong_numbers)
{
    struct number big = number_of(1, 32768 + 18), small = number_of(1, -32768 + 18), r;
    ASSERT_ERR(ERR_LIMIT, number_make(false, 1, 32768 + 19, &r));
    ASSERT_OK(number_make(false, 1, -32768 + 17, &r));
    ASSERT(number_is_zero(r));
    ASSERT_ERR(ERR_LIMIT, number_mul(big, number_of(10, 0), &r));
    ASSERT_ERR(ERR_LIMIT, number_mul(big, big, &r));
    ASSERT_ERR(ERR_LIMIT, number_add(number_of(INT64_MAX, 32768), big, &r));
    ASSERT_OK(number_mul(small, small, &r));
    ASSERT(number_is_zero(r));
    ASSERT_ERR(ERR_INVALID, number_div(big, number_zero(), &r));
    ASSERT_ERR(ERR_INVALID, number_sqrt(number_of(-4, 0), &r));
    ASSERT_OK(number_add(big, small, &r)); /* 65,000 digits apart */
    ASSERT(number_cmp(r, big) == 0);
}

TEST(integers_round_to_even)
{
    static const struct {
        int64_t mantissa;
        int32_t exponent;
        int64_t expected;
    } cases[] = {{25, -1, 2},
                 {35, -1, 4},
                 {-25, -1, -2},
                 {2500001, -6, 3},
                 {2499999, -6, 2},
                 {1, -1000, 0},
                 {5, -1, 0},
                 {15, -1, 2},
                 {7, 3, 7000},
                 {0, 0, 0},
                 {INT64_MAX, 0, INT64_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t v;
        ASSERT_OK(number_to_i64(number_of(cases[i].mantissa, cases[i].exponent), &v));
        ASSERT_INT(cases[i].expected, v);
    }
    int64_t v;
    ASSERT_ERR(ERR_LIMIT, number_to_i64(number_of(1, 19), &v));
    ASSERT_ERR(ERR_LIMIT, number_to_i64(number_of(1, 30000), &v));
    ASSERT_ERR(ERR_LIMIT, number_to_i64(add(number_of(INT64_MAX, 0), number_of(1, 0)), &v));
}

TEST(order_is_by_sign_then_size)
{
    struct number sorted[] = {number_of(-2, 9), number_of(-1, 9), number_of(-5, -9), number_zero(),
                              number_of(5, -9), number_of(1, 9),  number_of(2, 9)};
    const int n = (int)(sizeof sorted / sizeof *sorted);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            ASSERT_INT((i > k) - (i < k), number_cmp(sorted[i], sorted[k]));
}

static uint64_t seed = 42;
static uint64_t next_random(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed ^ seed >> 29;
}

static struct number random_number(void)
{
    struct number n;
    uint64_t shift = next_random() % 64;
    ASSERT_OK(number_make(next_random() & 1, next_random() >> shift,
                          (int32_t)(next_random() % 60) - 30, &n));
    return n;
}

static bool is_normal(struct number n)
{
    return n.mantissa == 0 ||
           (n.mantissa >= 1000000000000000000u && n.mantissa <= 9999999999999999999u &&
            (n.mantissa <= INT64_MAX || n.mantissa % 10 == 0));
}

static bool same(struct number a, struct number b)
{
    return a.mantissa == b.mantissa &&
           (a.mantissa == 0 || (a.exponent == b.exponent && a.negative == b.negative));
}

TEST(laws_hold_for_random_numbers)
{
    for (int i = 0; i < 100000; i++) {
        struct number a = random_number(), b = random_number();
        struct number sum = add(a, b), product = mul(a, b);
        ASSERT(is_normal(a) && is_normal(sum) && is_normal(product));
        ASSERT(same(sum, add(b, a)));
        ASSERT(same(product, mul(b, a)));
        ASSERT(same(number_negate(sum), add(number_negate(a), number_negate(b))));
        ASSERT(number_is_zero(add(a, number_negate(a))));
        ASSERT_INT(number_cmp(a, b), -number_cmp(b, a));
        ASSERT((number_cmp(a, b) == 0) == same(a, b));
        ASSERT(same(a, mul(a, number_of(1, 0))));
        if (!number_is_zero(b))
            ASSERT(is_normal(quotient(a, b)));
        ASSERT(same(a, quotient(a, number_of(1, 0))));
    }
}

/* One line of the vectors being read: words one after the other. */
static char *next_word(char **line)
{
    char *word = strsep(line, " ");
    ASSERT(word != NULL);
    return word;
}

static struct number parse(const char *text)
{
    struct number n = number_zero();
    char *end;
    n.negative = *text == '-';
    n.mantissa = strtoull(text + n.negative, &end, 10);
    n.exponent = *end == 'e' ? (int32_t)strtol(end + 1, NULL, 10) : 0;
    return n;
}

typedef ERR (*binary_fn)(struct number a, struct number b, struct number *ret);

static ERR root_of_first(struct number a, struct number b, struct number *ret)
{
    return number_sqrt(a, ret);
}

static ERR round_first(struct number a, struct number b, struct number *ret)
{
    struct number r = {.negative = a.negative};
    TRY(number_round16(a, &r.mantissa, &r.exponent));
    *ret = r;
    return OK;
}

static ERR divide_as_issued(struct number a, struct number b, struct number *ret)
{
    struct amount n = {.mantissa = a.mantissa, .exponent = a.exponent, .negative = a.negative};
    struct amount d = {.mantissa = b.mantissa, .exponent = b.exponent, .negative = b.negative};
    n.asset.kind = d.asset.kind = ASSET_IOU;
    TRY(amount_div(&n, &d, &n.asset, &n));
    *ret = (struct number){n.mantissa, n.exponent, n.negative};
    return OK;
}

static ERR integer_of_first(struct number a, struct number b, struct number *ret)
{
    int64_t v;
    TRY(number_to_i64(a, &v));
    *ret = (struct number){(uint64_t)(v < 0 ? -v : v), 0, v < 0};
    return OK;
}

static const struct operation {
    const char *name;
    binary_fn run;
    int n_operands;
} operations[] = {{"add", number_add, 2},      {"mul", number_mul, 2},
                  {"div", number_div, 2},      {"quotient16", divide_as_issued, 2},
                  {"round16", round_first, 1}, {"sqrt", root_of_first, 1},
                  {"int", integer_of_first, 1}};

static const struct operation *operation_named(const char *name)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    test_fail(__FILE__, __LINE__, "unknown operation %s", name);
}

static void check_vector(char *line)
{
    char whole[200];
    snprintf(whole, sizeof whole, "%s", line);
    const struct operation *op = operation_named(next_word(&line));
    struct number a = parse(next_word(&line)), b = number_zero(), r = number_zero();
    if (op->n_operands == 2)
        b = parse(next_word(&line));
    const char *expected = next_word(&line);
    bool failed = err_failed(op->run(a, b, &r));
    if (failed != (strcmp(expected, "error") == 0) || (!failed && !same(parse(expected), r)))
        test_fail(__FILE__, __LINE__, "%s: got %s%llue%d", whole, r.negative ? "-" : "",
                  (unsigned long long)r.mantissa, (int)r.exponent);
}

TEST(exact_arithmetic_gives_the_same_results)
{
    char *text = test_read_file(test_source_path("tests/data/xrpl/numbers.txt"), NULL),
         *rest = text, *line;
    int n = 0;
    while ((line = strsep(&rest, "\n")) != NULL && *line != 0) {
        check_vector(line);
        n++;
    }
    ASSERT(n > 500);
    free(text);
}
