/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "chain.h"
#include "ledger/view_impl.h"
#include "store/memory.h"
#include "test.h"

TEST(view_stays_right_when_the_window_passes_it)
{
    struct chain c;
    chain_init(&c, 62, 5, 300);
    for (int i = 0; i < 20; i++)
        chain_extend(&c, 50);
    struct store *s = memory_new();
    char path[256];
    snprintf(path, sizeof path, "%s/mirror", test_dir());
    struct ledgers_opts opts = {.store = s, .mirror_path = path, .undo_max_ledgers = 4};
    struct ledgers *l = NULL;
    ASSERT_OK(ledgers_open(&opts, &l));
    chain_load(&c, l, 4);
    chain_apply(&c, l, 10, 1);
    struct view *v = NULL;
    ASSERT_OK(view_open(l, 7, &v));
    ASSERT_INT(VIEW_FROM_UNDO, v->from);
    struct hash256 key = chain_at(&c, 7)->objects[20].key;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice before;
    ASSERT_OK(view_get(v, &key, a, &before));
    uint64_t random = 1;
    for (uint32_t seq = 11; seq <= 20; seq++) {
        chain_apply(&c, l, seq, 1);
        chain_probe(&c, v, &random, 50);
    }
    ASSERT_INT(VIEW_FROM_HISTORY, v->from);
    ASSERT(slice_eq(before, chain_find(chain_at(&c, 7), &key)->data));
    view_close(v);
    ledgers_close(l);
    store_close(s);
    chain_deinit(&c);
}

/* Keys created after the view's ledger are skipped, deleted ones come back, in their order. */
TEST(walk_puts_back_what_was_there)
{
    struct chain c;
    chain_init(&c, 65, 5, 40);
    for (int i = 0; i < 10; i++)
        chain_extend(&c, 40); /* nearly everything changes */
    struct store *s = memory_new();
    struct ledgers *l = chain_open(s, "mirror");
    chain_load(&c, l, 4);
    chain_apply(&c, l, 15, 5);
    for (uint32_t seq = 5; seq < 15; seq++) {
        struct view *v = NULL;
        ASSERT_OK(view_open(l, seq, &v));
        ASSERT_INT(VIEW_FROM_UNDO, v->from);
        const struct chain_ledger *want = chain_at(&c, seq);
        static struct view_entry got[200];
        size_t n = 0;
        ASSERT(want->n < 150);
        ASSERT_OK(view_undo_walk(v, &HASH256_ZERO, 200, got, &n));
        ASSERT_INT(want->n, n);
        for (size_t i = 0; i < n; i++) {
            struct slice object;
            ASSERT(hash256_eq(&want->objects[i].key, &got[i].key));
            ASSERT(slice_eq(want->objects[i].data, got[i].object));
            ASSERT_OK(view_undo_get(v, &got[i].key, &object));
            ASSERT(slice_eq(want->objects[i].data, object));
        }
        view_close(v);
    }
    ledgers_close(l);
    store_close(s);
    chain_deinit(&c);
}
