/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_options.h"

#include "unit/store/fixture.h"

TEST(rocks_options_know_every_column_family_by_name)
{
    for (enum rocks_cf cf = 0; cf < ROCKS_N_CFS; cf++)
        ASSERT_INT(cf, rocks_options_cf_by_name(rocks_options_cf_name(cf)));
    ASSERT_INT(ROCKS_N_CFS, rocks_options_cf_by_name("unknown"));
}

static uint64_t memtables(struct store *s)
{
    uint64_t sum = 0;
    for (enum rocks_cf cf = 0; cf < ROCKS_N_CFS; cf++) {
        uint64_t n = 0;
        rocksdb_property_int_cf(rocks_of(s)->db, rocks_of(s)->cf[cf],
                                "rocksdb.cur-size-all-mem-tables", &n);
        sum += n;
    }
    return sum;
}

/* 40 MiB of incompressible values through a store of 8 MiB. */
TEST(rocks_options_bound_what_is_held_in_memory)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s;
    uint64_t rng = 1, worst = 0;
    static struct store_object objects[40];
    struct slice got[40];
    static struct hash256 keys[40];
    ASSERT_OK(rocks_open(&(struct rocks_opts){.path = test_dir(), .cache_bytes = 8 << 20}, &s));
    ASSERT_OK(store_load_begin(s, 1, 1));
    ASSERT_OK(store_load_commit(s, &(struct store_ledger){.header = {.seq = 1}}));
    for (uint32_t seq = 2; seq <= 40; seq++) {
        arena_clear(a);
        for (size_t i = 0; i < 40; i++) {
            uint64_t *p = arena_alloc(a, 25600);
            for (size_t k = 0; k < 3200; k++)
                p[k] = model_random(&rng, 0);
            keys[i] = (struct hash256){{(uint8_t)i}};
            objects[i] = (struct store_object){keys[i], slice_of(p, 25600)};
        }
        ASSERT_OK(store_write(
            s, &(struct store_ledger){.header = {.seq = seq}, .objects = objects, .n_objects = 40},
            1));
        worst = MAX(worst, memtables(s));
        ASSERT_OK(store_objects_get(s, 2 + seq / 2, keys, 40, a, got, NULL));
        /* 6 MiB, and what a compaction holds back for its dictionary, which is booked there */
        ASSERT(rocksdb_cache_get_usage(rocks_of(s)->cache) <= (6 + 8 + 1) << 20);
    }
    ASSERT(worst < 6 << 20); /* 2 MiB, what is being flushed, and one batch of 1 MiB */
    store_close(s);
}
