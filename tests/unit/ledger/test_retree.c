/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/retree.h"

#include "chain.h"
#include "ledger/compact.h"
#include "ledger/mirror_follow.h"
#include "ledger/repair.h"
#include "proxy.h"
#include "rt/clock.h"
#include "store/memory.h"
#include "test.h"

#include <time.h>

struct fixture {
    struct chain chain;
    struct store *store;
    struct proxy proxy;
    struct ledgers *ledgers;
    bool lazy;
};

static struct ledgers *opened(struct fixture *f)
{
    struct ledgers_opts opts = {.store = &f->proxy.base,
                                .n_cores = 1,
                                .lazy_undo = true,
                                .lazy_repair = f->lazy,
                                .compact_min_bytes = 1};
    return chain_open_with(opts, "mirror");
}

static void fixture_init(struct fixture *f, uint64_t seed)
{
    *f = (struct fixture){0};
    chain_init(&f->chain, seed, 5, 0);
    chain_widen(&f->chain, 0);
    f->store = memory_new();
    proxy_init(&f->proxy, f->store);
    f->ledgers = opened(f);
    chain_load(&f->chain, f->ledgers, 4);
}

static void fixture_deinit(struct fixture *f)
{
    ledgers_close(f->ledgers);
    store_close(f->store);
    chain_deinit(&f->chain);
}

static void apply_some(struct fixture *f, int n, size_t n_changes, size_t per_batch)
{
    for (int i = 0; i < n; i++)
        chain_extend(&f->chain, n_changes);
    chain_apply(&f->chain, f->ledgers, chain_last(&f->chain), per_batch);
}

/* A ledger that the history gets and the mirror does not. */
static void extend_history(struct fixture *f, size_t n_changes)
{
    chain_extend(&f->chain, n_changes);
    const struct chain_ledger *last = &f->chain.ledgers[f->chain.n - 1];
    struct store_ledger written = {.header = last->header,
                                   .objects = last->diff,
                                   .n_objects = last->n_diff,
                                   .unnamed = last->unnamed,
                                   .n_unnamed = last->n_diff};
    ASSERT_OK(store_write(f->store, &written, 1));
}

/* As after a kill: nothing is saved at the end. */
static void start_again(struct fixture *f)
{
    f->ledgers->nodes_due = true;
    ledgers_close(f->ledgers);
    f->ledgers = opened(f);
}

static uint32_t behind(const struct fixture *f)
{
    return f->ledgers->meta.header.seq - f->ledgers->meta.turn.since;
}

/* Every object and every kept hash. */
static void expect_sound(struct fixture *f)
{
    f->ledgers->verified = false;
    f->ledgers->verify.at = HASH256_ZERO;
    for (bool more = true; more;)
        ASSERT_OK(repair_scrub(f->ledgers, CLOCK_NEVER, &more));
    ASSERT(!ledgers_mirror_aside(f->ledgers));
    struct view *v = NULL;
    uint64_t random = 3;
    ASSERT_OK(view_open(f->ledgers, 0, &v));
    ASSERT_INT(chain_last(&f->chain), view_seq(v));
    chain_probe(&f->chain, v, &random, 50);
    view_close(v);
    ASSERT_INT(0, (int64_t)f->ledgers->n_rebuilt);
}

TEST(a_stop_leaves_nothing_to_hash_again)
{
    struct fixture f;
    fixture_init(&f, 40);
    for (int i = 0; i < 4; i++) {
        apply_some(&f, 5, 40, 2);
        ASSERT(behind(&f) > 0);
        ledgers_close(f.ledgers);
        f.ledgers = opened(&f);
        ASSERT_INT(0, behind(&f));
        ASSERT_INT(0, (int64_t)nodes_bytes(f.ledgers->nodes));
        expect_sound(&f);
    }
    fixture_deinit(&f);
}

