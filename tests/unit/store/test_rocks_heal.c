/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_heal.h"

#include <stdlib.h>

#include "unit/store/fixture.h"

#include <signal.h>
#include <sys/resource.h>

#define SEED 9

/* A disk that takes no more bytes; the kernel says "file too large" in place of "no space". */
static void limit_file_size(rlim_t bytes)
{
    struct rlimit lim;
    signal(SIGXFSZ, SIG_IGN);
    ASSERT(getrlimit(RLIMIT_FSIZE, &lim) == 0);
    lim.rlim_cur = bytes;
    ASSERT(setrlimit(RLIMIT_FSIZE, &lim) == 0);
}

struct full {
    struct store *s, *brute;
    struct model *m, *before; /* before the ledger that fails */
    struct arena *arena;
    struct store_ledger ledger;
};

static struct full fill_up(void)
{
    struct full f = {.s = fixture_open(test_dir()),
                     .brute = fixture_memory(SEED, 3),
                     .m = model_new(SEED),
                     .before = model_new(0),
                     .arena = arena_new(0)};
    model_load(f.m, f.s);
    model_write(f.m, f.s, 3);
    *f.before = *f.m;
    f.ledger = model_next(f.m, f.arena);
    limit_file_size(100);
    ASSERT_ERR(ERR_IO, store_write(f.s, &f.ledger, 1));
    ASSERT(strstr(err_text(), test_dir()) != NULL);
    return f;
}

static void full_free(struct full *f)
{
    store_close(f->s);
    store_close(f->brute);
    free(f->m);
    free(f->before);
    arena_free(f->arena);
}

TEST(rocks_heal_lets_reads_go_on_while_the_disk_is_full)
{
    struct full f = fill_up();
    model_compare(f.before, f.s, f.brute, 1, 10);
    ASSERT_ERR(ERR_IO, store_write(f.s, &f.ledger, 1));
    ASSERT_ERR(ERR_IO, store_meta_put(f.s, "x", SLICE_LIT("y")));
    model_compare(f.before, f.s, f.brute, 1, 10);
    limit_file_size(RLIM_INFINITY);
    full_free(&f);
}

TEST(rocks_heal_writes_on_once_there_is_space)
{
    struct full f = fill_up();
    limit_file_size(RLIM_INFINITY);
    ASSERT_OK(store_write(f.s, &f.ledger, 1));
    ASSERT_OK(store_write(f.brute, &f.ledger, 1));
    model_compare(f.m, f.s, f.brute, 1, 10);
    ASSERT_OK(store_meta_put(f.s, "x", SLICE_LIT("y")));
    store_close(f.s);
    f.s = fixture_open(test_dir());
    model_compare(f.m, f.s, f.brute, 2, 10);
    full_free(&f);
}

TEST(rocks_heal_is_not_needed_to_open_again)
{
    struct full f = fill_up();
    limit_file_size(RLIM_INFINITY);
    store_close(f.s);
    f.s = fixture_open(test_dir());
    model_compare(f.before, f.s, f.brute, 2, 10);
    ASSERT_OK(store_write(f.s, &f.ledger, 1));
    full_free(&f);
}
