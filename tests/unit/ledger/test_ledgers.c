/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledgers.h"

#include "base/mem.h"
#include "chain.h"
#include "ledger/ledgers_impl.h"
#include "store/memory.h"
#include "test.h"

TEST(range_and_tip_follow_the_ledgers)
{
    struct chain c;
    chain_init(&c, 41, 7, 50);
    struct store *s = memory_new();
    struct ledgers *l = chain_open(s, "mirror");
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    uint32_t first, last;
    struct ledger_header h;
    ASSERT(!ledgers_range(l, &first, &last) && !ledgers_tip(l, &h));
    ASSERT_STR("empty", ledgers_range_text(l, a));
    chain_load(&c, l, 4);
    ASSERT_STR("7", ledgers_range_text(l, a));
    for (int i = 0; i < 5; i++)
        chain_extend(&c, 10);
    chain_apply(&c, l, 12, 2);
    ASSERT(ledgers_range(l, &first, &last) && first == 7 && last == 12);
    ASSERT(ledgers_tip(l, &h) && h.seq == 12);
    ASSERT(hash256_eq(&h.hash, &chain_at(&c, 12)->header.hash));
    ASSERT_STR("7-12", ledgers_range_text(l, a));
    ASSERT(ledgers_store(l) == s);
    ASSERT(ledgers_has(l, 7) && ledgers_has(l, 12) && !ledgers_has(l, 13) && !ledgers_has(l, 6));
    struct ledgers_stats stats;
    ledgers_get_stats(l, &stats);
    ASSERT_INT(chain_at(&c, 12)->n, stats.n_objects);
    ASSERT(stats.mirror_bytes > 0 && stats.undo_bytes > 0 && stats.undo_ledgers == 5);
    ledgers_close(l);
    store_close(s);
    chain_deinit(&c);
}

TEST(views_open_by_number_and_hash)
{
    struct chain c;
    chain_init(&c, 42, 7, 50);
    struct store *s = memory_new();
    struct ledgers *l = chain_open(s, "mirror");
    chain_load(&c, l, 4);
    chain_extend(&c, 10);
    chain_apply(&c, l, 8, 1);
    struct view *v = NULL;
    ASSERT_OK(view_open_hash(l, &chain_at(&c, 7)->header.hash, &v));
    ASSERT_INT(7, view_seq(v));
    ASSERT(view_ledgers(v) == l && view_store(v) == s);
    v = view_close(v);
    ASSERT_OK(view_open_hash(l, &chain_at(&c, 8)->header.hash, &v));
    ASSERT_INT(8, view_seq(v));
    v = view_close(v);
    ASSERT_ERR(ERR_NOT_FOUND, view_open_hash(l, &HASH256_ZERO, &v));
    ASSERT_ERR(ERR_NOT_FOUND, view_open(l, 6, &v));
    ASSERT_ERR(ERR_NOT_FOUND, view_open(l, 9, &v));
    ASSERT_OK(view_open(l, 0, &v));
    ASSERT_INT(8, view_seq(v));
    view_close(v);
    ledgers_close(l);
    store_close(s);
    chain_deinit(&c);
}

TEST(directory_in_use_is_refused)
{
    struct store *s = memory_new();
    struct ledgers *l = chain_open(s, "mirror"), *other = NULL;
    char path[256];
    snprintf(path, sizeof path, "%s/mirror", test_dir());
    struct ledgers_opts opts = {.store = s, .mirror_path = path, .n_cores = 1};
    ASSERT_ERR(ERR_LOCKED, ledgers_open(&opts, &other));
    ledgers_close(l);
    ASSERT_OK(ledgers_open(&opts, &other));
    ledgers_close(other);
    store_close(s);
}
