/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_options.h"

#include "unit/store/fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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
        /* 6 MiB, and what two compactions hold back for their dictionaries, booked there */
        ASSERT(rocksdb_cache_get_usage(rocks_of(s)->cache) <= (6 + 2 * 8 + 1) << 20);
    }
    ASSERT(worst < 6 << 20); /* 2 MiB, what is being flushed, and one batch of 1 MiB */
    store_close(s);
}

static size_t count_threads(const char *name)
{
    size_t n = 0;
    DIR *dir = opendir("/proc/self/task");
    ASSERT(dir != NULL);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char path[600], comm[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", e->d_name);
        FILE *f = fopen(path, "r");
        if (f && fgets(comm, sizeof comm, f))
            n += strncmp(comm, name, strlen(name)) == 0;
        if (f)
            fclose(f);
    }
    closedir(dir);
    return n;
}

/* A merge of a whole file takes long; the other families must not wait for it. */
TEST(rocks_options_let_a_merge_run_beside_a_long_one)
{
    struct store *s = fixture_open(test_dir());
    while (count_threads("rocksdb:low") < 2) /* RocksDB names them when it has made them */
        usleep(1000);
    ASSERT_INT(2, count_threads("rocksdb:low"));
    store_close(s);
}

/* --- many files --- */

#define MANY_LEDGERS 250
#define MANY_OBJECTS 100
#define MANY_BYTES 1200

static size_t count_entries(const char *path, const char *ending, uint64_t *ret_bytes)
{
    size_t n = 0;
    DIR *dir = opendir(path);
    ASSERT(dir != NULL);
    *ret_bytes = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char file[600];
        struct stat st;
        size_t name_n = strlen(e->d_name), ending_n = strlen(ending);
        if (name_n < ending_n || strcmp(e->d_name + name_n - ending_n, ending) != 0)
            continue;
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        n++;
        *ret_bytes += stat(file, &st) == 0 ? (uint64_t)st.st_size : 0;
    }
    closedir(dir);
    return n;
}

static uint64_t property(struct store *s, const char *name)
{
    uint64_t sum = 0;
    for (enum rocks_cf cf = 0; cf < ROCKS_N_CFS; cf++) {
        uint64_t n = 0;
        rocksdb_property_int_cf(rocks_of(s)->db, rocks_of(s)->cf[cf], name, &n);
        sum += n;
    }
    return sum;
}

/* An object's bytes follow from key and ledger, and do not compress. */
static struct hash256 many_object(uint32_t seq, uint32_t i, uint8_t out[MANY_BYTES])
{
    uint64_t rng = (uint64_t)seq << 32 | i;
    struct hash256 key;
    for (size_t k = 0; k < 32; k++)
        key.b[k] = (uint8_t)(model_random(&rng, 0) >> 40);
    for (size_t k = 0; k < MANY_BYTES; k++)
        out[k] = (uint8_t)(model_random(&rng, 0) >> 40);
    return key;
}

static void write_many(struct store *s, uint32_t seq, struct arena *a)
{
    struct store_object *objects = arena_array(a, struct store_object, MANY_OBJECTS);
    for (uint32_t i = 0; i < MANY_OBJECTS; i++) {
        uint8_t *bytes = arena_alloc(a, MANY_BYTES);
        struct hash256 key = many_object(seq, i, bytes);
        objects[i] = (struct store_object){key, slice_of(bytes, MANY_BYTES)};
    }
    ASSERT_OK(store_write(s,
                          &(struct store_ledger){.header = {.seq = seq},
                                                 .objects = objects,
                                                 .n_objects = MANY_OBJECTS},
                          1));
}

static void read_many(struct store *s, uint32_t newest, uint64_t *rng, struct arena *a)
{
    uint8_t expected[MANY_BYTES];
    uint32_t seq = 2 + (uint32_t)model_random(rng, newest - 1),
             i = (uint32_t)model_random(rng, MANY_OBJECTS);
    struct hash256 key = many_object(seq, i, expected);
    struct slice got;
    ASSERT_OK(store_objects_get(s, newest, &key, 1, a, &got, NULL));
    ASSERT(slice_eq(got, slice_of(expected, MANY_BYTES)));
}

/* What a terabyte is to a server with room for 2,048 tables: ten times as many as may be open. */
TEST(rocks_options_bound_what_many_files_take)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s;
    uint64_t rng = 1, bytes, wal_bytes, worst_wal = 0;
    size_t worst_open = 0;
    ASSERT(setrlimit(RLIMIT_NOFILE, &(struct rlimit){256, 256}) == 0);
    const size_t max_open = (size_t)rocks_options_max_open_files();
    ASSERT_INT(64, max_open);
    ASSERT_OK(rocks_open(&(struct rocks_opts){.path = test_dir(),
                                              .cache_bytes = 8 << 20,
                                              .file_bytes = 64 << 10,
                                              .scrub_percent = -1},
                         &s));
    ASSERT_OK(store_load_begin(s, 1, 1));
    ASSERT_OK(store_load_commit(s, &(struct store_ledger){.header = {.seq = 1}}));
    for (uint32_t seq = 2; seq < 2 + MANY_LEDGERS; seq++) {
        arena_clear(a);
        write_many(s, seq, a);
        for (int i = 0; i < 4; i++)
            read_many(s, seq, &rng, a);
        worst_open = MAX(worst_open, count_entries("/proc/self/fd", "", &bytes));
        count_entries(test_dir(), ".log", &wal_bytes);
        worst_wal = MAX(worst_wal, wal_bytes);
        ASSERT(rocksdb_cache_get_usage(rocks_of(s)->cache) <= (6 + 2 * 8 + 1) << 20);
    }
    for (int i = 0; i < 3000; i++) {
        read_many(s, 1 + MANY_LEDGERS, &rng, a);
        worst_open = MAX(worst_open, count_entries("/proc/self/fd", "", &bytes));
        arena_clear(a);
    }
    /* merging comes to an end, on a busy machine later */
    while (property(s, "rocksdb.compaction-pending") > 0)
        usleep(10 * 1000);
    write_many(s, 2 + MANY_LEDGERS, a); /* iterators let go of what was merged */
    ASSERT(property(s, "rocksdb.total-sst-files-size") <
           2 * property(s, "rocksdb.live-sst-files-size"));
    size_t n_tables = count_entries(test_dir(), ".sst", &bytes);
    ASSERT(n_tables > 5 * max_open);
    ASSERT(worst_open < max_open + 48); /* logs, locks, what is being written */
    ASSERT(property(s, "rocksdb.estimate-table-readers-mem") < (2 << 20) + max_open * (10 << 10));
    ASSERT(worst_wal < 16 << 20); /* 8 MiB, and what stands behind a flush */
    printf("%zu tables of %.1f MB, %zu descriptors at most, WAL %.1f MB at most\n", n_tables,
           (double)bytes / 1e6, worst_open, (double)worst_wal / 1e6);
    store_close(s);
}
