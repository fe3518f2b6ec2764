/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of prices, as exact as the ledger's own arithmetic (rpc-a 18). */
#pragma once
#include "base/err.h"
#include "xrpl/amount.h"
#include "xrpl/number.h"

struct price_stats {
    struct amount mean;
    struct number deviation; /* of a sample; 0 for a single price */
    size_t n;
};

/* A price: `units` times 10^-scale, an amount without issue. */
ERR price_stats_price(uint64_t units, uint8_t scale, struct amount *ret);

/* `prices` ascending, n > 0. Errors of all: ERR_LIMIT on overflow. */
ERR price_stats_of(const struct amount *prices, size_t n, struct price_stats *ret);
ERR price_stats_median(const struct amount *prices, size_t n, struct amount *ret);
/* Ascending. */
void price_stats_sort(struct amount *prices, size_t n);
