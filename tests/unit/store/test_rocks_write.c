/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_write.h"

#include "store/memory.h"
#include "unit/store/crash.h"
#include "base/mem.h"
#include "unit/store/fixture.h"

#include <signal.h>
#include <sys/resource.h>

#define SEED 9

static void write_until_killed(struct crash_child *c)
{
    CLEANUP(mem_freep) struct model *m = model_new(SEED);
    struct store *s = fixture_open(c->path);
    model_load(m, s);
    crash_reached(c, m->seq);
    for (;;) {
        model_write(m, s, 3);
        crash_reached(c, m->seq);
    }
}

TEST(rocks_write_is_whole_or_absent_after_kill)
{
    for (uint32_t run = 0; run < 6; run++) {
        struct crash_child c = crash_run(write_until_killed, run, 20000 + run * 9000);
        struct store *s = fixture_open(c.path);
        struct store_range ranges[STORE_MAX_RANGES];
        size_t n;
        store_ranges(s, ranges, &n);
        if (n == 0) {
            ASSERT_INT(0, c.reached); /* killed before the load was complete */
            store_close(s);
            continue;
        }
        ASSERT(ranges[0].last >= c.reached); /* what was reported durable is there */
        CLEANUP(mem_freep) struct model *m = model_new(SEED);
        struct store *brute = memory_new();
        model_load(m, brute);
        model_write(m, brute, ranges[0].last - MODEL_FIRST);
        model_compare(m, s, brute, run, 15);
        model_write(m, s, 4); /* and it goes on */
        store_close(s);
        store_close(brute);
    }
}

static void limit_file_size(rlim_t bytes)
{
    struct rlimit lim;
    ASSERT(getrlimit(RLIMIT_FSIZE, &lim) == 0);
    lim.rlim_cur = bytes;
    ASSERT(setrlimit(RLIMIT_FSIZE, &lim) == 0);
}

/* A disk that takes no more bytes; the kernel says "file too large" in place of "no space". */
TEST(rocks_write_reports_a_full_disk_and_stays_readable)
{
    CLEANUP(mem_freep) struct model *m = model_new(SEED);
    struct store *s = fixture_open(test_dir()), *brute = fixture_memory(SEED, 3);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    model_load(m, s);
    model_write(m, s, 3);
    CLEANUP(mem_freep) struct model *before = xmalloc(sizeof *before);
    *before = *m;
    struct store_ledger l = model_next(m, a);
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(100);
    ASSERT_ERR(ERR_IO, store_write(s, &l, 1));
    ASSERT(strstr(err_text(), test_dir()) != NULL);
    ASSERT_ERR(ERR_IO, store_meta_put(s, "x", SLICE_LIT("y")));
    model_compare(before, s, brute, 1, 10);
    limit_file_size(RLIM_INFINITY);
    store_close(s);
    s = fixture_open(test_dir());
    model_compare(before, s, brute, 2, 10);
    ASSERT_OK(store_write(s, &l, 1));
    store_close(s);
    store_close(brute);
}
