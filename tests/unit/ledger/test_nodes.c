/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/nodes.h"

#include "base/mem.h"
#include "ledger/mirror_object.h"
#include "ledger/tree.h"
#include "powercut.h"
#include "test.h"

#include <stdlib.h>

static struct mirror *opened(const char *name)
{
    char path[256];
    struct mirror *m = NULL;
    snprintf(path, sizeof path, "%s/%s", test_dir(), name);
    struct mirror_opts opts = {.path = path, .max_readers = 4};
    ASSERT_OK(mirror_open(&opts, &m));
    ASSERT_INT(0, mdb_env_set_flags(m->env, MDB_NOSYNC, 1)); /* bytes are counted, no power fails */
    return m;
}

static MDB_txn *begun(struct mirror *m)
{
    MDB_txn *txn = NULL;
    ASSERT_OK(mirror_write_begin(m, &txn));
    return txn;
}

/* --- staged, committed, stored --- */

static struct fold_node node_of(uint8_t content)
{
    struct fold_node node = {.present = 1u << 3, .counts[3] = content};
    memset(node.hashes[3].b, content, 32);
    return node;
}

static uint32_t content(const struct nodes *n, MDB_txn *txn, bool committed, uint32_t depth)
{
    struct fold_node node;
    struct hash256 key = {{0xAB, 0xCD, 0xEF}};
    err e = committed ? nodes_get_committed(n, txn, depth, &key, &node)
                      : nodes_get(n, txn, depth, &key, &node);
    return e.code ? 0 : node.counts[3];
}

static void put(struct nodes *n, MDB_txn *txn, uint32_t depth, uint8_t what)
{
    struct hash256 key = {{0xAB, 0xCD, 0xEF}};
    struct fold_node node = node_of(what);
    if (what)
        ASSERT_OK(nodes_put(n, txn, depth, &key, &node));
    else
        nodes_remove(n, depth, &key);
}

TEST(what_is_staged_is_forgotten_or_stays)
{
    struct mirror *m = opened("m");
    struct nodes *n = nodes_new(m, NODES_MAX_BYTES);
    MDB_txn *txn = begun(m);
    put(n, txn, 3, 5);
    ASSERT_INT(5, content(n, txn, false, 3));
    ASSERT_INT(0, content(n, txn, true, 3));
    put(n, txn, 3, 6);
    nodes_aborted(n);
    ASSERT_INT(0, content(n, txn, false, 3));
    ASSERT_INT(0, (int64_t)nodes_bytes(n));
    put(n, txn, 3, 7);
    nodes_committed(n);
    uint64_t bytes = nodes_bytes(n);
    put(n, txn, 3, 8);
    put(n, txn, 4, 9);
    ASSERT_INT(8, content(n, txn, false, 3));
    ASSERT_INT(7, content(n, txn, true, 3));
    nodes_aborted(n);
    ASSERT_INT(7, content(n, txn, false, 3));
    ASSERT_INT((int64_t)bytes, (int64_t)nodes_bytes(n));
    put(n, txn, 3, 0);
    ASSERT_INT(0, content(n, txn, false, 3));
    ASSERT_INT(7, content(n, txn, true, 3));
    nodes_committed(n);
    ASSERT_INT(0, content(n, txn, true, 3));
    mdb_txn_abort(txn);
    nodes_free(n);
    mirror_close(m);
}

/* No other nodes: the tree is narrow, and stored whole. */
TEST(what_is_stored_is_in_the_file_and_not_in_memory)
{
    struct mirror *m = opened("m");
    struct nodes *n = nodes_new(m, NODES_MAX_BYTES);
    uint32_t since = 0;
    MDB_txn *txn = begun(m);
    put(n, txn, 0, 1);
    put(n, txn, 3, 5);
    ASSERT_OK(nodes_store(n, txn, 77, 1, &since));
    mdb_txn_abort(txn);
    nodes_aborted(n); /* the commit failed */
    txn = begun(m);
    ASSERT_INT(0, content(n, txn, false, 3));
    put(n, txn, 0, 1);
    put(n, txn, 3, 5);
    put(n, txn, 5, 4);
    put(n, txn, 5, 0);
    ASSERT_OK(nodes_store(n, txn, 77, 1, &since));
    ASSERT_INT(77, since);
    ASSERT_OK(mirror_write_commit(m, txn));
    nodes_committed(n);
    ASSERT_INT(0, (int64_t)nodes_bytes(n));
    txn = begun(m);
    ASSERT_INT(5, content(n, txn, true, 3));
    ASSERT_INT(0, content(n, txn, true, 5));
    ASSERT_OK(nodes_clear(n, txn));
    ASSERT_INT(0, content(n, txn, true, 3));
    mdb_txn_abort(txn);
    nodes_free(n);
    mirror_close(m);
}

/* --- what is written --- */

#define OBJECTS 160000
#define CHANGES 60
#define OBJECT_BYTES 100

