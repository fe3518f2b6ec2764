/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive doubly linked list. A node is in at most one list; an unlinked node points to itself.
 */
#pragma once
#include "base/mem.h"

#include <stdbool.h>

struct list {
    struct list *next;
    struct list *prev;
};

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_insert_before(struct list *at, struct list *node)
{
    node->prev = at->prev;
    node->next = at;
    at->prev->next = node;
    at->prev = node;
}

static inline void list_push_back(struct list *l, struct list *node)
{
    list_insert_before(l, node);
}

static inline void list_push_front(struct list *l, struct list *node)
{
    list_insert_before(l->next, node);
}

/* Safe on an unlinked (initialised) node. */
static inline void list_unlink(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* First node, unlinked; NULL when empty. */
static inline struct list *list_pop_front(struct list *l)
{
    if (list_empty(l))
        return NULL;
    struct list *node = l->next;
    list_unlink(node);
    return node;
}

/* The loop variable `it` is a struct list *; the body may unlink it. */
#define LIST_EACH(it, head)                                                                        \
    for (struct list *it = (head)->next, *it##_next_ = it->next; it != (head);                     \
         it = it##_next_, it##_next_ = it->next)

#define LIST_ENTRY(node, type, member) container_of(node, type, member)