/* It answers at once, and hashes when there is something to do. */
TEST(a_server_that_was_killed_hashes_later)
{
    struct fixture f;
    fixture_init(&f, 39);
    f.lazy = true;
    for (int i = 0; i < 4; i++) {
        apply_some(&f, 5, 40, 1);
        start_again(&f);
        ASSERT(f.ledgers->nodes_due);
        ASSERT_INT(0, (int64_t)nodes_bytes(f.ledgers->nodes));
        struct view *v = NULL;
        uint64_t random = 3;
        ASSERT_OK(view_open(f.ledgers, 0, &v));
        chain_probe(&f.chain, v, &random, 50);
        view_close(v);
        if (i % 2) {
            expect_sound(&f);
            ASSERT(!f.ledgers->nodes_due);
        }
    }
    start_again(&f);
    start_again(&f);
    f.proxy.short_diff = true;
    chain_extend(&f.chain, 40);
    struct apply *b = NULL;
    ASSERT_OK(apply_begin(f.ledgers, &b)); /* the mirror is made anew on the way */
    apply_abort(b);
    f.proxy.short_diff = false;
    ASSERT_INT(1, (int64_t)f.ledgers->n_rebuilt);
    f.ledgers->n_rebuilt = 0;
    chain_apply(&f.chain, f.ledgers, chain_last(&f.chain), 1);
    expect_sound(&f);
    fixture_deinit(&f);
}

TEST(a_start_goes_on_from_nodes_of_older_ledgers)
{
    struct fixture f;
    fixture_init(&f, 41);
    uint32_t most = 0;
    for (int i = 0; i < 12; i++) {
        apply_some(&f, 1 + i % 4 * 3, 40, 1 + (size_t)i % 3);
        most = behind(&f) > most ? behind(&f) : most;
        ASSERT_INT(behind(&f) > 0, nodes_bytes(f.ledgers->nodes) > 0);
        start_again(&f);
        expect_sound(&f);
    }
    ASSERT(most > 20);
    fixture_deinit(&f);
}

/* A ledger that does not verify, a stage given up: nothing of it stays in memory. */
TEST(what_was_given_up_leaves_no_nodes)
{
    struct fixture f;
    fixture_init(&f, 43);
    apply_some(&f, 5, 40, 1);
    for (int i = 0; i < 5; i++) {
        struct apply *b = NULL;
        chain_extend(&f.chain, 60);
        struct apply_ledger in = chain_apply_ledger(chain_at(&f.chain, chain_last(&f.chain)));
        in.n_objects--;
        ASSERT_OK(apply_begin(f.ledgers, &b));
        ASSERT_ERR(ERR_VERIFY, apply_add(b, &in));
        in.n_objects++;
        ASSERT_OK(apply_add(b, &in));
        uint64_t bytes = nodes_bytes(f.ledgers->nodes);
        if (i % 2) {
            apply_abort(b);
            ASSERT(nodes_bytes(f.ledgers->nodes) < bytes);
            chain_apply(&f.chain, f.ledgers, chain_last(&f.chain), 1);
        } else {
            ASSERT_OK(apply_commit(b));
        }
        expect_sound(&f);
    }
    start_again(&f);
    expect_sound(&f);
    fixture_deinit(&f);
}

/* The tree loses a node at depth 2, and gets it back. */
TEST(a_tree_that_gets_narrow_is_written_whole)
{
    struct fixture f;
    fixture_init(&f, 44);
    apply_some(&f, 9, 40, 1);
    ASSERT(behind(&f) > 0);
    struct chain_ledger *before = &f.chain.ledgers[f.chain.n - 1];
    static struct store_object all[100];
    size_t n = 0;
    for (size_t i = 0; i < before->n && n < 100; i++)
        if (before->objects[i].key.b[0] == 0x37)
            all[n++] = before->objects[i];
    for (int back = 0; back < 2; back++) {
        for (size_t i = 0; i < n; i += 5) {
            struct store_object some[5];
            size_t n_some = MIN(n - i, (size_t)5);
            for (size_t k = 0; k < n_some; k++)
                some[k] =
                    (struct store_object){all[i + k].key, back ? all[i + k].data : SLICE_EMPTY};
            chain_extend_with(&f.chain, some, n_some);
            chain_apply(&f.chain, f.ledgers, chain_last(&f.chain), 1);
            if (i % 3 == 0)
                start_again(&f);
            expect_sound(&f);
        }
        ASSERT_INT(!back, behind(&f) == 0);
        apply_some(&f, 3, 10, 1);
        start_again(&f);
        expect_sound(&f);
    }
    fixture_deinit(&f);
}

/* --- what may go wrong --- */

/* It may be another machine, and back in a minute: nothing is thrown away. Views read it meanwhile.
 */
