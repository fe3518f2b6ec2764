/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/sort_list.h"

#include "base/mem.h"

#define STEPS 512 /* between breaths */

/* Of equal nodes those of `older` go first. */
YIELDS static err merge(struct sort_list *s, struct call *c, struct sort_node *older,
                        struct sort_node *newer, struct sort_node **ret)
{
    struct sort_node *head = NULL, **tail = &head;
    for (unsigned n = 1; older && newer; n++) {
        struct sort_node **from = s->order(older, newer) <= 0 ? &older : &newer;
        *tail = *from;
        tail = &(*from)->next;
        *from = *tail;
        if (n % STEPS == 0)
            TRY(call_breathe(c));
    }
    *tail = older ? older : newer;
    *ret = head;
    return OK;
}

YIELDS ERR sort_list_add(struct sort_list *s, struct call *c, struct sort_node *node)
{
    node->next = NULL;
    size_t i = 0;
    for (; s->runs[i] && i + 1 < ARRAY_LEN(s->runs); i++) {
        TRY(merge(s, c, s->runs[i], node, &node));
        s->runs[i] = NULL;
    }
    s->runs[i] = node;
    return OK;
}

YIELDS ERR sort_list_take(struct sort_list *s, struct call *c, struct sort_node **ret)
{
    struct sort_node *all = NULL;
    for (size_t i = 0; i < ARRAY_LEN(s->runs); i++) {
        if (s->runs[i])
            TRY(merge(s, c, s->runs[i], all, &all));
        s->runs[i] = NULL;
    }
    *ret = all;
    return OK;
}
