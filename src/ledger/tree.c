/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tree.h"

#include "base/mem.h"
#include "ledger/leaf.h"
#include "ledger/merged.h"
#include "ledger/mirror_object.h"

#include <stdlib.h>

#define BUILD_BATCH 256

/* A slot that has to be hashed again: its leaves stand in the leaf list. */
struct tree_slot {
    size_t first;
    size_t n;
};

/* Work is done in two passes over the kept nodes above the changed keys: the first reads nodes and
 * leaves, then all leaves are hashed at once, then the second folds and writes. Both passes meet
 * nodes and slots in the same order. */
struct tree {
    struct mirror *mirror;
    struct nodes *kept;
    const struct versions *versions;
    bool building; /* nodes go straight into the file */
    MDB_txn *txn;
    MDB_cursor *cursor; /* on state */
    const struct hash256 *keys;
    struct leaf_list leaves;
    struct fold_node *nodes;
    size_t n_nodes, cap_nodes, next_node;
    struct tree_slot *slots;
    size_t n_slots, cap_slots, next_slot;
    struct fold fold;
};

static err keep(void *arg, uint32_t depth, const struct hash256 *key, const struct fold_node *node)
{
    struct tree *t = arg;
    if (t->building)
        return nodes_write(t->kept, t->txn, depth, key, node);
    return nodes_put(t->kept, t->txn, depth, key, node);
}

struct tree *tree_new(struct mirror *m, struct nodes *kept, const struct versions *versions)
{
    struct tree *t = xcalloc(1, sizeof *t);
    t->mirror = m;
    t->kept = kept;
    t->versions = versions;
    t->fold.keep_above = TREE_SLOT_LEAVES;
    t->fold.keep = keep;
    t->fold.arg = t;
    return t;
}

struct tree *tree_free(struct tree *t)
{
    if (t == NULL)
        return NULL;
    leaf_list_deinit(&t->leaves);
    free(t->nodes);
    free(t->slots);
    free(t);
    return NULL;
}

static size_t push_node(struct tree *t)
{
    if (t->n_nodes == t->cap_nodes) {
        t->cap_nodes = t->cap_nodes ? t->cap_nodes * 2 : 64;
        t->nodes = xrealloc(t->nodes, t->cap_nodes * sizeof *t->nodes);
    }
    return t->n_nodes++;
}

static struct tree_slot *push_slot(struct tree *t)
{
    if (t->n_slots == t->cap_slots) {
        t->cap_slots = t->cap_slots ? t->cap_slots * 2 : 64;
        t->slots = xrealloc(t->slots, t->cap_slots * sizeof *t->slots);
    }
    return &t->slots[t->n_slots++];
}

/* End of the keys[lo..hi) that share nibble `depth` with keys[lo]. */
static size_t group_end(const struct tree *t, uint32_t depth, size_t lo, size_t hi)
{
    uint32_t nibble = fold_nibble(&t->keys[lo], depth);
    while (++lo < hi && fold_nibble(&t->keys[lo], depth) == nibble) {
    }
    return lo;
}

static bool shares_prefix(const uint8_t *a, const uint8_t *b, uint32_t depth)
{
    return memcmp(a, b, depth / 2) == 0 && (depth % 2 == 0 || (a[depth / 2] ^ b[depth / 2]) < 16);
}

/* All objects whose keys begin with the first `depth` nibbles of `key`. */
static err slot_read(struct tree *t, uint32_t depth, const struct hash256 *key)
{
    struct tree_slot *slot = push_slot(t);
    slot->first = t->leaves.n;
    struct hash256 from = HASH256_ZERO;
    memcpy(from.b, key->b, (depth + 1) / 2);
    if (depth % 2)
        from.b[depth / 2] &= 0xF0;
    struct merged w = {t->mirror, t->versions, t->cursor, .seq = MERGED_NEWEST};
    struct merged_entry entry;
    merged_seek(&w, &from, false);
    err e = merged_next(&w, &entry);
    for (; e.code == 0 && shares_prefix(entry.key, from.b, depth); e = merged_next(&w, &entry))
        leaf_list_add(&t->leaves, entry.key, entry.object);
    slot->n = t->leaves.n - slot->first;
    return e.code == ERR_NOT_FOUND ? OK : e;
}

/* First pass, below the kept node over keys[lo..hi). At most FOLD_DEPTHS deep. */
static err collect(struct tree *t, uint32_t depth, size_t lo, size_t hi)
{
    size_t at = push_node(t);
    TRY(nodes_get(t->kept, t->txn, depth, &t->keys[lo], &t->nodes[at]));
    uint32_t kept = t->nodes[at].kept;
    while (lo < hi) {
        size_t end = group_end(t, depth, lo, hi);
        if (kept >> fold_nibble(&t->keys[lo], depth) & 1)
            TRY(collect(t, depth + 1, lo, end));
        else
            TRY(slot_read(t, depth + 1, &t->keys[lo]));
        lo = end;
    }
    return OK;
}

