/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of the indexes (store.h), and the checks every backend makes of rows and scans. */
#pragma once
#include "store/store.h"

#define INDEX_MAX_PREFIX 44
#define INDEX_MAX_SUFFIX 36

struct index_shape {
    const char *name;
    uint32_t prefix_bytes;
    uint32_t suffix_bytes;
    int32_t value_bytes; /* -1: any number */
    bool newest_first;   /* mostly read with descending suffixes: a backend may store them so */
};

/* NULL if there is no such index. Static. */
const struct index_shape *index_shape(enum store_index index);

/* Index, prefix, suffix and value fit together. Errors: ERR_INVALID. */
ERR index_check_row(const struct store_index_row *row);
/* What index_add is given; `lack`: what the index lacks, NULL if nothing. Errors: ERR_INVALID. */
ERR index_check_add(enum store_index index, const struct store_index_row *rows, size_t n,
                    const struct store_range *lack, uint32_t from);
/* The same for a scan; `from` may be shorter than a suffix. Errors: ERR_INVALID. */
ERR index_check_scan(const struct store_scan *scan);
