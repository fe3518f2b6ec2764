/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"

#include "test.h"

struct item {
    int n;
    struct list node;
};

static int digits(struct list *l)
{
    int all = 0;
    LIST_EACH(it, l)
    all = all * 10 + LIST_ENTRY(it, struct item, node)->n;
    return all;
}

TEST(nodes_keep_their_order_and_leave_it)
{
    struct list l;
    list_init(&l);
    struct item a = {.n = 1}, b = {.n = 2}, c = {.n = 3};
    list_push_back(&l, &b.node);
    list_push_back(&l, &c.node);
    list_push_front(&l, &a.node);
    ASSERT_INT(123, digits(&l));
    list_unlink(&b.node);
    list_unlink(&b.node); /* harmless */
    ASSERT_INT(13, digits(&l));
    ASSERT(list_pop_front(&l) == &a.node);
    ASSERT(list_pop_front(&l) == &c.node);
    ASSERT(list_pop_front(&l) == NULL && list_empty(&l));
}

TEST(a_walk_may_unlink_the_node_it_stands_on)
{
    struct list l;
    list_init(&l);
    struct item items[5];
    for (int i = 0; i < 5; i++) {
        items[i].n = i + 1;
        list_push_back(&l, &items[i].node);
    }
    LIST_EACH(it, &l)
    if (LIST_ENTRY(it, struct item, node)->n % 2)
        list_unlink(it);
    ASSERT_INT(24, digits(&l));
}
