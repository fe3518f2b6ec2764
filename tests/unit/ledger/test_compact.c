/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/compact.h"

#include "chain.h"
#include "ledger/mirror_follow.h"
#include "store/memory.h"
#include "test.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEAST ((uint64_t)64 << 10)

struct fixture {
    struct chain chain;
    struct store *store;
    struct ledgers *ledgers;
};

static struct ledgers *opened(struct store *s)
{
    static char path[256];
    struct ledgers *l = NULL;
    snprintf(path, sizeof path, "%s/mirror", test_dir());
    struct ledgers_opts opts = {.store = s,
                                .mirror_path = path,
                                .n_cores = 2,
                                .lazy_undo = true,
                                .compact_min_bytes = LEAST};
    ASSERT_OK(ledgers_open(&opts, &l));
    return l;
}

static void fixture_init(struct fixture *f, uint64_t seed)
{
    chain_init(&f->chain, seed, 5, 1500);
    f->store = memory_new();
    f->ledgers = opened(f->store);
    chain_load(&f->chain, f->ledgers, 4);
}

static void fixture_deinit(struct fixture *f)
{
    ledgers_close(f->ledgers);
    store_close(f->store);
    chain_deinit(&f->chain);
}

static uint64_t file_bytes(void)
{
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/mirror/data.mdb", test_dir());
    ASSERT(stat(path, &st) == 0);
    return (uint64_t)st.st_size;
}

static void apply_some(struct fixture *f, int n)
{
    for (int i = 0; i < n; i++)
        chain_extend(&f->chain, 100);
    chain_apply(&f->chain, f->ledgers, chain_last(&f->chain), 1);
}

/* Until a copy that was begun has taken its place. */
static void tend(struct fixture *f)
{
    compact_hurry(f->ledgers);
    ASSERT_OK(compact_tend(f->ledgers));
    while (f->ledgers->compact) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
        ASSERT_OK(compact_tend(f->ledgers));
    }
}

/* A file that an open view has made grow; the view is closed by now. */
static uint64_t grow(struct fixture *f)
{
    struct view *v = NULL;
    ASSERT_OK(view_open(f->ledgers, 0, &v));
    uint64_t random = 7, before = file_bytes();
    apply_some(f, 40);
    chain_probe(&f->chain, v, &random, 100);
    view_close(v);
    return before;
}

TEST(a_file_that_a_view_made_grow_gets_small_again)
{
    struct fixture f;
    fixture_init(&f, 1);
    for (int i = 0; i < 3; i++) {
        uint64_t before = grow(&f);
        ASSERT(file_bytes() > 3 * before);
        tend(&f);
        ASSERT(file_bytes() < 2 * before + LEAST);
        chain_check(&f.chain, f.ledgers, chain_last(&f.chain));
        chain_check(&f.chain, f.ledgers, chain_last(&f.chain) - 3); /* the window stays */
    }
    ledgers_close(f.ledgers);
    f.ledgers = opened(f.store);
    chain_check(&f.chain, f.ledgers, chain_last(&f.chain));
    ASSERT(!ledgers_mirror_aside(f.ledgers));
    fixture_deinit(&f);
}

TEST(a_file_that_is_not_much_too_large_is_left)
{
    struct fixture f;
    fixture_init(&f, 2);
    f.ledgers->compact_min_bytes = 4 << 20;
    apply_some(&f, 5);
    compact_hurry(f.ledgers);
    ASSERT_OK(compact_tend(f.ledgers));
    ASSERT(f.ledgers->compact == NULL);
    fixture_deinit(&f);
}

static uint32_t n_told, last_told;

static void on_published(void *arg, const struct ledger_header *header)
{
    (void)arg;
    ASSERT_INT(last_told + 1, header->seq);
    last_told = header->seq;
    n_told++;
}

TEST(what_is_applied_during_the_copy_is_there_and_told_once)
{
    struct fixture f;
    fixture_init(&f, 3);
    grow(&f);
    last_told = chain_last(&f.chain);
    ledgers_on_published(f.ledgers, on_published, NULL);
    compact_hurry(f.ledgers);
    ASSERT_OK(compact_tend(f.ledgers));
    ASSERT(f.ledgers->compact != NULL);
    apply_some(&f, 7);
    tend(&f);
    ASSERT_INT(7, n_told);
    apply_some(&f, 2);
    ASSERT_INT(9, n_told);
    for (uint32_t i = 0; i < 12; i++)
        chain_check(&f.chain, f.ledgers, chain_last(&f.chain) - i);
    fixture_deinit(&f);
}

TEST(an_open_view_keeps_its_ledger_and_puts_the_copy_off)
{
    struct fixture f;
    struct view *v = NULL;
    uint64_t random = 3;
    fixture_init(&f, 4);
    uint64_t before = grow(&f);
    ASSERT_OK(view_open(f.ledgers, 0, &v));
    tend(&f); /* waits for some seconds, and lets it be */
    ASSERT(file_bytes() > 2 * before + LEAST);
    chain_probe(&f.chain, v, &random, 200);
    view_close(v);
    tend(&f);
    ASSERT(file_bytes() < 2 * before + LEAST);
    chain_check(&f.chain, f.ledgers, chain_last(&f.chain));
    fixture_deinit(&f);
}

static _Atomic bool stop_reading;

static void *read_on(void *arg)
{
    struct fixture *f = arg;
    uint64_t random = 11;
    while (!atomic_load(&stop_reading)) {
        struct view *v = NULL;
        ASSERT_OK(view_open(f->ledgers, 0, &v));
        chain_probe(&f->chain, v, &random, 20);
        view_close(v);
    }
    return NULL;
}

TEST(reads_go_on_meanwhile)
{
    struct fixture f;
    pthread_t thread;
    fixture_init(&f, 5);
    for (int i = 0; i < 3; i++) {
        uint64_t before = grow(&f);
        atomic_store(&stop_reading, false);
        ASSERT(pthread_create(&thread, NULL, read_on, &f) == 0);
        tend(&f);
        atomic_store(&stop_reading, true);
        pthread_join(thread, NULL);
        ASSERT(file_bytes() < 2 * before + LEAST);
    }
    fixture_deinit(&f);
}

TEST(a_copy_is_given_up_at_the_end)
{
    struct fixture f;
    char path[256];
    fixture_init(&f, 6);
    grow(&f);
    compact_hurry(f.ledgers);
    ASSERT_OK(compact_tend(f.ledgers));
    ledgers_close(f.ledgers);
    snprintf(path, sizeof path, "%s/mirror/compact", test_dir());
    ASSERT(access(path, F_OK) != 0);
    f.ledgers = opened(f.store);
    chain_check(&f.chain, f.ledgers, chain_last(&f.chain));
    fixture_deinit(&f);
}

TEST(killed_while_copying_one_of_the_files_stands)
{
    struct fixture f;
    struct ledgers_stats stats;
    fixture_init(&f, 7);
    for (int i = 0; i < 10; i++) {
        grow(&f);
        ledgers_close(f.ledgers);
        pid_t pid = fork();
        if (pid == 0) {
            f.ledgers = opened(f.store);
            tend(&f);
            pause();
        }
        nanosleep(&(struct timespec){0, 1000000 * (long)chain_random(&f.chain, 120)}, NULL);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        f.ledgers = opened(f.store);
        ledgers_get_stats(f.ledgers, &stats);
        ASSERT_INT(0, stats.n_rebuilt);
        chain_check(&f.chain, f.ledgers, chain_last(&f.chain));
    }
    fixture_deinit(&f);
}
