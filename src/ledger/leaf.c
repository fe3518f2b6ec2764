/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/leaf.h"

#include "base/mem.h"
#include "ledger/lanes.h"
#include "xrpl/digest.h"

#include <stdlib.h>

/* As digest_state_leaf has it (etl-db 1.7). */
#define STATE_LEAF_PREFIX slice_of("MLN", 4)

/* Leaves wait for others of the same number of blocks, until all lanes are taken. */
struct leaf_work {
    struct lanes lanes;
    struct leaf *waiting[LANES_MAX_BLOCKS + 1][LANES];
    uint32_t n_waiting[LANES_MAX_BLOCKS + 1];
};

void leaf_list_deinit(struct leaf_list *l)
{
    free(l->work);
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

static void hash_waiting(struct leaf_work *w, struct leaf **waiting, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct slice parts[] = {STATE_LEAF_PREFIX, waiting[i]->object,
                                hash256_slice(&waiting[i]->key)};
        lanes_set(&w->lanes, i, parts, 3);
    }
    struct hash256 hashes[LANES];
    lanes_hash(&w->lanes, hashes);
    for (uint32_t i = 0; i < n; i++)
        waiting[i]->hash = hashes[i];
}

static void hash_alone(struct leaf *leaf)
{
    leaf->hash = digest_state_leaf(leaf->object, &leaf->key);
}

static void hash_soon(struct leaf_work *w, struct leaf *leaf)
{
    size_t n = 4 + leaf->object.n + 32;
    if (n > LANES_MAX_BYTES) {
        hash_alone(leaf);
        return;
    }
    uint32_t blocks = lanes_blocks(n);
    w->waiting[blocks][w->n_waiting[blocks]++] = leaf;
    if (w->n_waiting[blocks] < LANES)
        return;
    hash_waiting(w, w->waiting[blocks], LANES);
    w->n_waiting[blocks] = 0;
}

/* What is left over is mixed: a lane that is done earlier idles. */
static void hash_rest(struct leaf_work *w)
{
    struct leaf *mixed[LANES];
    uint32_t n = 0;
    for (uint32_t blocks = 1; blocks <= LANES_MAX_BLOCKS; blocks++)
        while (w->n_waiting[blocks]) {
            mixed[n++] = w->waiting[blocks][--w->n_waiting[blocks]];
            if (n < LANES)
                continue;
            hash_waiting(w, mixed, n);
            n = 0;
        }
    if (n)
        hash_waiting(w, mixed, n);
}

static struct leaf_work *work_new(void)
{
    struct leaf_work *w = NULL;
    if (posix_memalign((void **)&w, 64, sizeof *w) != 0)
        abort();
    memset(w, 0, sizeof *w);
    return w;
}

void leaf_list_hash(struct leaf_list *l)
{
    if (!lanes_usable() || l->n < LANES / 2) {
        for (size_t i = 0; i < l->n; i++)
            hash_alone(&l->items[i]);
        return;
    }
    if (l->work == NULL)
        l->work = work_new();
    for (size_t i = 0; i < l->n; i++)
        hash_soon(l->work, &l->items[i]);
    hash_rest(l->work);
}
