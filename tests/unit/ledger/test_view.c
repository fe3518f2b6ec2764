/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "chain.h"
#include "ledger/view_impl.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "store/memory.h"
#include "store/rocks.h"
#include "test.h"

#include <pthread.h>
#include <unistd.h>

TEST(every_ledger_reads_as_it_was)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct chain c;
        chain_init(&c, seed, 100, 300);
        char name[16];
        snprintf(name, sizeof name, "m%u", (unsigned)seed);
        struct store *s = memory_new();
        struct ledgers *l = chain_open(s, name);
        chain_load(&c, l, 16);
        chain_check(&c, l, 100);
        for (int i = 0; i < 30; i++) {
            chain_extend(&c, 20 + chain_random(&c, 60));
            chain_apply(&c, l, chain_last(&c), 1);
            chain_check(&c, l, chain_last(&c));
            chain_check(&c, l, 100 + (uint32_t)chain_random(&c, c.n));
        }
        for (uint32_t seq = 100; seq <= chain_last(&c); seq++)
            chain_check(&c, l, seq);
        struct ledgers_stats stats;
        ledgers_get_stats(l, &stats);
        ASSERT_INT(30, stats.undo_ledgers);
        ASSERT(stats.reads_undo > 0 && stats.reads_mirror > 0);
        ASSERT_INT(0, stats.reads_history);
        ASSERT_INT(chain_at(&c, chain_last(&c))->n, stats.n_objects);
        l = ledgers_close(l);

        l = chain_open(s, name); /* the window is empty now: the history answers */
        for (uint32_t seq = 100; seq <= chain_last(&c); seq++)
            chain_check(&c, l, seq);
        ledgers_get_stats(l, &stats);
        ASSERT_INT(0, stats.undo_ledgers);
        ASSERT(stats.reads_history > 0);
        ledgers_close(l);
        store_close(s);
        chain_deinit(&c);
    }
}

/* --- readers beside a writer --- */

struct crowd {
    struct chain chain;
    struct ledgers *ledgers;
    _Atomic bool stop;
    _Atomic uint32_t n_views;
};

static void read_one(struct crowd *w, uint64_t *random)
{
    struct ledger_header tip;
    ASSERT(ledgers_tip(w->ledgers, &tip));
    uint32_t back = (uint32_t)(*random >> 7) % 40;
    uint32_t seq = back < 8 || tip.seq < 5 + back ? 0 : tip.seq - back;
    struct view *v = NULL;
    ASSERT_OK(view_open(w->ledgers, seq, &v));
    if (seq == 0)
        ASSERT(view_seq(v) >= tip.seq);
    chain_probe(&w->chain, v, random, 30);
    if (*random % 4 == 0) { /* the window slides on while the view is open */
        usleep(3000);
        chain_probe(&w->chain, v, random, 30);
    }
    view_close(v);
    w->n_views++;
}

static void *reader(void *arg)
{
    struct crowd *w = arg;
    uint64_t random = (uint64_t)pthread_self();
    while (!w->stop)
        read_one(w, &random);
    return NULL;
}

TEST(readers_beside_a_writer_see_whole_ledgers)
{
    enum { N_READERS = 3, N_LEDGERS = 150 };
    static struct crowd w;
    chain_init(&w.chain, 61, 5, 400);
    for (int i = 0; i < N_LEDGERS; i++)
        chain_extend(&w.chain, 50);
    char path[256];
    snprintf(path, sizeof path, "%s/rocks", test_dir());
    struct rocks_opts rocks = {.path = path};
    struct store *s = NULL;
    ASSERT_OK(rocks_open(&rocks, &s));
    snprintf(path, sizeof path, "%s/mirror", test_dir());
    struct ledgers_opts opts = {
        .store = s, .mirror_path = path, .n_cores = 1, .undo_max_ledgers = 20};
    ASSERT_OK(ledgers_open(&opts, &w.ledgers));
    chain_load(&w.chain, w.ledgers, 4);
    pthread_t threads[N_READERS];
    for (int i = 0; i < N_READERS; i++)
        ASSERT_INT(0, pthread_create(&threads[i], NULL, reader, &w));
    chain_apply(&w.chain, w.ledgers, chain_last(&w.chain), 1);
    w.stop = true;
    for (int i = 0; i < N_READERS; i++)
        pthread_join(threads[i], NULL);
    struct ledgers_stats stats;
    ledgers_get_stats(w.ledgers, &stats);
    ASSERT(w.n_views > 20);
    ASSERT(stats.reads_mirror && stats.reads_undo && stats.reads_history);
    ledgers_close(w.ledgers);
    store_close(s);
    chain_deinit(&w.chain);
}

