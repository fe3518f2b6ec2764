/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tree.h"

#include "base/mem.h"
#include "chain.h"
#include "ledger/mirror_object.h"
#include "test.h"

#include <stdlib.h>

struct fixture {
    struct mirror *mirror;
    struct nodes *nodes;
    struct tree *tree;
    struct versions *versions;
};

static void fixture_init(struct fixture *f)
{
    struct mirror_opts opts = {.path = test_dir(), .max_readers = 16};
    ASSERT_OK(mirror_open(&opts, &f->mirror));
    f->nodes = nodes_new(f->mirror);
    f->versions = versions_new(1);
    f->tree = tree_new(f->mirror, f->nodes, f->versions);
}

static void fixture_deinit(struct fixture *f)
{
    tree_free(f->tree);
    versions_free(f->versions);
    nodes_free(f->nodes);
    mirror_close(f->mirror);
}

static void put_objects(struct fixture *f, MDB_txn *txn, const struct store_object *objects,
                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        MDB_val key = mirror_val(hash256_slice(&objects[i].key));
        if (objects[i].data.n)
            ASSERT_INT(0, mirror_object_put(f->mirror, txn, &objects[i].key, objects[i].data, 0));
        else
            (void)mdb_del(txn, f->mirror->state, &key, NULL);
    }
}

static size_t n_kept(struct fixture *f, MDB_txn *txn)
{
    MDB_stat stat;
    ASSERT_INT(0, mdb_stat(txn, f->mirror->tree, &stat));
    return stat.ms_entries;
}

/* Put these in, update, and compare with a tree made at once. */
static void step(struct fixture *f, const struct store_object *objects, size_t n,
                 const struct chain_ledger *want)
{
    struct hash256 *keys = xmalloc((n + 1) * sizeof *keys), root, built;
    for (size_t i = 0; i < n; i++)
        keys[i] = objects[i].key;
    MDB_txn *txn = NULL;
    ASSERT_OK(mirror_write_begin(f->mirror, &txn));
    put_objects(f, txn, objects, n);
    ASSERT_OK(tree_update(f->tree, txn, keys, n, &root));
    uint64_t count = 0;
    uint64_t bytes;
    bool wide;
    ASSERT_OK(nodes_store_top(f->nodes, txn, &wide));
    for (uint32_t i = 0; i < NODES_SLICES; i++)
        ASSERT_OK(nodes_store_slice(f->nodes, txn, i, &bytes));
    ASSERT_OK(tree_count(f->mirror, txn, &count));
    ASSERT_OK(mirror_write_commit(f->mirror, txn));
    nodes_committed(f->nodes);
    free(keys);
    if (want == NULL)
        return;
    ASSERT(hash256_eq(&want->header.state_hash, &root));
    ASSERT_INT(want->n, count);
    ASSERT_OK(mirror_write_begin(f->mirror, &txn));
    ASSERT_OK(tree_build(f->tree, txn, NULL, &built));
    ASSERT(hash256_eq(&built, &root));
    mdb_txn_abort(txn); /* go on with what the updates made */
}

TEST(root_follows_random_changes)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct fixture f;
        fixture_init(&f);
        ASSERT_OK(mirror_clear(f.mirror));
        struct chain c;
        chain_init(&c, seed, 1, 500 * (seed - 1));
        step(&f, c.ledgers[0].objects, c.ledgers[0].n, &c.ledgers[0]);
        for (int i = 0; i < 60; i++) {
            chain_extend(&c, 1 + chain_random(&c, 100));
            const struct chain_ledger *l = &c.ledgers[c.n - 1];
            step(&f, l->diff, l->n_diff, l);
        }
        fixture_deinit(&f);
        chain_deinit(&c);
    }
}

/* Grow one by one across the split threshold, then shrink to nothing. */
TEST(slots_split_and_merge)
{
    struct fixture f;
    fixture_init(&f);
    struct chain c;
    chain_init(&c, 9, 1, 1500);
    const struct chain_ledger *all = &c.ledgers[0];
    size_t most = 0;
    for (size_t i = 0; i < all->n; i += 3) {
        size_t n = MIN((size_t)3, all->n - i);
        step(&f, all->objects + i, n, i + n == all->n ? all : NULL);
    }
    MDB_txn *txn = NULL;
    ASSERT_OK(mirror_write_begin(f.mirror, &txn));
    most = n_kept(&f, txn);
    mdb_txn_abort(txn);
    ASSERT(most > 20);
    struct chain_ledger left = *all;
    while (left.n) {
        size_t n = MIN((size_t)(1 + chain_random(&c, 40)), left.n);
        struct store_object gone[41];
        for (size_t i = 0; i < n; i++)
            gone[i] = (struct store_object){left.objects[i].key, SLICE_EMPTY};
        left.objects += n;
        left.n -= n;
        struct digest_leaf *leaves = xmalloc((left.n + 1) * sizeof *leaves);
        for (size_t i = 0; i < left.n; i++) {
            leaves[i].key = left.objects[i].key;
            leaves[i].hash = digest_state_leaf(left.objects[i].data, &leaves[i].key);
        }
        left.header.state_hash = digest_tree_root(leaves, left.n);
        free(leaves);
        step(&f, gone, n, &left);
    }
    ASSERT_OK(mirror_write_begin(f.mirror, &txn));
    ASSERT_INT(1, n_kept(&f, txn)); /* the root */
    mdb_txn_abort(txn);
    fixture_deinit(&f);
    chain_deinit(&c);
}

TEST(damaged_nodes_are_found)
{
    struct fixture f;
    fixture_init(&f);
    struct chain c;
    chain_init(&c, 3, 1, 400);
    step(&f, c.ledgers[0].objects, c.ledgers[0].n, &c.ledgers[0]);
    MDB_txn *txn = NULL;
    ASSERT_OK(mirror_write_begin(f.mirror, &txn));
    MDB_val key = {2, "\0"}, value = {5, "abcde"};
    key.mv_size = 1; /* the root's */
    ASSERT_INT(0, mdb_put(txn, f.mirror->tree, &key, &value, 0));
    struct hash256 root;
    ASSERT_ERR(ERR_CORRUPT, tree_update(f.tree, txn, &c.ledgers[0].objects[0].key, 1, &root));
    mdb_txn_abort(txn);
    fixture_deinit(&f);
    chain_deinit(&c);
}
