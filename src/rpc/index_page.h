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

/* A list of what there is of the rows in some ledger, where not all of them are shown. */
struct index_page_list {
    /* Which of the n rows are shown? */
    err (*look)(struct call *c, void *arg, const struct store_entry *rows, size_t n,
                bool *ret_shown);
    /* Write the i'th of those looked at last. */
    err (*put)(struct call *c, void *arg, size_t i);
    void *arg;
};

struct index_page_end {
    bool more;                           /* one that is shown follows; or very many rows were
                                            looked at, and there are others */
    uint8_t last[INDEX_PAGE_MAX_SUFFIX]; /* then the marker: a row's suffix */
};

/* Write up to of->limit of them. Breathes. Errors: as index_page_read, those of look and put. */
YIELDS ERR index_page_put(struct call *c, const struct index_page_of *of,
                          const struct index_page_list *list, struct index_page_end *ret);