/* A small likeness of a large state: three levels of kept nodes, 4,000 at the last. */
struct world {
    struct mirror *mirror;
    struct nodes *nodes;
    struct tree *tree;
    struct hash256 *keys; /* ascending */
    uint64_t random;
    uint32_t seq, since;
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

static void put_object(struct world *w, MDB_txn *txn, const struct hash256 *key, unsigned flags)
{
    uint8_t bytes[OBJECT_BYTES] = {0};
    uint64_t content = next_random(w);
    memcpy(bytes, &content, sizeof content);
    ASSERT_INT(0, mirror_object_put(w->mirror, txn, key, slice_of(bytes, sizeof bytes), flags));
}

static void world_init(struct world *w, const char *name, uint64_t max_bytes)
{
    *w = (struct world){.mirror = opened(name), .random = 5, .seq = 100};
    w->nodes = nodes_new(w->mirror, max_bytes);
    w->tree = tree_new(w->mirror, w->nodes);
    w->keys = xmalloc(OBJECTS * sizeof *w->keys);
    for (size_t i = 0; i < OBJECTS; i++)
        for (size_t b = 0; b < 32; b += 8) {
            uint64_t v = next_random(w);
            memcpy(w->keys[i].b + b, &v, 8);
        }
    qsort(w->keys, OBJECTS, sizeof *w->keys, key_order);
    MDB_txn *txn = begun(w->mirror);
    for (size_t i = 0; i < OBJECTS; i++)
        put_object(w, txn, &w->keys[i], MDB_APPEND);
    ASSERT_OK(tree_build(w->tree, txn, NULL, &w->root));
    ASSERT_OK(mirror_write_commit(w->mirror, txn));
}

static void world_deinit(struct world *w)
{
    tree_free(w->tree);
    nodes_free(w->nodes);
    mirror_close(w->mirror);
    free(w->keys);
}

static void change(struct world *w, bool with_tree)
{
    struct hash256 keys[CHANGES];
    size_t n = 0;
    for (size_t i = 0; i < CHANGES; i++)
        keys[i] = w->keys[next_random(w) % OBJECTS];
    qsort(keys, CHANGES, sizeof *keys, key_order);
    MDB_txn *txn = begun(w->mirror);
    for (size_t i = 0; i < CHANGES; i++)
        if (n == 0 || !hash256_eq(&keys[i], &keys[n - 1])) {
            put_object(w, txn, &keys[i], 0);
            keys[n++] = keys[i];
        }
    w->seq++;
    if (with_tree) {
        ASSERT_OK(tree_update(w->tree, txn, keys, n, &w->root));
        ASSERT_OK(nodes_store(w->nodes, txn, w->seq, 1, &w->since));
    }
    ASSERT_OK(mirror_write_commit(w->mirror, txn));
    if (with_tree)
        nodes_committed(w->nodes);
}

/* Bytes that a ledger has written, in the mean. */
static uint64_t measure(struct world *w, int n, bool with_tree)
{
    uint64_t before = powercut_written;
    for (int i = 0; i < n; i++)
        change(w, with_tree);
    return (powercut_written - before) / (uint64_t)n;
}

/* By as much as the tree is written less often. */
TEST(a_ledger_writes_little_of_the_tree)
{
    struct world late, whole;
    world_init(&late, "late", NODES_MAX_BYTES);
    world_init(&whole, "whole", 0);
    measure(&late, 300, true);
    measure(&whole, 300, true);
    ASSERT_INT(256, late.seq - late.since + 1);
    ASSERT_INT(0, whole.seq - whole.since);
    ASSERT(hash256_eq(&late.root, &whole.root));
    uint64_t with_late = measure(&late, 100, true), with_whole = measure(&whole, 100, true);
    ASSERT(hash256_eq(&late.root, &whole.root));
    uint64_t objects = measure(&late, 100, false);
    fprintf(stderr, "bytes a ledger: objects %llu, tree whole %llu, late %llu\n",
            (unsigned long long)objects, (unsigned long long)(with_whole - objects),
            (unsigned long long)(with_late - objects));
    ASSERT(with_whole > objects + CHANGES * 4096);
    ASSERT((with_late - objects) * 4 < with_whole - objects);
    world_deinit(&late);
    world_deinit(&whole);
}

/* The file and what is said of it, in memory and without: the same tree. */
TEST(memory_is_bounded_and_the_file_can_be_completed)
{
    struct world w;
    struct fold_node node;
    world_init(&w, "m", 300000);
    uint32_t most = 0;
    for (int i = 0; i < 120; i++) {
        change(&w, true);
        ASSERT(nodes_bytes(w.nodes) <= 300000);
        most = w.seq - w.since > most ? w.seq - w.since : most;
    }
    ASSERT(most > 5 && most < 100);
    MDB_txn *txn = begun(w.mirror);
    ASSERT_OK(nodes_begin(w.nodes, txn, w.since));
    ASSERT_INT(0, (int64_t)nodes_bytes(w.nodes));
    ASSERT_OK(nodes_get(w.nodes, txn, 0, &HASH256_ZERO, &node));
    struct hash256 stored = digest_inner(node.hashes), root;
    ASSERT(hash256_eq(&stored, &w.root)); /* the root is up to date; what is below it is not, */
    ASSERT_OK(tree_update(w.tree, txn, w.keys, OBJECTS, &root)); /* until it is hashed again */
    ASSERT(hash256_eq(&w.root, &root));
    mdb_txn_abort(txn);
    world_deinit(&w);
}
