/* SPDX-License-Identifier: Apache-2.0 */
/* A stable sort of many things while other requests go on: a merge sort of linked nodes, which
 * breathes. The nodes are the caller's, in the call's arena. */
#pragma once
#include "rpc/call.h"

struct sort_node { /* first member of what is sorted */
    struct sort_node *next;
};
/* <0, 0, >0. */
typedef int (*sort_order_fn)(const struct sort_node *a, const struct sort_node *b);

struct sort_list {
    sort_order_fn order;
    struct sort_node
        *runs[40]; /* runs[i]: none, or about 2^i sorted nodes, older than runs below */
};

/* Errors: as call_breathe. */
YIELDS ERR sort_list_add(struct sort_list *s, struct call *c, struct sort_node *node);
/* All nodes, ascending; equal ones in the order they were added. The list is empty afterwards. */
YIELDS ERR sort_list_take(struct sort_list *s, struct call *c, struct sort_node **ret);
