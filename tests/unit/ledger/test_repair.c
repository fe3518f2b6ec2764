/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/repair.h"

#include "base/mem.h"
#include "chain.h"
#include "ledger/mirror_follow.h"
#include "proxy.h"
#include "rt/clock.h"
#include "store/memory.h"
#include "store/rocks.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    struct chain chain;
    struct store *store;
    struct proxy proxy;
    struct ledgers *ledgers;
};

/* A history of 10 ledgers; mirror "a" has the first `n_a` of them, mirror "b" all. */
static void fixture_init_of(struct fixture *f, uint64_t seed, uint32_t n_a, size_t n_objects)
{
    chain_init(&f->chain, seed, 5, n_objects);
    for (int i = 0; i < 12; i++)
        chain_extend(&f->chain, 60);
    f->store = memory_new();
    proxy_init(&f->proxy, f->store);
    f->ledgers = chain_open(&f->proxy.base, "a");
    chain_load(&f->chain, f->ledgers, 4);
    chain_apply(&f->chain, f->ledgers, 4 + n_a, 1);
    ledgers_close(f->ledgers);
    f->ledgers = chain_open(&f->proxy.base, "b");
    chain_check(&f->chain, f->ledgers, 4 + n_a);
    chain_apply(&f->chain, f->ledgers, 14, 3);
    f->ledgers = ledgers_close(f->ledgers);
}

static void fixture_init(struct fixture *f, uint64_t seed, uint32_t n_a)
{
    fixture_init_of(f, seed, n_a, 300);
}

static void fixture_deinit(struct fixture *f)
{
    ledgers_close(f->ledgers);
    store_close(f->store);
    chain_deinit(&f->chain);
}

static const char *last_what;

static void note_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
    last_what = what;
    ASSERT(total > 0 && done <= total);
    (void)arg;
}

static err open_noting(struct fixture *f, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", test_dir(), name);
    struct ledgers_opts opts = {
        .store = &f->proxy.base, .mirror_path = path, .n_cores = 1, .on_progress = note_progress};
    last_what = NULL;
    return ledgers_open(&opts, &f->ledgers);
}

static void check_all(struct fixture *f, uint32_t last)
{
    for (uint32_t seq = 5; seq <= last; seq++)
        chain_check(&f->chain, f->ledgers, seq);
    chain_apply(&f->chain, f->ledgers, last + 1, 1);
    chain_check(&f->chain, f->ledgers, last + 1);
}

TEST(mirror_that_is_behind_replays)
{
    struct fixture f;
    fixture_init(&f, 1, 6);
    ASSERT_OK(open_noting(&f, "a"));
    ASSERT_STR("replaying ledgers", last_what);
    check_all(&f, 14);
    fixture_deinit(&f);
}

TEST(mirror_that_is_there_does_nothing)
{
    struct fixture f;
    fixture_init(&f, 2, 6);
    ASSERT_OK(open_noting(&f, "b"));
    ASSERT(last_what == NULL);
    check_all(&f, 14);
    fixture_deinit(&f);
}

TEST(missing_mirror_is_rebuilt)
{
    struct fixture f;
    fixture_init(&f, 3, 6);
    ASSERT_OK(open_noting(&f, "new"));
    ASSERT_STR("rebuilding the state mirror", last_what);
    check_all(&f, 14);
    fixture_deinit(&f);
}

