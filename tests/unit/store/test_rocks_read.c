/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_read.h"

#include <stdlib.h>

#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/offload.h"
#include "base/mem.h"
#include "unit/store/fixture.h"

#define SEED 33

struct run {
    struct store *s, *brute;
    struct model *m;
};

static void compare_main(void *arg)
{
    struct run *r = arg;
    struct store_stats cold, warm;
    model_compare(r->m, r->s, r->brute, 1, 30);
    store_stats(r->s, &cold);
    ASSERT(cold.n_offloaded > 0);
    model_compare(r->m, r->s, r->brute, 1, 30);
    store_stats(r->s, &warm);
    ASSERT_INT(cold.n_offloaded, warm.n_offloaded); /* the same again comes from memory */
    ASSERT_INT(0, warm.n_pending);
}

static void with_cold_store(fiber_fn fn)
{
    struct run r = {.brute = fixture_memory(SEED, 25), .m = model_new(SEED)};
    r.s = fixture_open(test_dir());
    model_load(r.m, r.s);
    model_write(r.m, r.s, 25);
    store_close(r.s);
    r.s = fixture_open(test_dir());
    ASSERT_OK(offload_start(&(struct offload_opts){.n_threads = 2}));
    ASSERT_OK(core_run_fiber("test", fn, &r));
    offload_stop();
    store_close(r.s);
    store_close(r.brute);
    free(r.m);
}

TEST(rocks_read_on_a_fiber_waits_for_the_disk_only_when_cold)
{
    with_cold_store(compare_main);
}

static void cancelled_main(void *arg)
{
    struct run *r = arg;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct hash256 *keys = arena_array(a, struct hash256, 5000);
    struct slice *got = arena_array(a, struct slice, 5000);
    for (size_t i = 0; i < 5000; i++)
        keys[i] = r->m->keys[i % MODEL_N_KEYS];
    fiber_cancel(fiber_current());
    ASSERT_ERR(ERR_CANCELLED, store_objects_get(r->s, r->m->seq, keys, 5000, a, got, NULL));
}

TEST(rocks_read_of_many_keys_can_be_cancelled)
{
    with_cold_store(cancelled_main);
}

TEST(rocks_read_stops_at_the_budget_of_the_reply)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(200);
    CLEANUP(mem_freep) struct model *m = model_new(SEED);
    struct store *s = fixture_open(test_dir());
    struct slice got[MODEL_N_KEYS];
    model_load(m, s);
    ASSERT_ERR(ERR_LIMIT, store_objects_get(s, m->seq, m->keys, MODEL_N_KEYS, a, got, NULL));
    store_close(s);
}

/* --- reads while ledgers are written --- */

struct reader {
    struct run *run;
    struct model *m;
    _Atomic bool *stop;
    pthread_t thread;
};

static uint32_t newest(struct store *s)
{
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n;
    store_ranges(s, ranges, &n);
    return ranges[n - 1].last;
}

static void *read_along(void *arg)
{
    struct reader *r = arg;
    for (uint64_t seed = 1; !atomic_load(r->stop) || seed < 3; seed++) {
        r->m->seq = newest(r->run->s);
        model_compare_past(r->m, r->run->s, r->run->brute, seed, 2);
    }
    return NULL;
}

TEST(rocks_read_sees_whole_ledgers_while_others_are_written)
{
    struct run r = {fixture_open(test_dir()), fixture_memory(SEED, 60), model_new(SEED)};
    struct reader readers[3];
    _Atomic bool stop = false;
    model_load(r.m, r.s);
    for (size_t i = 0; i < 3; i++) {
        readers[i] = (struct reader){&r, model_new(SEED), &stop, 0};
        ASSERT(pthread_create(&readers[i].thread, NULL, read_along, &readers[i]) == 0);
    }
    model_write(r.m, r.s, 60);
    atomic_store(&stop, true);
    for (size_t i = 0; i < 3; i++) {
        pthread_join(readers[i].thread, NULL);
        free(readers[i].m);
    }
    store_close(r.s);
    store_close(r.brute);
    free(r.m);
}
