/* SPDX-License-Identifier: Apache-2.0 */
/* The offers of an order book as replies show them, with what their owners can pay (rpc-a 14, rpc-b
 * D.10). */
#pragma once
#include "rpc/call.h"

struct book_list {
    const struct asset *pays;     /* what takers pay, */
    const struct asset *gets;     /* ... and get */
    const struct hash256 *domain; /* NULL = the open book */
    const struct account *taker;  /* the zero account when nobody is named */
    uint32_t limit;
};
/* Write the best offers at c->view: elements of an array. */
YIELDS ERR book_list_put(struct call *c, const struct book_list *b);
