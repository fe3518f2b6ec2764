/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_load.h"

#include "store/memory.h"
#include "unit/store/crash.h"
#include "base/mem.h"
#include "unit/store/fixture.h"

#include <pthread.h>
#include <sys/stat.h>

#define SEED 21

static void load_and_report(struct crash_child *c)
{
    CLEANUP(mem_freep) struct model *m = model_new(SEED);
    struct store *s = fixture_open(c->path);
    model_load(m, s);
    crash_reached(c, m->seq);
}

static bool is_empty(struct store *s)
{
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n;
    store_ranges(s, ranges, &n);
    return n == 0;
}

TEST(rocks_load_leaves_nothing_or_all_after_kill)
{
    struct store *brute = fixture_memory(SEED, 0);
    for (uint32_t run = 0; run < 14; run++) {
        struct crash_child c = crash_run(load_and_report, run, 5000 + run * 4000);
        struct store *s = fixture_open(c.path);
        CLEANUP(mem_freep) struct model *m = model_new(SEED);
        CLEANUP(mem_freep) struct model *loaded = model_new(SEED);
        ASSERT(c.reached == 0 || !is_empty(s));
        if (is_empty(s))
            model_load(loaded, s);
        model_compare(m, s, brute, run, 10);
        store_close(s);
    }
    store_close(brute);
}

TEST(rocks_load_files_and_rows_are_dropped_at_the_next_open)
{
    CLEANUP(mem_freep) struct model *m = model_new(SEED);
    CLEANUP(mem_freep) struct model *again = model_new(SEED);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = fixture_open(test_dir()), *brute = fixture_memory(SEED, 0);
    struct store_ledger part = model_part(m, 0, a);
    char path[512];
    struct stat st;
    ASSERT_OK(store_load_begin(s, MODEL_FIRST, MODEL_N_CHAINS));
    /* rows that the real load below has not */
    struct store_object extra = {{{0x77}}, SLICE_LIT("extra")};
    struct store_successor extra_next = {{{0x77}}, {{0x78}}};
    ASSERT_OK(store_load_add(s, 0, &extra, 1, &extra_next, 1, part.index_rows, part.n_index_rows));
    store_close(s);
    s = fixture_open(test_dir());
    snprintf(path, sizeof path, "%s/load", test_dir());
    ASSERT(stat(path, &st) != 0);
    ASSERT(is_empty(s));
    model_load(again, s);
    ASSERT(stat(path, &st) != 0);
    model_compare(again, s, brute, 1, 20);
    store_close(s);
    store_close(brute);
}

TEST(rocks_load_refuses_keys_out_of_order)
{
    struct store *s = fixture_open(test_dir());
    struct store_object objects[] = {{{{2}}, SLICE_LIT("b")}, {{{1}}, SLICE_LIT("a")}};
    ASSERT_OK(store_load_begin(s, 5, 1));
    ASSERT_ERR(ERR_INVALID, store_load_add(s, 0, objects, 2, NULL, 0, NULL, 0));
    store_close(s);
}

struct part {
    struct store *s;
    struct store_ledger ledger;
    uint32_t chain;
};

static void *add_part(void *arg)
{
    struct part *p = arg;
    for (size_t i = 0; i < p->ledger.n_objects; i++)
        ASSERT_OK(store_load_add(p->s, p->chain, &p->ledger.objects[i], 1, &p->ledger.successors[i],
                                 1, p->ledger.index_rows, i ? 0 : p->ledger.n_index_rows));
    return NULL;
}

TEST(rocks_load_takes_parts_from_several_threads)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(mem_freep) struct model *m = model_new(SEED);
    struct store *s = fixture_open(test_dir()), *brute = fixture_memory(SEED, 0);
    struct part parts[MODEL_N_CHAINS];
    pthread_t threads[MODEL_N_CHAINS];
    for (uint32_t i = 0; i < MODEL_N_CHAINS; i++)
        parts[i] = (struct part){s, model_part(m, i, a), i};
    ASSERT_OK(store_load_begin(s, MODEL_FIRST, MODEL_N_CHAINS));
    for (uint32_t i = 0; i < MODEL_N_CHAINS; i++)
        ASSERT(pthread_create(&threads[i], NULL, add_part, &parts[i]) == 0);
    for (uint32_t i = 0; i < MODEL_N_CHAINS; i++)
        pthread_join(threads[i], NULL);
    struct store_ledger first = model_first(m, a);
    ASSERT_OK(store_load_commit(s, &first));
    model_compare(m, s, brute, 1, 20);
    store_close(s);
    store_close(brute);
}
