/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_damage.h"

#include "base/mem.h"
#include "store/rocks_options.h"
#include "unit/store/fixture.h"
#include "unit/store/model.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

TEST(rocks_damage_is_refused_when_it_is_read)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = fixture_bad_block(m), *brute = fixture_memory(6, 20);
    size_t n_damaged = 0;
    for (size_t i = 0; i < MODEL_N_KEYS; i++) {
        struct slice got, expected;
        ASSERT_OK(store_objects_get(brute, m->seq, &m->keys[i], 1, a, &expected, NULL));
        err e = store_objects_get(s, m->seq, &m->keys[i], 1, a, &got, NULL);
        if (e.code == ERR_CORRUPT) {
            ASSERT(strstr(err_text(), ".sst") && strstr(err_text(), "objects"));
            n_damaged++;
        } else
            ASSERT(slice_eq(expected, got));
    }
    ASSERT(n_damaged > 0);
    store_close(s);
    store_close(brute);
}

TEST(rocks_damage_that_compaction_meets_does_not_stop_writes)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = fixture_bad_block(m);
    struct rocks *r = rocks_of(s);
    struct store_ledger l = model_next(m, a);
    ASSERT_INT(0, rocks_damage_count(r));
    ASSERT_OK(rocks_compact(s));
    ASSERT(store_write(s, &l, 1).code != 0); /* RocksDB takes nothing any more */
    ASSERT_OK(store_write(s, &l, 1));
    ASSERT_INT(1, rocks_damage_count(r));
    ASSERT(r->damaged[ROCKS_CF_OBJECT]);
    model_write(m, s, 30);
    store_close(s);
    s = fixture_open(test_dir()); /* it is known, */
    ASSERT_INT(1, rocks_damage_count(rocks_of(s)));
    model_write(m, s, 30); /* ... and compaction does not meet it again */
    struct ledger_header h;
    ASSERT_OK(store_header_get(s, m->seq, &h));
    store_close(s);
}

/* Path of the largest log. */
static void log_of(char path[600])
{
    off_t largest = 0;
    DIR *d = opendir(test_dir());
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char one[600];
        struct stat st;
        snprintf(one, sizeof one, "%s/%s", test_dir(), e->d_name);
        if (!strstr(e->d_name, ".log") || stat(one, &st) != 0 || st.st_size <= largest)
            continue;
        largest = st.st_size;
        memcpy(path, one, sizeof one);
    }
    closedir(d);
    ASSERT(largest > 10000);
}

TEST(rocks_damage_in_the_log_costs_the_ledgers_behind_it)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    struct store *s, *brute = fixture_memory(6, 30);
    char path[600];
    struct store_range range[STORE_MAX_RANGES];
    struct stat st;
    size_t n;
    s = fixture_open(test_dir());
    model_load(m, s);
    store_close(s); /* what a load leaves in memory is flushed */
    ASSERT_OK(rocks_open(&(struct rocks_opts){.path = test_dir(), .fast_close = true}, &s));
    model_write(m, s, 30);
    store_close(s);
    log_of(path);
    ASSERT_INT(0, stat(path, &st));
    fixture_flip(path, st.st_size / 2);
    s = fixture_open(test_dir());
    store_ranges(s, range, &n);
    ASSERT_INT(1, n);
    ASSERT(range[0].last < MODEL_FIRST + 30);
    m->seq = range[0].last;
    model_compare_past(m, s, brute, 3, 20);
    store_close(s);
    store_close(brute);
}