TEST(mirror_that_is_ahead_is_rebuilt)
{
    struct fixture f;
    fixture_init(&f, 4, 6);
    f.proxy.hide_after = 11;
    ASSERT_OK(open_noting(&f, "b"));
    ASSERT_STR("rebuilding the state mirror", last_what);
    for (uint32_t seq = 5; seq <= 11; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    fixture_deinit(&f);
}

TEST(mirror_of_another_history_is_rebuilt)
{
    struct fixture f, other;
    fixture_init(&f, 5, 6);
    chain_init(&other.chain, 77, 5, 100);
    other.store = memory_new();
    other.ledgers = chain_open(other.store, "foreign");
    chain_load(&other.chain, other.ledgers, 4);
    ledgers_close(other.ledgers);
    store_close(other.store);
    chain_deinit(&other.chain);
    ASSERT_OK(open_noting(&f, "foreign"));
    ASSERT_STR("rebuilding the state mirror", last_what);
    check_all(&f, 14);
    fixture_deinit(&f);
}

TEST(mirror_without_a_history_is_emptied)
{
    struct fixture f;
    fixture_init(&f, 6, 6);
    struct store *empty = memory_new();
    struct ledgers *l = chain_open(empty, "b");
    struct ledger_header h;
    ASSERT(!ledgers_tip(l, &h));
    chain_load(&f.chain, l, 4);
    chain_check(&f.chain, l, 5);
    ledgers_close(l);
    store_close(empty);
    fixture_deinit(&f);
}

static void spoil_root(struct mirror *m, MDB_txn *txn)
{
    MDB_val key = {1, "\0"}, value = {5, "abcde"};
    ASSERT_INT(0, mdb_put(txn, m->tree, &key, &value, 0));
}

static void spoil_state(struct mirror *m, MDB_txn *txn)
{
    MDB_cursor *cursor = NULL;
    MDB_val key, value, other = {3, "bad"};
    ASSERT_INT(0, mdb_cursor_open(txn, m->state, &cursor));
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
        ASSERT_INT(0, mdb_cursor_put(cursor, &key, &other, MDB_CURRENT));
    mdb_cursor_close(cursor);
}

static void spoil(const char *name, void (*fn)(struct mirror *m, MDB_txn *txn))
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", test_dir(), name);
    struct mirror_opts opts = {.path = path, .max_readers = 8};
    struct mirror *m = NULL;
    MDB_txn *txn = NULL;
    ASSERT_OK(mirror_open(&opts, &m));
    ASSERT_OK(mirror_write_begin(m, &txn));
    fn(m, txn);
    ASSERT_OK(mirror_write_commit(m, txn));
    mirror_close(m);
}

TEST(damaged_tree_is_rebuilt)
{
    struct fixture f;
    fixture_init(&f, 7, 6);
    spoil("b", spoil_root);
    ASSERT_OK(open_noting(&f, "b"));
    ASSERT_STR("rebuilding the state mirror", last_what);
    check_all(&f, 14);
    fixture_deinit(&f);
}

/* A mirror that says that it is at a ledger but is not: found by the replay's root. */
TEST(damaged_state_is_rebuilt)
{
    struct fixture f;
    fixture_init(&f, 10, 6);
    spoil("a", spoil_state);
    ASSERT_OK(open_noting(&f, "a"));
    ASSERT_STR("rebuilding the state mirror", last_what);
    check_all(&f, 14);
    fixture_deinit(&f);
}

TEST(damaged_history_is_reported)
{
    struct fixture f;
    fixture_init(&f, 8, 6);
    f.proxy.spoil_objects = 1;
    ASSERT_ERR(ERR_CORRUPT, open_noting(&f, "new"));
    ASSERT(strstr(err_text(), "history") != NULL);
    f.proxy.spoil_objects = 0;
    ASSERT_OK(open_noting(&f, "new")); /* nothing of the failure stays */
    check_all(&f, 14);
    fixture_deinit(&f);
}

