/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/sort_list.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "test.h"

struct item {
    struct sort_node node;
    uint32_t value, serial;
};

static int by_value(const struct sort_node *a, const struct sort_node *b)
{
    uint32_t x = ((const struct item *)a)->value, y = ((const struct item *)b)->value;
    return (x > y) - (x < y);
}

TEST(any_number_of_nodes_comes_out_ascending_and_stable)
{
    static struct item items[5000];
    uint32_t random = 7;
    struct call c = {.arena = arena_new(0), .deadline_ns = CLOCK_NEVER};
    for (size_t n = 0; n <= ARRAY_LEN(items); n = n < 40 ? n + 1 : n * 2 + 1) {
        struct sort_list list = {.order = by_value};
        for (uint32_t i = 0; i < n; i++) {
            random = random * 1664525 + 1013904223;
            items[i] = (struct item){.value = (random >> 8) % 600, .serial = i};
            ASSERT_OK(sort_list_add(&list, &c, &items[i].node));
        }
        struct sort_node *node;
        ASSERT_OK(sort_list_take(&list, &c, &node));
        size_t seen = 0;
        for (const struct item *last = NULL; node; node = node->next, seen++) {
            const struct item *item = (const struct item *)node;
            ASSERT(!last || last->value < item->value ||
                   (last->value == item->value && last->serial < item->serial));
            last = item;
        }
        ASSERT_INT(n, seen);
        ASSERT_OK(sort_list_take(&list, &c, &node));
        ASSERT(node == NULL);
    }
    arena_free(c.arena);
}

TEST(sorting_ends_with_the_call_s_time)
{
    static struct item items[4096];
    struct call c = {.arena = arena_new(0), .deadline_ns = 0};
    struct sort_list list = {.order = by_value};
    err e = OK;
    for (uint32_t i = 0; i < ARRAY_LEN(items) && !e.code; i++)
        e = sort_list_add(&list, &c, &items[i].node);
    ASSERT_INT(ERR_TIMEOUT, e.code);
    arena_free(c.arena);
}