/* The ledger that last gave this object other bytes. */
static uint32_t changed_in(struct chain *c, const struct hash256 *key, uint32_t last)
{
    uint32_t seq = 5;
    for (uint32_t at = 6; at <= last; at++) {
        const struct store_object *before = chain_find(chain_at(c, at - 1), key);
        const struct store_object *now = chain_find(chain_at(c, at), key);
        if ((before == NULL) != (now == NULL) || (now && !slice_eq(before->data, now->data)))
            seq = at;
    }
    return seq;
}

TEST(version_of_an_object_is_told)
{
    struct chain c;
    chain_init(&c, 63, 5, 100);
    for (int i = 0; i < 10; i++)
        chain_extend(&c, 30);
    struct store *s = memory_new();
    struct ledgers *l = chain_open(s, "mirror");
    chain_load(&c, l, 4);
    chain_apply(&c, l, 15, 1);
    struct view *v = NULL;
    ASSERT_OK(view_open(l, 0, &v));
    uint32_t seq = 0;
    for (uint32_t i = 0; i < chain_at(&c, 15)->n; i++) {
        struct hash256 key = chain_at(&c, 15)->objects[i].key;
        ASSERT_OK(view_object_seq(v, &key, &seq));
        ASSERT_INT(changed_in(&c, &key, 15), seq);
    }
    struct hash256 never = {{1, 2, 3, 4}};
    ASSERT_ERR(ERR_NOT_FOUND, view_object_seq(v, &never, &seq));
    view_close(v);
    ledgers_close(l);
    store_close(s);
    chain_deinit(&c);
}

/* --- on a core --- */

struct visit {
    struct core_mail mail; /* first */
    struct crowd *crowd;
    _Atomic uint32_t n_done;
};

/* Several fibers of the core share one snapshot, and keep theirs across yields. */
static void visit_fiber(void *arg)
{
    struct visit *visit = arg;
    uint64_t random = visit->n_done;
    struct view *a = NULL, *b = NULL;
    ASSERT_OK(view_open(visit->crowd->ledgers, 0, &a));
    ASSERT_OK(view_open(visit->crowd->ledgers, view_seq(a) - 2, &b));
    chain_probe(&visit->crowd->chain, a, &random, 20);
    ASSERT_OK(fiber_yield());
    chain_probe(&visit->crowd->chain, b, &random, 20);
    chain_probe(&visit->crowd->chain, a, &random, 20);
    view_close(b);
    view_close(a);
    visit->n_done++;
}

static void visit_run(struct core_mail *mail)
{
    struct visit *visit = (struct visit *)mail;
    for (int i = 0; i < 5; i++)
        ASSERT(fiber_spawn("visit", visit_fiber, visit) != NULL);
}

TEST(fibers_of_a_core_have_views)
{
    static struct crowd w;
    static struct visit visit;
    chain_init(&w.chain, 64, 5, 300);
    for (int i = 0; i < 20; i++)
        chain_extend(&w.chain, 50);
    struct store *s = memory_new();
    w.ledgers = chain_open(s, "mirror");
    chain_load(&w.chain, w.ledgers, 4);
    chain_apply(&w.chain, w.ledgers, 10, 1);
    struct core_opts opts = {.index = 1, .fiber_stack_bytes = 256 << 10};
    struct core *core = NULL;
    ASSERT_OK(core_new(&opts, &core));
    ASSERT_OK(core_start(core));
    visit = (struct visit){.mail.run = visit_run, .crowd = &w};
    core_post(core, &visit.mail);
    while (visit.n_done < 5)
        usleep(1000);
    core_stop(core);
    core_join(core);
    core_free(core);
    ledgers_close(w.ledgers);
    store_close(s);
    chain_deinit(&w.chain);
}