/* The newest ledger alone is wrong: a new mirror is of the one before it. */
TEST(a_mirror_is_made_of_the_newest_ledger_that_has_its_root)
{
    struct fixture f;
    fixture_init(&f, 11, 6);
    chain_write_wrong(&f.chain, f.store, 15);
    ASSERT_OK(open_noting(&f, "new"));
    struct ledger_header tip;
    ASSERT(ledgers_tip(f.ledgers, &tip));
    ASSERT_INT(14, tip.seq);
    ASSERT_INT(15, ledgers_suspect(f.ledgers));
    for (uint32_t seq = 5; seq <= 14; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    fixture_deinit(&f);
}

/* --- while the mirror is filled the history answers --- */

struct filling {
    struct fixture f;
    uint64_t random;
    bool stop; /* in the middle */
    uint32_t n_calls;
};

static void ask_meanwhile(void *arg, const char *what, uint64_t done, uint64_t total)
{
    struct filling *f = arg;
    struct view *v = NULL;
    (void)what, (void)done, (void)total;
    f->n_calls++;
    for (uint32_t seq = 14; seq > 11; seq--) {
        ASSERT_OK(view_open(f->f.ledgers, seq, &v));
        chain_probe(&f->f.chain, v, &f->random, 5);
        view_close(v);
    }
    if (f->stop)
        ledgers_interrupt(f->f.ledgers, true);
}

static void open_lazily(struct filling *f)
{
    char path[256];
    snprintf(path, sizeof path, "%s/new", test_dir());
    struct ledgers_opts opts = {.store = &f->f.proxy.base,
                                .mirror_path = path,
                                .n_cores = 1,
                                .lazy_repair = true,
                                .on_progress = ask_meanwhile,
                                .arg = f};
    ASSERT_OK(ledgers_open(&opts, &f->f.ledgers));
    ASSERT(ledgers_mirror_aside(f->f.ledgers));
    chain_check(&f->f.chain, f->f.ledgers, 14);
}

TEST(while_the_mirror_is_filled_the_history_answers_and_a_stop_loses_nothing)
{
    struct filling f = {.random = 1, .stop = true};
    fixture_init_of(&f.f, 12, 6, 5000);
    open_lazily(&f);
    ASSERT_ERR(ERR_CANCELLED, mirror_follow(f.f.ledgers, 0));
    ASSERT_INT(1, f.n_calls);
    ASSERT(ledgers_mirror_aside(f.f.ledgers));
    f.f.ledgers = ledgers_close(f.f.ledgers);
    f.stop = false;
    open_lazily(&f);
    ASSERT_OK(mirror_follow(f.f.ledgers, 0));
    ASSERT(f.n_calls > 3);
    ASSERT(!ledgers_mirror_aside(f.f.ledgers));
    for (uint32_t seq = 12; seq <= 14; seq++)
        chain_check(&f.f.chain, f.f.ledgers, seq);
    fixture_deinit(&f.f);
}

TEST(reading_errors_do_not_look_like_damage)
{
    struct fixture f;
    fixture_init(&f, 9, 6);
    f.proxy.fail_reads = true;
    ASSERT_ERR(ERR_IO, open_noting(&f, "new"));
    f.proxy.fail_reads = false;
    ASSERT_OK(open_noting(&f, "new"));
    check_all(&f, 14);
    fixture_deinit(&f);
}

/* --- kill -9 at any moment --- */

struct shared {
    _Atomic uint32_t done; /* newest ledger whose commit returned */
    _Atomic uint32_t runs;
};

static void open_on_disk(struct store **ret_store, struct ledgers **ret)
{
    char path[256];
    snprintf(path, sizeof path, "%s/rocks", test_dir());
    struct rocks_opts opts = {.path = path};
    ASSERT_OK(rocks_open(&opts, ret_store));
    char mirror[256];
    snprintf(mirror, sizeof mirror, "%s/mirror", test_dir());
    struct ledgers_opts ledgers = {
        .store = *ret_store, .mirror_path = mirror, .n_cores = 1, .on_progress = note_progress};
    last_what = NULL;
    ASSERT_OK(ledgers_open(&ledgers, ret));
    ASSERT(last_what == NULL || strcmp(last_what, "replaying ledgers") == 0); /* never all of it */
}

static void victim(const struct chain *c, struct shared *shared)
{
    struct store *s = NULL;
    struct ledgers *l = NULL;
    open_on_disk(&s, &l);
    struct ledger_header tip;
    if (!ledgers_tip(l, &tip))
        chain_load(c, l, 8);
    ASSERT(ledgers_tip(l, &tip));
    shared->runs++;
    for (uint32_t seq = tip.seq; seq <= chain_last(c); seq++) {
        chain_apply(c, l, seq, 1 + seq % 3);
        shared->done = seq;
    }
    _exit(0);
}

TEST(killed_at_any_moment_it_comes_back_whole)
{
    struct chain c;
    chain_init(&c, 51, 5, 1500);
    for (int i = 0; i < 60; i++)
        chain_extend(&c, 80);
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    test_dir(); /* ours, not the child's */
    const char *wanted = getenv("KLEIO_ROUNDS");
    int rounds = wanted ? (int)strtol(wanted, NULL, 10) : 25;
    for (int round = 0; round < rounds && shared->done < chain_last(&c); round++) {
        alarm(120);
        uint32_t runs = shared->runs;
        pid_t pid = fork();
        if (pid == 0)
            victim(&c, shared);
        /* Every second one lives until it applies; the others may die in their start, too. */
        for (int ms = 0; round % 2 && shared->runs == runs && ms < 30000; ms++)
            usleep(1000);
        usleep(20000 + (useconds_t)chain_random(&c, 300000));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        struct store *s = NULL;
        struct ledgers *l = NULL;
        struct ledger_header tip = {0};
        open_on_disk(&s, &l);
        if (ledgers_tip(l, &tip)) {
            chain_check(&c, l, tip.seq);
            chain_check(&c, l, 5 + (uint32_t)chain_random(&c, tip.seq - 4));
        }
        ASSERT(tip.seq >= shared->done);
        ledgers_close(l);
        store_close(s);
    }
    ASSERT(shared->runs > 0);
    munmap(shared, sizeof *shared);
    chain_deinit(&c);
}
