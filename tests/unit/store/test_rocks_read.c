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

static uint64_t read_headers(const struct run *r)
{
    struct store_stats stats;
    struct ledger_header h;
    for (uint32_t seq = MODEL_FIRST; seq <= r->m->seq; seq++)
        ASSERT_OK(store_header_get(r->s, seq, &h));
    store_stats(r->s, &stats);
    return stats.n_offloaded;
}

static void compare_main(void *arg)
{
    struct run *r = arg;
    struct store_stats stats;
    model_compare(r->m, r->s, r->brute, 1, 30);
    uint64_t cold = read_headers(r);
    ASSERT(cold > 0);
    ASSERT_INT(cold, read_headers(r)); /* the same again comes from memory */
    struct hash256 next;
    for (int i = 0; i < 3; i++) /* but walks never do: see rocks_iter.c */
        ASSERT_OK(store_next(r->s, r->m->seq, &HASH256_ZERO, &next));
    store_stats(r->s, &stats);
    ASSERT_INT(cold + 3, stats.n_offloaded);
    ASSERT_INT(0, stats.n_pending);
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

#define N_KEYS 200000 /* more than the pool does in one go */

static void cancelled_main(void *arg)
{
    struct run *r = arg;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct hash256 *keys = arena_array(a, struct hash256, N_KEYS);
    struct slice *got = arena_array(a, struct slice, N_KEYS);
    for (size_t i = 0; i < N_KEYS; i++)
        keys[i] = r->m->keys[i % MODEL_N_KEYS];
    fiber_cancel(fiber_current());
    ASSERT_ERR(ERR_CANCELLED, store_objects_get(r->s, r->m->seq, keys, N_KEYS, a, got, NULL));
}

/* More tables in each family than RocksDB opens at the start. */
static void write_many_tables(const char *path)
{
    CLEANUP(mem_freep) struct model *m = model_new(SEED);
    struct store *s = fixture_open(path);
    struct rocks *r = rocks_of(s);
    rocksdb_flushoptions_t *flush = rocksdb_flushoptions_create();
    const char *name = "disable_auto_compactions", *value = "true";
    char *text = NULL;
    for (int cf = 0; cf < ROCKS_N_CFS; cf++)
        rocksdb_set_options_cf(r->db, r->cf[cf], 1, &name, &value, &text);
    model_load(m, s);
    for (int i = 0; i < 25; i++) {
        model_write(m, s, 1);
        for (int cf = 0; cf < ROCKS_N_CFS; cf++)
            rocksdb_flush_cf(r->db, flush, r->cf[cf], &text);
    }
    ASSERT(text == NULL);
    rocksdb_flushoptions_destroy(flush);
    store_close(s);
}

static void compare_all_main(void *arg)
{
    struct run *r = arg;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    for (uint32_t seq = MODEL_FIRST + 1; seq <= r->m->seq; seq++) {
        struct ledger_header got, expected;
        struct hash256 *keys, *expected_keys;
        struct store_tx *txs, again;
        size_t n, n_expected;
        ASSERT_OK(store_header_get(r->s, seq, &got));
        ASSERT_OK(store_header_get(r->brute, seq, &expected));
        ASSERT(hash256_eq(&expected.hash, &got.hash));
        ASSERT_OK(store_diff(r->s, seq, a, &keys, &n));
        ASSERT_OK(store_diff(r->brute, seq, a, &expected_keys, &n_expected));
        ASSERT_INT(n_expected, n);
        ASSERT(memcmp(expected_keys, keys, n * sizeof *keys) == 0);
        struct store_txs_query all = {.first = seq, .last = seq};
        ASSERT_OK(store_ledger_txs(r->brute, &all, a, &txs, &n_expected));
        for (size_t i = 0; i < n_expected; i++) {
            struct store_tx_locator at = {.pos = txs[i].pos};
            ASSERT_OK(store_txs_get(r->s, &at, 1, a, &again));
            ASSERT(slice_eq(txs[i].meta, again.meta));
        }
    }
}

/* Compaction would open all tables: read-only, there is none. */
TEST(rocks_read_waits_for_tables_that_are_not_open_yet)
{
    struct run r = {.brute = fixture_memory(SEED, 25), .m = model_new(SEED)};
    write_many_tables(test_dir());
    r.m->seq = MODEL_FIRST + 25;
    ASSERT_OK(rocks_open(&(struct rocks_opts){.path = test_dir(), .read_only = true}, &r.s));
    ASSERT_OK(offload_start(&(struct offload_opts){.n_threads = 2}));
    ASSERT_OK(core_run_fiber("test", compare_all_main, &r));
    offload_stop();
    store_close(r.s);
    store_close(r.brute);
    free(r.m);
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
