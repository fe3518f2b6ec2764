/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of one of the history's indexes, page by page. A marker is the suffix of the row read last;
 * rows are never deleted, so that one which names no row was never given. */
#pragma once
#include "rpc/call.h"
#include "store/store.h"

struct index_page_of {
    enum store_index index;
    struct slice prefix;
    struct slice begin;    /* only rows whose suffix begins with it; empty = all */
    uint32_t suffix_bytes; /* of every row, at most INDEX_PAGE_MAX_SUFFIX */
    const uint8_t *after;  /* the marker, suffix_bytes; NULL = from the first row on */
    uint32_t limit;
};
#define INDEX_PAGE_MAX_SUFFIX 64

struct index_page {
    const struct store_entry *rows; /* in the call's arena */
    size_t n;
    bool more; /* a row follows */
};

/* Errors: rpc_error ("Invalid marker."), ERR_CORRUPT, those of store_scan. */
YIELDS ERR index_page_read(struct call *c, const struct index_page_of *of, struct index_page *ret);
