/* SPDX-License-Identifier: Apache-2.0 */
/* Walking a directory (of an owner, of NFT offers): pages of keys, up to a limit, from a marker
 * (rpc-a 1.15.1). */
#pragma once
#include "rpc/call.h"
#include "rpc/param.h"

struct dir_walk {
    struct hash256 root;
    uint32_t limit;  /* keys to collect; 0 = all */
    bool has_marker; /* continue after `marker`, found on `page` (both from the request) */
    struct hash256 marker;
    uint64_t page;
    const char *page_lost; /* message when a page is gone while continuing; NULL = "Owner directory
                              not found." */
};

struct dir_result {
    struct hash256 *keys;  /* in directory order; in the call's arena */
    struct slice *objects; /* their bytes in c->view (dir_walk_objects; empty = missing there) */
    size_t n;
    bool more;           /* the limit was reached: answer with a marker, */
    struct hash256 last; /* ... which names the last key collected */
    uint64_t last_page;  /* ... and its page */
};

/* Collect the keys. Answers invalidParams "Invalid marker." */
YIELDS ERR dir_walk_keys(struct call *c, const struct dir_walk *walk, struct dir_result *ret);
/* Collect the keys and read their objects, in one batch. A key without object: ERR_CORRUPT. */
YIELDS ERR dir_walk_objects(struct call *c, const struct dir_walk *walk, struct dir_result *ret);

/* Fill has_marker, marker, page from a parameter (a zero key means: from the begin, whatever the
 * page: rpc-a Q4). */
void dir_walk_from(struct dir_walk *walk, const struct param_marker *marker);
/* Write `"marker":"<64 hex>,<page>"`. */
void dir_walk_put_marker(struct call *c, const struct hash256 *key, uint64_t page);
