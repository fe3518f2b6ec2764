/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/leaf.h"

#include "base/mem.h"
#include "xrpl/digest.h"

#include <stdlib.h>

void leaf_list_deinit(struct leaf_list *l)
{
    free(l->items);
    *l = (struct leaf_list){0};
}

void leaf_list_add(struct leaf_list *l, const void *key, struct slice object)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 256;
        l->items = xrealloc(l->items, l->cap * sizeof *l->items);
    }
    struct leaf *leaf = &l->items[l->n++];
    leaf->key = hash256_of(key);
    leaf->object = object;
}

void leaf_list_hash(struct leaf_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        l->items[i].hash = digest_state_leaf(l->items[i].object, &l->items[i].key);
}