static err slot_fold(struct tree *t, uint32_t depth, struct fold_sub *ret)
{
    const struct tree_slot *slot = &t->slots[t->next_slot++];
    fold_begin(&t->fold, depth);
    for (size_t i = slot->first; i < slot->first + slot->n; i++)
        TRY(fold_add(&t->fold, &t->leaves.items[i].key, &t->leaves.items[i].hash));
    return fold_end(&t->fold, ret);
}

/* Second pass: what now hangs where the kept node over keys[lo..hi) stands. */
static err refold(struct tree *t, uint32_t depth, size_t lo, size_t hi, struct fold_sub *ret)
{
    struct fold_node *node = &t->nodes[t->next_node++];
    const struct hash256 *place = &t->keys[lo];
    while (lo < hi) {
        size_t end = group_end(t, depth, lo, hi);
        uint32_t child = fold_nibble(&t->keys[lo], depth);
        struct fold_sub sub;
        if (node->kept >> child & 1)
            TRY(refold(t, depth + 1, lo, end, &sub));
        else
            TRY(slot_fold(t, depth + 1, &sub));
        fold_attach(node, child, &sub);
        lo = end;
    }
    *ret = fold_collapse(node);
    if (depth > 0 && ret->count <= TREE_SLOT_LEAVES / 2) {
        nodes_remove(t->kept, depth, place);
        return OK;
    }
    ret->kept = true;
    return nodes_put(t->kept, t->txn, depth, place, node);
}

static struct hash256 root_of(const struct fold_node *root)
{
    return root->present ? digest_inner(root->hashes) : HASH256_ZERO;
}

static err update(struct tree *t, size_t n, struct hash256 *ret_root)
{
    TRY(collect(t, 0, 0, n));
    leaf_list_hash(&t->leaves);
    struct fold_sub sub;
    TRY(refold(t, 0, 0, n, &sub));
    *ret_root = root_of(&t->nodes[0]);
    return OK;
}

static err work_begin(struct tree *t, MDB_txn *txn)
{
    leaf_list_clear(&t->leaves);
    t->txn = txn;
    t->n_nodes = t->n_slots = t->next_node = t->next_slot = 0;
    return mirror_check(t->mirror, mdb_cursor_open(txn, t->mirror->state, &t->cursor),
                        "open cursor");
}

static void work_end(struct tree *t)
{
    mdb_cursor_close(t->cursor);
    t->cursor = NULL;
    t->txn = NULL;
}

ERR tree_update(struct tree *t, MDB_txn *txn, const struct hash256 *keys, size_t n,
                struct hash256 *ret_root)
{
    if (n == 0) {
        struct fold_node root;
        TRY(nodes_get(t->kept, txn, 0, &HASH256_ZERO, &root));
        *ret_root = root_of(&root);
        return OK;
    }
    TRY(work_begin(t, txn));
    t->keys = keys;
    err e = update(t, n, ret_root);
    work_end(t);
    return e;
}

static err build_batch(struct tree *t, const struct tree_visitor *visitor)
{
    for (size_t i = 0; visitor && i < t->leaves.n; i++)
        visitor->visit(visitor->arg, &t->leaves.items[i].key, t->leaves.items[i].object);
    leaf_list_hash(&t->leaves);
    for (size_t i = 0; i < t->leaves.n; i++)
        TRY(fold_add(&t->fold, &t->leaves.items[i].key, &t->leaves.items[i].hash));
    leaf_list_clear(&t->leaves);
    return OK;
}

static err build(struct tree *t, const struct tree_visitor *visitor, struct hash256 *ret_root)
{
    TRY(nodes_clear(t->kept, t->txn));
    fold_begin(&t->fold, 0);
    MDB_val key, value;
    struct slice object;
    int rc = mdb_cursor_get(t->cursor, &key, &value, MDB_FIRST);
    for (; rc == 0; rc = mdb_cursor_get(t->cursor, &key, &value, MDB_NEXT)) {
        TRY(mirror_object_read(t->mirror, &key, &value, &object));
        leaf_list_add(&t->leaves, key.mv_data, object);
        if (t->leaves.n == BUILD_BATCH)
            TRY(build_batch(t, visitor));
    }
    if (rc != MDB_NOTFOUND)
        TRY(mirror_check(t->mirror, rc, "read all"));
    TRY(build_batch(t, visitor));
    struct fold_sub sub;
    TRY(fold_end(&t->fold, &sub));
    *ret_root = sub.hash;
    return OK;
}

ERR tree_build(struct tree *t, MDB_txn *txn, const struct tree_visitor *visitor,
               struct hash256 *ret_root)
{
    TRY(work_begin(t, txn));
    t->building = true;
    err e = build(t, visitor, ret_root);
    t->building = false;
    work_end(t);
    return e;
}

ERR tree_count(const struct mirror *m, MDB_txn *txn, uint64_t *ret)
{
    struct fold_node root;
    TRY(nodes_get_stored(m, txn, 0, &HASH256_ZERO, &root));
    *ret = fold_count(&root);
    return OK;
}
