/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/turns.h"

#include "base/mem.h"
#include "chain.h"
#include "ledger/ledgers_impl.h"
#include "ledger/mirror_object.h"
#include "ledger/repair.h"
#include "mirrors.h"
#include "powercut.h"
#include "rt/clock.h"
#include "store/memory.h"
#include "test.h"

#include <pthread.h>
#include <stdlib.h>

/* --- what is written --- */

#define OBJECTS 160000
#define CHANGES 60
#define OBJECT_BYTES 100

/* A small likeness of a large state: three levels of kept nodes, 4,000 at the last. */
struct world {
    struct mirror *mirror;
    struct nodes *nodes;
    struct undo *undo;
    struct tree *tree;
    struct turns turns;
    struct hash256 *keys; /* ascending */
    uint64_t random;
    struct mirror_turn turn;
    struct ledger_header header;
    struct hash256 root;
};

static uint64_t next_random(struct world *w)
{
    uint64_t z = w->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int key_order(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static struct slice new_object(struct world *w)
{
    static uint8_t bytes[OBJECT_BYTES];
    uint64_t content = next_random(w);
    memcpy(bytes, &content, sizeof content);
    return slice_of(bytes, sizeof bytes);
}

static void world_init(struct world *w, const char *name, uint64_t max_bytes)
{
    *w = (struct world){.mirror = mirrors_open(name), .random = 5, .header.seq = 100};
    w->nodes = nodes_new(w->mirror);
    w->undo = undo_new(&(struct undo_opts){64 << 20, 16, 1});
    w->tree = tree_new(w->mirror, w->nodes, undo_versions(w->undo));
    w->turns = (struct turns){.mirror = w->mirror,
                              .nodes = w->nodes,
                              .undo = w->undo,
                              .max_node_bytes = max_bytes,
                              .max_object_bytes = max_bytes};
    w->turn = mirror_turn_whole(100);
    turns_begin(&w->turns, &w->turn);
    undo_reset(w->undo, 100);
    w->keys = xmalloc(OBJECTS * sizeof *w->keys);
    for (size_t i = 0; i < OBJECTS; i++)
        for (size_t b = 0; b < 32; b += 8) {
            uint64_t v = next_random(w);
            memcpy(w->keys[i].b + b, &v, 8);
        }
    qsort(w->keys, OBJECTS, sizeof *w->keys, key_order);
    MDB_txn *txn = mirrors_begin(w->mirror);
    for (size_t i = 0; i < OBJECTS; i++)
        ASSERT_INT(0, mirror_object_put(w->mirror, txn, &w->keys[i], new_object(w), MDB_APPEND));
    ASSERT_OK(tree_build(w->tree, txn, NULL, &w->root));
    ASSERT_OK(mirror_write_commit(w->mirror, txn));
}

static void world_deinit(struct world *w)
{
    tree_free(w->tree);
    nodes_free(w->nodes);
    undo_free(w->undo);
    mirror_close(w->mirror);
    free(w->keys);
}

static void change(struct world *w)
{
    struct hash256 keys[CHANGES];
    size_t n = 0;
    for (size_t i = 0; i < CHANGES; i++)
        keys[i] = w->keys[next_random(w) % OBJECTS];
    n = hash256_sort_unique(keys, CHANGES);
    MDB_txn *txn = mirrors_begin(w->mirror);
    struct undo_run *run = undo_run_new(w->undo, &w->header);
    for (size_t i = 0; i < n; i++)
        undo_run_change(run, &keys[i], SLICE_EMPTY, new_object(w));
    w->header.seq++;
    ASSERT_OK(tree_update(w->tree, txn, keys, n, &w->root));
    ASSERT_OK(turns_store(&w->turns, txn, w->header.seq, 1, &w->turn));
    ASSERT_OK(mirror_write_commit(w->mirror, txn));
    turns_committed(&w->turns, run);
    undo_publish(w->undo, run);
    undo_settle(w->undo);
}

static uint32_t behind(const struct world *w)
{
    return w->header.seq - w->turn.since;
}

/* Bytes that a ledger has written, in the mean. */
static uint64_t measure(struct world *w, int n)
{
    uint64_t before = powercut_written;
    for (int i = 0; i < n; i++)
        change(w);
    return (powercut_written - before) / (uint64_t)n;
}

TEST(a_ledger_writes_little)
{
    struct world late, whole;
    world_init(&late, "late", TURNS_MAX_OBJECT_BYTES);
    world_init(&whole, "whole", 0);
    measure(&late, TURNS_LEDGERS + 100);
    measure(&whole, TURNS_LEDGERS + 100);
    ASSERT(behind(&late) >= TURNS_LEDGERS - 4 && behind(&late) <= TURNS_LEDGERS);
    ASSERT_INT(0, behind(&whole));
    ASSERT_INT(0, (int64_t)versions_waiting_bytes(undo_versions(whole.undo)));
    ASSERT(hash256_eq(&late.root, &whole.root));
    uint64_t with_late = measure(&late, 100), with_whole = measure(&whole, 100);
    ASSERT(hash256_eq(&late.root, &whole.root));
    fprintf(stderr, "bytes a ledger: whole %llu, late %llu\n", (unsigned long long)with_whole,
            (unsigned long long)with_late);
    ASSERT(with_whole > 3 * CHANGES * 4096);
    ASSERT(with_late * 6 < with_whole);
    world_deinit(&late);
    world_deinit(&whole);
}

/* The file and what is said of it, in memory and without: the same tree. */
TEST(memory_is_bounded)
{
    struct world w;
    world_init(&w, "m", 300000);
    uint32_t most = 0;
    for (int i = 0; i < 120; i++) {
        change(&w);
        ASSERT(nodes_bytes(w.nodes) <= 300000);
        ASSERT(versions_waiting_bytes(undo_versions(w.undo)) <= 300000);
        most = behind(&w) > most ? behind(&w) : most;
    }
    ASSERT(most > 5 && most < 100);
    world_deinit(&w);
}

/* --- where the turn stands --- */

/* Told again from the meta record, of each slice a ledger that it surely has. */
TEST(the_turn_goes_on_where_it_was)
{
    struct mirror *m = mirrors_open("m");
    struct nodes *nodes = nodes_new(m);
    struct undo *undo = undo_new(&(struct undo_opts){1 << 20, 4, 1});
    static struct turns t; /* never told again */
    static struct turns again;
    t = (struct turns){
        .mirror = m, .nodes = nodes, .undo = undo, .max_node_bytes = 1, .max_object_bytes = 1};
    struct mirror_turn turn = mirror_turn_whole(1000), none;
    turns_begin(&t, &turn);
    again = t;
    uint32_t seq = 1000;
    for (int i = 0; i < 700; i++) {
        uint32_t n = i % 50 == 49 ? 20 : 1 + (uint32_t)i % 5, first = again.next;
        uint32_t due = (seq + n) / 4 - seq / 4;
        seq += n;
        t.n_stored = again.n_stored = due; /* as of a wide tree */
        t.stored_seq = again.stored_seq = seq;
        turns_committed(&t, NULL);
        turns_committed(&again, NULL);
        ASSERT_INT((first + due) % NODES_SLICES, again.next);
        for (uint32_t s = 0; s < NODES_SLICES; s++) {
            ASSERT(again.since[s] <= t.since[s]);
            ASSERT(again.since[s] + 2 * TURNS_LEDGERS + 60 >= seq);
        }
        MDB_txn *txn = mirrors_begin(m);
        ASSERT_OK(turns_store(&again, txn, seq, 0, &none)); /* narrow: all */
        ASSERT_INT(seq, none.since);
        mdb_txn_abort(txn);
        nodes_aborted(nodes);
        turn = (struct mirror_turn){again.since[again.next], again.next, again.begun};
        ASSERT(turn.since <= turn.begun && turn.begun <= seq);
        if (i % 3 == 0)
            turns_begin(&again, &turn);
    }
    nodes_free(nodes);
    undo_free(undo);
    mirror_close(m);
}

/* --- all of it: against a chain that keeps every state --- */

struct fixture {
    struct chain chain;
    struct store *store;
    struct ledgers *ledgers;
    uint64_t random;
    struct view *held[6];
};

static uint32_t pick(struct fixture *f, uint32_t below)
{
    f->random = f->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(f->random >> 33) % below;
}

static struct ledgers *ledgers_opened(struct fixture *f)
{
    struct ledgers_opts opts = {
        .store = f->store, .n_cores = 1, .undo_max_ledgers = 20, .waiting_max_bytes = 60000};
    return chain_open_with(opts, "mirror");
}

static void fixture_init(struct fixture *f, uint64_t seed)
{
    *f = (struct fixture){.random = seed};
    chain_init(&f->chain, seed, 5, 0);
    chain_widen(&f->chain, 0);
    f->store = memory_new();
    f->ledgers = ledgers_opened(f);
    chain_load(&f->chain, f->ledgers, 4);
}

static void fixture_deinit(struct fixture *f)
{
    ledgers_close(f->ledgers);
    store_close(f->store);
    chain_deinit(&f->chain);
}

static void drop(struct fixture *f, size_t i)
{
    f->held[i] = view_close(f->held[i]);
}

static void drop_all(struct fixture *f)
{
    for (size_t i = 0; i < 6; i++)
        drop(f, i);
}

/* A key that some ledger changed, mostly a late one; of any view's future or past. */
static struct hash256 changed_key(struct fixture *f)
{
    uint32_t back = pick(f, 4) ? pick(f, 12) : pick(f, (uint32_t)f->chain.n - 1);
    const struct chain_ledger *l = &f->chain.ledgers[f->chain.n - 1 - MIN(back, f->chain.n - 2)];
    struct hash256 key =
        l->n_diff ? l->diff[pick(f, (uint32_t)l->n_diff)].key : chain_key(&f->chain);
    if (pick(f, 8) == 0)
        key.b[31]++;
    return key;
}

static void check_around(struct fixture *f, struct view *v, const struct chain_ledger *want,
                         struct arena *a)
{
    struct hash256 key = changed_key(f), got_key;
    struct slice got;
    struct view_entry page[9];
    size_t n = 0;
    bool exists;
    const struct store_object *here = chain_find(want, &key), *next = chain_after(want, &key);
    err e = view_get(v, &key, a, &got);
    ASSERT_INT(here ? 0 : ERR_NOT_FOUND, e.code);
    if (here)
        ASSERT(slice_eq(here->data, got));
    ASSERT_OK(view_exists(v, &key, &exists));
    ASSERT_INT(here != NULL, exists);
    e = view_next(v, &key, a, &got_key, &got);
    ASSERT_INT(next ? 0 : ERR_NOT_FOUND, e.code);
    if (next)
        ASSERT(hash256_eq(&next->key, &got_key) && slice_eq(next->data, got));
    ASSERT_OK(view_page(v, &key, 9, a, page, &n));
    for (size_t i = 0; i < 9; i++, next = next ? chain_after(want, &next->key) : NULL) {
        ASSERT_INT(next != NULL, i < n);
        if (next)
            ASSERT(hash256_eq(&next->key, &page[i].key) && slice_eq(next->data, page[i].object));
    }
}

static void check_view(struct fixture *f, struct view *v)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    const struct chain_ledger *want = chain_at(&f->chain, view_seq(v));
    ASSERT(hash256_eq(&want->header.hash, &view_header(v)->hash));
    for (int i = 0; i < 12; i++) {
        check_around(f, v, want, a);
        arena_clear(a);
    }
}

static void check_views(struct fixture *f)
{
    struct view *v = NULL;
    for (size_t i = 0; i < 6; i++)
        if (f->held[i])
            check_view(f, f->held[i]);
    ASSERT_OK(view_open(f->ledgers, 0, &v));
    ASSERT_INT(chain_last(&f->chain), view_seq(v));
    check_view(f, v);
    v = view_close(v);
    uint32_t back = MIN(pick(f, 30), chain_last(&f->chain) - 5);
    ASSERT_OK(view_open(f->ledgers, chain_last(&f->chain) - back, &v));
    check_view(f, v);
    view_close(v);
}

static void hold_some(struct fixture *f)
{
    size_t i = pick(f, 6);
    if (f->held[i]) {
        drop(f, i);
        return;
    }
    uint32_t back = pick(f, 2) ? 0 : MIN(pick(f, 10), chain_last(&f->chain) - 5);
    ASSERT_OK(view_open(f->ledgers, back ? chain_last(&f->chain) - back : 0, &f->held[i]));
}

/* A ledger of a source that lies; views are as before, while it is staged, too. */
static void try_wrong(struct fixture *f)
{
    struct apply *b = NULL;
    chain_extend(&f->chain, 1 + pick(f, 60));
    struct chain_ledger *last = &f->chain.ledgers[f->chain.n - 1];
    struct apply_ledger in = chain_apply_ledger(last);
    if (in.n_objects < 2)
        return;
    ASSERT_OK(apply_begin(f->ledgers, &b));
    in.n_objects--;
    err wrong = apply_add(b, &in); /* unless its last change is none */
    in.n_objects++;
    ASSERT(wrong.code == 0 || wrong.code == ERR_VERIFY);
    if (wrong.code)
        ASSERT_OK(apply_add(b, &in));
    for (size_t i = 0; i < 6; i++)
        if (f->held[i])
            check_view(f, f->held[i]);
    apply_abort(b);
}

static void apply_some(struct fixture *f)
{
    uint32_t n = 1 + pick(f, 4);
    while (n--)
        chain_extend(&f->chain, pick(f, 80));
    chain_apply(&f->chain, f->ledgers, chain_last(&f->chain), 1 + pick(f, 3));
}

static void expect_sound(struct fixture *f)
{
    f->ledgers->verified = false;
    f->ledgers->verify.at = HASH256_ZERO;
    for (bool more = true; more;)
        ASSERT_OK(repair_scrub(f->ledgers, CLOCK_NEVER, &more));
    ASSERT(!ledgers_mirror_aside(f->ledgers));
    ASSERT_INT(0, (int64_t)f->ledgers->n_rebuilt);
}

/* After a clean stop, or as after a kill: then nothing is saved at the end. */
static void start_again(struct fixture *f, bool killed)
{
    drop_all(f);
    f->ledgers->nodes_due |= killed;
    ledgers_close(f->ledgers);
    f->ledgers = ledgers_opened(f);
    if (!killed)
        ASSERT_INT(0, (int64_t)versions_waiting_bytes(undo_versions(f->ledgers->undo)));
}

static void live(struct fixture *f, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        hold_some(f);
        if (pick(f, 6) == 0)
            try_wrong(f);
        apply_some(f);
        struct ledgers_stats stats;
        ledgers_get_stats(f->ledgers, &stats);
        ASSERT(stats.waiting_bytes <= 60000);
        check_views(f);
        if (pick(f, 12) == 0)
            expect_sound(f);
        if (pick(f, 15) == 0)
            start_again(f, pick(f, 3) > 0);
    }
}