TEST(a_history_that_does_not_answer_is_asked_again)
{
    struct fixture f;
    fixture_init(&f, 45);
    apply_some(&f, 7, 40, 1);
    f.proxy.fail_diff = true;
    start_again(&f);
    ASSERT(f.ledgers->nodes_due && f.ledgers->views_wait);
    ASSERT_ERR(ERR_BUSY, apply_ready(f.ledgers));
    struct view *v = NULL;
    uint64_t random = 3;
    ASSERT_OK(view_open(f.ledgers, 0, &v));
    ASSERT(view_is_old(v));
    chain_probe(&f.chain, v, &random, 50);
    view_close(v);
    struct apply *b = NULL;
    for (int i = 0; i < 10; i++)
        ASSERT_ERR(ERR_BUSY, apply_begin(f.ledgers, &b));
    ASSERT(!ledgers_mirror_aside(f.ledgers));
    /* nor does a server that starts wait for it, with ledgers to be followed */
    extend_history(&f, 5);
    f.lazy = true;
    start_again(&f);
    ASSERT_OK(view_open(f.ledgers, 0, &v));
    ASSERT(view_is_old(v));
    chain_probe(&f.chain, v, &random, 50);
    view_close(v);
    f.proxy.fail_diff = false;
    ASSERT_OK(apply_ready(f.ledgers));
    ASSERT_OK(mirror_follow(f.ledgers, 0));
    expect_sound(&f);
    ASSERT(!f.ledgers->views_wait);
    ASSERT_OK(view_open(f.ledgers, 0, &v));
    ASSERT(!view_is_old(v));
    view_close(v);
    apply_some(&f, 7, 40, 1);
    ASSERT(behind(&f) > 0);
    start_again(&f);
    expect_sound(&f);
    fixture_deinit(&f);
}

struct heard {
    uint32_t first, last;
    bool in_order;
};

static void hear(void *arg, const struct ledger_header *header)
{
    struct heard *h = arg;
    uint32_t seq = header->seq;
    h->in_order = h->in_order && (h->last == 0 || seq == h->last + 1);
    h->first = h->first ? h->first : seq;
    h->last = seq;
}

/* Nor for ledgers that the history has got and the mirror has not: they become visible, and known,
 * one after the other when the apply thread has brought the mirror up. */
TEST(a_server_that_was_killed_and_is_behind_answers_at_once)
{
    struct fixture f;
    fixture_init(&f, 46);
    f.lazy = true;
    apply_some(&f, 7, 40, 1);
    uint32_t before = chain_last(&f.chain);
    for (int i = 0; i < 5; i++)
        extend_history(&f, 20);
    f.proxy.n_diffs = 0;
    start_again(&f);
    ASSERT_INT(0, f.proxy.n_diffs);
    struct view *v = NULL;
    uint64_t random = 3;
    ASSERT_OK(view_open(f.ledgers, 0, &v));
    ASSERT_INT(before, view_seq(v));
    chain_probe(&f.chain, v, &random, 50);
    view_close(v);
    struct heard h = {.in_order = true};
    ledgers_on_published(f.ledgers, hear, &h);
    ASSERT_OK(mirror_follow(f.ledgers, 0));
    ASSERT(h.in_order && h.first == before + 1 && h.last == before + 5);
    ledgers_off_published(f.ledgers, hear, &h);
    expect_sound(&f);
    fixture_deinit(&f);
}

/* Once, and it is sound now. */
static void was_rebuilt(struct fixture *f)
{
    ASSERT_INT(1, (int64_t)f->ledgers->n_rebuilt);
    f->ledgers->n_rebuilt = 0;
    expect_sound(f);
}

/* Read from the history, an object that it gives otherwise does not count. */
TEST(a_history_that_gives_other_objects_is_not_believed)
{
    struct fixture f;
    fixture_init(&f, 48);
    f.lazy = true;
    apply_some(&f, 7, 40, 1);
    start_again(&f);
    f.proxy.spoil_objects = 1;
    ASSERT_ERR(ERR_IO, retree_due(f.ledgers));
    ASSERT(ledgers_mirror_aside(f.ledgers));
    f.proxy.spoil_objects = 0;
    ASSERT_OK(mirror_follow(f.ledgers, 0));
    was_rebuilt(&f);
    fixture_deinit(&f);
}

