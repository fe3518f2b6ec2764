/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/nodes.h"

#include "mirrors.h"
#include "test.h"

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
    struct mirror *m = mirrors_open("m");
    struct nodes *n = nodes_new(m);
    MDB_txn *txn = mirrors_begin(m);
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

static bool store_all(struct nodes *n, MDB_txn *txn)
{
    bool wide;
    uint64_t bytes;
    ASSERT_OK(nodes_store_top(n, txn, &wide));
    for (uint32_t i = 0; i < NODES_SLICES; i++)
        ASSERT_OK(nodes_store_slice(n, txn, i, &bytes));
    return wide;
}

/* No other nodes: the tree is narrow. */
TEST(what_is_stored_is_in_the_file_and_not_in_memory)
{
    struct mirror *m = mirrors_open("m");
    struct nodes *n = nodes_new(m);
    uint64_t bytes;
    MDB_txn *txn = mirrors_begin(m);
    put(n, txn, 0, 1);
    put(n, txn, 3, 5);
    ASSERT(!store_all(n, txn));
    mdb_txn_abort(txn);
    nodes_aborted(n); /* the commit failed */
    txn = mirrors_begin(m);
    ASSERT_INT(0, content(n, txn, false, 3));
    put(n, txn, 0, 1);
    put(n, txn, 3, 5);
    put(n, txn, 5, 4);
    put(n, txn, 5, 0);
    ASSERT(!store_all(n, txn));
    ASSERT_OK(mirror_write_commit(m, txn));
    nodes_committed(n);
    ASSERT_INT(0, (int64_t)nodes_bytes(n));
    txn = mirrors_begin(m);
    ASSERT_INT(5, content(n, txn, true, 3));
    ASSERT_INT(0, content(n, txn, true, 5));
    put(n, txn, 3, 6); /* of slice 0xAB */
    ASSERT_OK(nodes_store_slice(n, txn, 0xAA, &bytes));
    ASSERT_INT(0, (int64_t)bytes);
    nodes_committed(n);
    ASSERT(nodes_bytes(n) > 0);
    ASSERT_OK(nodes_store_slice(n, txn, 0xAB, &bytes));
    ASSERT_INT((int64_t)nodes_bytes(n), (int64_t)bytes);
    nodes_committed(n);
    ASSERT_INT(0, (int64_t)nodes_bytes(n));
    ASSERT_OK(nodes_clear(n, txn));
    ASSERT_INT(0, content(n, txn, true, 3));
    mdb_txn_abort(txn);
    nodes_free(n);
    mirror_close(m);
}
