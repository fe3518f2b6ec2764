/* SPDX-License-Identifier: Apache-2.0 */
/* Who gave what of a state. */
#pragma once
#include "etl/page_spool.h"

struct sources;

/* How many sources gave pages that count, and which one the most (-1: none that is still
 * configured). */
uint32_t load_blame_givers(const struct page_spool *pages, const struct sources *sources,
                           const struct page_filter *f, int32_t *ret_most);

struct load_blame_opts {
    struct page_spool *pages;
    struct page_filter filter; /* pages that are right, and without gaps */
};

#define LOAD_BLAME_MAX 64
/* The sources (page_spool_source) whose pages of the same ledger differ from those that are right.
 * Waits for the pool. Errors: ERR_IO, ERR_CORRUPT, ERR_CANCELLED. */
YIELDS ERR load_blame_compare(const struct load_blame_opts *opts, uint64_t ret[LOAD_BLAME_MAX],
                              size_t *ret_n);