/* The one change of its slice, under nodes of which no other is hashed again. */
TEST(a_single_change_that_is_left_out_is_missed)
{
    struct fixture f;
    fixture_init(&f, 49);
    apply_some(&f, 1, 40, 1);
    start_again(&f);
    ledgers_close(f.ledgers);
    f.ledgers = opened(&f);
    ASSERT_INT(0, behind(&f));
    const struct chain_ledger *l = chain_at(&f.chain, chain_last(&f.chain));
    struct store_object two[2] = {l->objects[l->n / 3], l->objects[l->n / 2]};
    two[0].data = two[1].data = SLICE_EMPTY;
    ASSERT(two[0].key.b[0] != two[1].key.b[0]);
    chain_extend_with(&f.chain, two, 2);
    chain_apply(&f.chain, f.ledgers, chain_last(&f.chain), 1);
    ASSERT_INT(1, behind(&f));
    f.proxy.short_diff = true;
    f.lazy = true; /* before anything else looks for damage */
    start_again(&f);
    ASSERT_ERR(ERR_IO, retree_due(f.ledgers));
    f.proxy.short_diff = false;
    ASSERT_OK(mirror_follow(f.ledgers, 0));
    was_rebuilt(&f);
    fixture_deinit(&f);
}

TEST(a_history_that_leaves_out_changes_is_not_believed)
{
    struct fixture f;
    fixture_init(&f, 46);
    apply_some(&f, 7, 40, 1);
    f.proxy.short_diff = true;
    start_again(&f);
    ASSERT_INT(1, (int64_t)f.ledgers->n_rebuilt);
    f.proxy.short_diff = false;
    f.ledgers->n_rebuilt = 0;
    expect_sound(&f);
    fixture_deinit(&f);
}

/* Does the next start, or what looks for damage after it, find that a node of the file has rotted?
 */
static bool rots(int round)
{
    struct fixture f;
    fixture_init(&f, 50 + (uint64_t)round);
    apply_some(&f, 9, 20, 1);
    struct mirror *m = f.ledgers->mirror;
    MDB_txn *txn = NULL;
    MDB_cursor *c = NULL;
    MDB_val key, value;
    uint8_t copy[1024];
    ASSERT_OK(mirror_write_begin(m, &txn));
    ASSERT_INT(0, mdb_cursor_open(txn, m->tree, &c));
    ASSERT_INT(0, mdb_cursor_get(c, &key, &value, MDB_FIRST));
    for (int i = 0; i < 17 + 40 * round; i++)
        ASSERT_INT(0, mdb_cursor_get(c, &key, &value, MDB_NEXT));
    memcpy(copy, value.mv_data, value.mv_size);
    copy[value.mv_size - 1 - 36 * (size_t)round] ^= 1;
    value.mv_data = copy;
    ASSERT_INT(0, mdb_cursor_put(c, &key, &value, MDB_CURRENT));
    mdb_cursor_close(c);
    ASSERT_OK(mirror_write_commit(m, txn));
    start_again(&f);
    bool more = true;
    while (more && !ledgers_mirror_aside(f.ledgers))
        (void)apply_check(f.ledgers, CLOCK_NEVER / 2, &more).code;
    ASSERT_OK(mirror_follow(f.ledgers, 0));
    bool found = f.ledgers->n_rebuilt == 1;
    f.ledgers->n_rebuilt = 0;
    expect_sound(&f);
    apply_some(&f, 3, 40, 1);
    expect_sound(&f);
    fixture_deinit(&f);
    return found;
}

/* Unless the hash is one that was made anew anyhow; then it does no harm. */
TEST(rotten_hashes_in_the_file_are_found_at_the_start)
{
    int n_found = 0;
    for (int round = 0; round < 5; round++)
        n_found += rots(round);
    ASSERT(n_found >= 3);
}

/* The copy is of an older ledger, with nodes of still older ones. */
TEST(a_copy_of_the_file_gets_its_nodes)
{
    struct fixture f;
    fixture_init(&f, 47);
    for (int i = 0; i < 3; i++) {
        struct view *v = NULL;
        ASSERT_OK(view_open(f.ledgers, 0, &v));
        do { /* the file grows */
            apply_some(&f, 30, 60, 1);
            compact_hurry(f.ledgers);
            ASSERT_OK(compact_tend(f.ledgers));
        } while (f.ledgers->compact == NULL && chain_last(&f.chain) < 2000);
        view_close(v);
        ASSERT(f.ledgers->compact != NULL);
        apply_some(&f, 5, 40, 1);
        while (f.ledgers->compact) {
            nanosleep(&(struct timespec){0, 1000000}, NULL);
            ASSERT_OK(compact_tend(f.ledgers));
        }
        ASSERT(behind(&f) > 0);
        expect_sound(&f);
        if (i % 2)
            start_again(&f);
        expect_sound(&f);
    }
    fixture_deinit(&f);
}
