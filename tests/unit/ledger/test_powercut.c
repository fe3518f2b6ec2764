/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts of power while ledgers are applied, both stores on disk. KLEIO_ROUNDS says how many (`make
 * torture`: many), KLEIO_SEED which. */
#include "powercut.h"

#include "base/mem.h"
#include "chain.h"
#include "ledger/mirror_follow.h"
#include "ledger/repair.h"
#include "rt/clock.h"
#include "store/rocks.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared {
    _Atomic uint32_t shown; /* newest ledger that clients have seen */
};

static const char *in_dir(const char *name)
{
    static char path[4][512];
    static int next;
    char *p = path[next++ % 4];
    snprintf(p, 512, "%s/%s", test_dir(), name);
    return p;
}

static void open_both(struct store **ret_store, struct ledgers **ret)
{
    ASSERT_OK(rocks_open(&(struct rocks_opts){.path = in_dir("data/history")}, ret_store));
    struct ledgers_opts opts = {
        .store = *ret_store, .mirror_path = in_dir("data/mirror"), .n_cores = 1};
    ASSERT_OK(ledgers_open(&opts, ret));
}

static void victim(const struct chain *c, struct shared *shared, uint64_t n, uint64_t seed)
{
    struct store *s = NULL;
    struct ledgers *l = NULL;
    struct ledger_header tip;
    powercut_begin(in_dir("data"), in_dir("attic"), n, seed);
    open_both(&s, &l);
    if (!ledgers_tip(l, &tip))
        chain_load(c, l, 8);
    ASSERT(ledgers_tip(l, &tip));
    shared->shown = tip.seq;
    for (uint32_t seq = tip.seq + 1; seq <= chain_last(c); seq++) {
        chain_apply(c, l, seq, 1 + seq % 3);
        shared->shown = seq;
    }
    _exit(0);
}

static int setting(const char *name, int usual)
{
    const char *n = getenv(name);
    return n ? (int)strtol(n, NULL, 10) : usual;
}

/* Every object and kept hash of the mirror, and some reads. */
static void check_wide(struct chain *c, struct ledgers *l, uint32_t seq)
{
    struct view *v = NULL;
    uint64_t random = seq;
    l->verify.at = HASH256_ZERO;
    l->verified = false;
    for (bool more = true; more;)
        ASSERT_OK(repair_scrub(l, CLOCK_NEVER, &more));
    ASSERT(!ledgers_mirror_aside(l));
    ASSERT_OK(view_open(l, seq, &v));
    chain_probe(c, v, &random, 200);
    view_close(v);
}

static void cuts(struct chain *c, int rounds,
                 void (*check)(struct chain *c, struct ledgers *l, uint32_t seq))
{
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT(mkdir(in_dir("data"), 0755) == 0);
    int n_cuts = 0;
    for (int round = 0; round < rounds; round++) {
        int status = 0;
        pid_t pid = fork();
        uint64_t n = chain_random(c, round % 3 ? 150 : 2000), seed = chain_random(c, 1u << 30);
        alarm(120);
        if (pid == 0)
            victim(c, shared, n, seed);
        waitpid(pid, &status, 0);
        ASSERT(WIFEXITED(status));
        ASSERT(WEXITSTATUS(status) == POWERCUT_STATUS || WEXITSTATUS(status) == 0);
        n_cuts += WEXITSTATUS(status) == POWERCUT_STATUS;
        struct store *s = NULL;
        struct ledgers *l = NULL;
        struct ledger_header tip = {0};
        open_both(&s, &l);
        if (ledgers_tip(l, &tip)) {
            check(c, l, tip.seq);
            check(c, l, 5 + (uint32_t)chain_random(c, tip.seq - 4));
        }
        if (tip.seq < shared->shown)
            test_fail(__FILE__, __LINE__, "round %d: ledger %u was shown, %u is there", round,
                      shared->shown, tip.seq);
        ledgers_close(l);
        store_close(s);
    }
    ASSERT(n_cuts > rounds / 2);
    munmap(shared, sizeof *shared);
}

TEST(what_was_shown_survives_a_power_cut)
{
    struct chain c;
    chain_init(&c, (uint64_t)setting("KLEIO_SEED", 71), 5, 800);
    for (int i = 0; i < 60; i++)
        chain_extend(&c, 60);
    cuts(&c, setting("KLEIO_ROUNDS", 12), chain_check);
    chain_deinit(&c);
}

/* The file has nodes of the tree that are older than its objects. */
TEST(a_power_cut_costs_no_nodes_of_a_wide_tree)
{
    struct chain c;
    chain_init(&c, (uint64_t)setting("KLEIO_SEED", 72), 5, 0);
    chain_widen(&c, 0);
    for (int i = 0; i < 60; i++)
        chain_extend(&c, 30);
    cuts(&c, setting("KLEIO_ROUNDS", 8), check_wide);
    chain_deinit(&c);
}
