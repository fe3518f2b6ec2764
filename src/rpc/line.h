/* SPDX-License-Identifier: Apache-2.0 */
/* A trust line (RippleState) as one of its two accounts sees it. */
#pragma once
#include "xrpl/amount.h"

/* Flags of one side. */
enum line_flags {
    LINE_RESERVE = 1,
    LINE_AUTH = 2,
    LINE_NO_RIPPLE = 4,
    LINE_FREEZE = 8,
    LINE_DEEP_FREEZE = 16,
};

struct line_side {
    struct amount limit; /* its issuer is the side's account */
    uint32_t quality_in, quality_out;
    uint32_t flags; /* enum line_flags */
};

struct line {
    struct account peer;
    struct amount balance; /* what the account holds; negative: what it owes */
    struct line_side own, other;
};

/* Read a RippleState from the point of view of `account`. Errors: ERR_CORRUPT. */
ERR line_read(struct slice object, const struct account *account, struct line *ret);