TEST(every_view_is_right_whatever_is_written)
{
    for (uint64_t seed = 70; seed < 73; seed++) {
        static struct fixture f;
        fixture_init(&f, seed);
        live(&f, 40);
        struct ledgers_stats stats;
        ledgers_get_stats(f.ledgers, &stats);
        ASSERT(stats.reads_mirror > 0 && stats.reads_undo > 0);
        ASSERT(f.ledgers->meta.turn.since < f.ledgers->meta.header.seq);
        expect_sound(&f);
        drop_all(&f);
        fixture_deinit(&f);
    }
}

/* --- readers and the writer at the same time --- */

#define CROWD 3

struct visitor {
    struct fixture f; /* of its own, over the same chain and ledgers */
    _Atomic bool *stop;
    uint32_t n_views;
};

static void *visit(void *arg)
{
    struct visitor *me = arg;
    while (!atomic_load(me->stop) || me->n_views < 10) {
        struct view *tip = NULL, *recent = NULL;
        ASSERT_OK(view_open(me->f.ledgers, 0, &tip));
        uint32_t back = MIN(pick(&me->f, 8), view_seq(tip) - 5);
        ASSERT_OK(view_open(me->f.ledgers, view_seq(tip) - back, &recent));
        for (uint32_t i = pick(&me->f, 4); i < 4; i++) {
            check_view(&me->f, tip);
            check_view(&me->f, recent);
        }
        view_close(tip);
        check_view(&me->f, recent);
        view_close(recent);
        me->n_views++;
    }
    return NULL;
}

TEST(readers_are_right_while_slices_are_written)
{
    static struct fixture f;
    static struct visitor visitors[CROWD];
    static _Atomic bool stop;
    pthread_t threads[CROWD];
    fixture_init(&f, 75);
    for (int i = 0; i < 100; i++)
        chain_extend(&f.chain, 40);
    for (uint32_t i = 0; i < CROWD; i++) {
        visitors[i] = (struct visitor){.f = f, .stop = &stop};
        visitors[i].f.random = i;
        ASSERT_INT(0, pthread_create(&threads[i], NULL, visit, &visitors[i]));
    }
    chain_apply(&f.chain, f.ledgers, chain_last(&f.chain), 1);
    atomic_store(&stop, true);
    for (uint32_t i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    ASSERT(f.ledgers->meta.turn.since < f.ledgers->meta.header.seq);
    expect_sound(&f);
    fixture_deinit(&f);
}
