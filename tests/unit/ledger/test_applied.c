/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/applied.h"

#include "base/mem.h"
#include "chain.h"
#include "store/memory.h"
#include "test.h"

TEST(what_changes_nothing_is_left_out_and_successors_are_added)
{
    struct chain c;
    chain_init(&c, 3, 10, 200);
    chain_extend(&c, 40);
    struct store *store = memory_new();
    struct ledgers *l = chain_open(store, "mirror");
    chain_load(&c, l, 2);
    const struct chain_ledger *before = chain_at(&c, 10), *after = chain_at(&c, 11);
    /* all of the state, not only what changed */
    struct store_object *all =
        arena_array(c.arena, struct store_object, after->n + after->n_diff + 1);
    size_t n = 0, gone = 0;
    for (size_t i = 0; i < after->n; i++) {
        while (gone < after->n_diff &&
               hash256_cmp(&after->diff[gone].key, &after->objects[i].key) < 0) {
            if (after->diff[gone].data.n == 0)
                all[n++] = after->diff[gone];
            gone++;
        }
        all[n++] = after->objects[i];
    }
    for (; gone < after->n_diff; gone++)
        if (after->diff[gone].data.n == 0)
            all[n++] = after->diff[gone];
    CLEANUP(stage_freep) struct stage *s = NULL;
    ASSERT_OK(stage_begin(l, &s));
    ASSERT_OK(stage_add(s, &after->header, all, n));
    struct applied a = {.ledger = {.header = after->header, .objects = all, .n_objects = n}};
    ASSERT_OK(applied_complete(&a, s));
    size_t n_changed = 0;
    bool membership = false;
    for (size_t i = 0; i < after->n_diff; i++) {
        const struct store_object *was = chain_find(before, &after->diff[i].key);
        struct slice data = was ? was->data : SLICE_EMPTY;
        if (slice_eq(data, after->diff[i].data))
            continue;
        ASSERT(hash256_eq(&after->diff[i].key, &a.ledger.objects[n_changed].key));
        membership |= (data.n == 0) != (after->diff[i].data.n == 0);
        n_changed++;
    }
    ASSERT_INT(n_changed, a.ledger.n_objects);
    ASSERT(n_changed > 10);
    ASSERT_INT(membership, a.ledger.n_successors > 0);
    applied_deinit(&a);
    s = stage_free(s);
    ledgers_close(l);
    store_close(store);
    chain_deinit(&c);
}
