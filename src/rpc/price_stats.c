/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/price_stats.h"

#include <stdlib.h>

static const struct asset no_issue = {
    .kind = ASSET_IOU, .currency = {.b = {[19] = 1}}, .issuer = {.b = {[19] = 1}}};

err price_stats_price(uint64_t units, uint8_t scale, struct amount *ret)
{
    return amount_canonicalize(&no_issue, false, units, -(int32_t)scale, ret);
}

static err divide(const struct amount *a, size_t n, struct amount *ret)
{
    struct amount divisor;
    TRY(amount_canonicalize(&no_issue, false, n, 0, &divisor));
    return amount_div(a, &divisor, &no_issue, ret);
}

static err mean_of(const struct amount *prices, size_t n, struct amount *ret)
{
    struct amount sum = amount_zero(&no_issue);
    for (size_t i = 0; i < n; i++) {
        struct amount next;
        TRY(amount_add(&sum, &prices[i], &next));
        sum = next;
    }
    return divide(&sum, n, ret);
}

static err add_square(const struct amount *price, const struct amount *mean, struct number *sum)
{
    struct amount distance;
    struct number d, square;
    TRY(amount_sub(price, mean, &distance));
    TRY(number_from_amount(&distance, &d));
    TRY(number_mul(d, d, &square));
    return number_add(*sum, square, sum);
}

static err deviation_of(const struct amount *prices, size_t n, const struct amount *mean,
                        struct number *ret)
{
    struct number sum = number_zero(), divisor, variance;
    *ret = sum;
    if (n == 1)
        return OK;
    for (size_t i = 0; i < n; i++)
        TRY(add_square(&prices[i], mean, &sum));
    TRY(number_from_i64((int64_t)n - 1, &divisor));
    TRY(number_div(sum, divisor, &variance));
    return number_sqrt(variance, ret);
}

err price_stats_of(const struct amount *prices, size_t n, struct price_stats *ret)
{
    ret->n = n;
    TRY(mean_of(prices, n, &ret->mean));
    return deviation_of(prices, n, &ret->mean, &ret->deviation);
}

err price_stats_median(const struct amount *prices, size_t n, struct amount *ret)
{
    struct amount sum;
    if (n % 2) {
        *ret = prices[n / 2];
        return OK;
    }
    TRY(amount_add(&prices[n / 2 - 1], &prices[n / 2], &sum));
    return divide(&sum, 2, ret);
}

static int by_price(const void *a, const void *b)
{
    int order = 0;
    err_ignore(amount_compare(a, b, &order)); /* all of one kind */
    return order;
}

void price_stats_sort(struct amount *prices, size_t n)
{
    qsort(prices, n, sizeof *prices, by_price);
}
