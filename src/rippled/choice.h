/* SPDX-License-Identifier: Apache-2.0 */
/* Which source to ask next. Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* A source, as one request sees it. */
struct choice_source {
    bool has;   /* holds what is asked for, and may be used */
    bool tried; /* was asked in vain, or is not to be asked for this */
    int64_t
        blamed_until_ns;   /* gave wrong data lately: asked when nobody else can be (0 = did not) */
    int64_t slow_until_ns; /* failed lately: asked when nobody better can be (0 = did not) */
};

/* The best source that can be asked, going round from `start` among equals; -1: none. */
int32_t choice_pick(const struct choice_source *sources, uint32_t n, uint32_t start,
                    int64_t now_ns);

/* Pause after the n-th failure in a row (n >= 1): first, doubled each time, at most max. */
int64_t choice_backoff(uint32_t n, int64_t first_ns, int64_t max_ns);
/* The same, 80 % to 120 % of it by chance, so that many clients do not come back at once. */
int64_t choice_backoff_jitter(uint32_t n, int64_t first_ns, int64_t max_ns);
/* A number below n (> 0) by chance. Any thread. */
uint32_t choice_random(uint32_t n);
