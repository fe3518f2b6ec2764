/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/verify.h"

#include "base/hex.h"
#include "base/mem.h"
#include "ledger/guard.h"
#include "ledger/merged.h"

/* Leaves in one part, at most about. */
#define PART_LEAVES 4096

/* One part being looked at. */
struct part {
    struct verify *v;
    MDB_txn *txn;
    MDB_cursor *cursor; /* walks */
    MDB_cursor *seeker; /* finds each key again, from the root */
    uint32_t depth;     /* of the subtree */
    uint32_t seq;       /* the mirror's ledger */
};

void verify_init(struct verify *v, struct mirror *m, const struct nodes *kept,
                 const struct versions *versions)
{
    *v = (struct verify){.mirror = m, .kept = kept, .versions = versions};
    v->fold.keep_above = UINT32_MAX;
}

void verify_deinit(struct verify *v)
{
    leaf_list_deinit(&v->leaves);
}

static err differs(const struct part *p, uint32_t depth, const struct hash256 *key)
{
    char text[65] = {0};
    hex_encode(slice_of(key->b, (depth + 1) / 2), text);
    return FAIL(ERR_CORRUPT, "mirror: %s: the objects under %s do not have the hash kept for them",
                p->v->mirror->path, depth ? text : "the root");
}

static bool node_fits(const struct fold_node *node, const struct hash256 *hash, uint32_t count)
{
    struct hash256 computed = node->present ? digest_inner(node->hashes) : HASH256_ZERO;
    return hash256_eq(&computed, hash) && fold_count(node) == count;
}

/* --- the leaves of the part --- */

static err add_leaf(struct part *p, const struct merged_entry *entry)
{
    MDB_val k = {32, (void *)(uintptr_t)entry->key}, found;
    int rc = entry->in_file ? mdb_cursor_get(p->seeker, &k, &found, MDB_SET) : 0;
    if (rc != 0 || (entry->in_file && found.mv_data != entry->in_file))
        return FAIL(ERR_CORRUPT, "mirror: %s: an object is not found under its key",
                    p->v->mirror->path);
    leaf_list_add(&p->v->leaves, entry->key, entry->object);
    return OK;
}

/* All objects whose keys begin with the first `depth` nibbles of `key`. */
static err read_leaves(struct part *p, uint32_t depth, const struct hash256 *key, uint32_t n)
{
    struct hash256 from = HASH256_ZERO;
    memcpy(from.b, key->b, (depth + 1) / 2);
    if (depth % 2)
        from.b[depth / 2] &= 0xF0;
    struct merged w = {p->v->mirror, p->v->versions, p->cursor, .seq = p->seq};
    struct merged_entry entry;
    merged_seek(&w, &from, false);
    err e = merged_next(&w, &entry);
    for (; e.code == 0 && p->v->leaves.n <= n; e = merged_next(&w, &entry)) {
        struct hash256 at = hash256_of(entry.key);
        if (depth && (hash256_eq(&at, &HASH256_ZERO) || fold_common(&at, &from) < depth))
            break;
        TRY(add_leaf(p, &entry));
    }
    return e.code == ERR_NOT_FOUND ? OK : e;
}

/* --- comparing --- */

/* Leaves [lo..hi) fill a slot. */
static err check_slot(struct part *p, uint32_t depth, size_t lo, size_t hi,
                      const struct hash256 *hash, uint32_t count)
{
    struct verify *v = p->v;
    struct fold_sub sub;
    fold_begin(&v->fold, depth);
    for (size_t i = lo; i < hi; i++) {
        if (i > lo && hash256_cmp(&v->leaves.items[i - 1].key, &v->leaves.items[i].key) >= 0)
            return differs(p, depth, &v->leaves.items[i].key);
        TRY(fold_add(&v->fold, &v->leaves.items[i].key, &v->leaves.items[i].hash));
    }
    TRY(fold_end(&v->fold, &sub));
    if (sub.count != count || !hash256_eq(&sub.hash, hash))
        return differs(p, depth, lo < hi ? &v->leaves.items[lo].key : &v->at);
    return OK;
}

/* Leaves [lo..hi) are those below the node. At most FOLD_DEPTHS deep. */
static err check_node(struct part *p, uint32_t depth, const struct fold_node *node, size_t lo,
                      size_t hi)
{
    const struct leaf *leaves = p->v->leaves.items;
    for (uint32_t i = 0; i < 16; i++) {
        size_t end = lo;
        while (end < hi && fold_nibble(&leaves[end].key, depth) == i)
            end++;
        if (!(node->kept >> i & 1)) {
            TRY(check_slot(p, depth + 1, lo, end, &node->hashes[i], node->counts[i]));
        } else {
            struct fold_node child;
            if (lo == end || depth + 1 >= FOLD_DEPTHS)
                return differs(p, depth, lo < hi ? &leaves[lo].key : &p->v->at);
            TRY(nodes_get_committed(p->v->kept, p->txn, depth + 1, &leaves[lo].key, &child));
            if (!node_fits(&child, &node->hashes[i], node->counts[i]))
                return differs(p, depth + 1, &leaves[lo].key);
            TRY(check_node(p, depth + 1, &child, lo, end));
        }
        lo = end;
    }
    return lo == hi ? OK : differs(p, depth, &leaves[lo].key);
}

static err check_part(struct part *p)
{
    struct verify *v = p->v;
    struct mirror_meta meta;
    struct fold_node node, child;
    TRY(mirror_meta_get(v->mirror, p->txn, &meta));
    p->seq = meta.header.seq;
    TRY(nodes_get_committed(v->kept, p->txn, 0, &v->at, &node));
    if (!node_fits(&node, &meta.header.state_hash, fold_count(&node)))
        return differs(p, 0, &v->at);
    uint32_t i = fold_nibble(&v->at, 0);
    while ((node.kept >> i & 1) && fold_count(&node) > PART_LEAVES && p->depth + 1 < FOLD_DEPTHS) {
        TRY(nodes_get_committed(v->kept, p->txn, p->depth + 1, &v->at, &child));
        if (!node_fits(&child, &node.hashes[i], node.counts[i]))
            return differs(p, p->depth + 1, &v->at);
        node = child;
        p->depth++;
        i = fold_nibble(&v->at, p->depth);
    }
    leaf_list_clear(&v->leaves);
    bool slot = fold_count(&node) > PART_LEAVES; /* a large node's child that is not kept */
    uint32_t n = slot ? node.counts[i] : fold_count(&node);
    if (slot)
        p->depth++;
    TRY(read_leaves(p, p->depth, &v->at, n));
    leaf_list_hash(&v->leaves);
    v->n_objects += v->leaves.n;
    if (slot)
        return check_slot(p, p->depth, 0, v->leaves.n, &node.hashes[i], n);
    return check_node(p, p->depth, &node, 0, v->leaves.n);
}

/* The first key behind the subtree at `depth`; false: there is none. */
static bool step_over(struct hash256 *at, uint32_t depth)
{
    for (uint32_t d = depth; d < 2 * sizeof at->b; d++)
        at->b[d / 2] &= d % 2 ? 0xF0 : 0x0F;
    while (depth-- > 0) {
        uint32_t next = fold_nibble(at, depth) + 1;
        uint8_t *byte = &at->b[depth / 2];
        *byte = (uint8_t)(depth % 2 ? (*byte & 0xF0) | (next & 15) : (*byte & 0x0F) | next << 4);
        if (next < 16)
            return true;
    }
    return false;
}

static err run_part(void *arg)
{
    struct part *p = arg;
    struct mirror *m = p->v->mirror;
    TRY(mirror_check(m, mdb_txn_begin(m->env, NULL, MDB_RDONLY, &p->txn), "verify"));
    TRY(mirror_check(m, mdb_cursor_open(p->txn, m->state, &p->cursor), "verify"));
    TRY(mirror_check(m, mdb_cursor_open(p->txn, m->state, &p->seeker), "verify"));
    return check_part(p);
}

ERR verify_part(struct verify *v, bool *ret_done)
{
    struct part p = {.v = v};
    err e = guard_run(run_part, &p, v->mirror->path);
    if (p.seeker)
        mdb_cursor_close(p.seeker);
    if (p.cursor)
        mdb_cursor_close(p.cursor);
    if (p.txn)
        mdb_txn_abort(p.txn);
    TRY(e);
    *ret_done = !step_over(&v->at, p.depth);
    if (*ret_done) {
        v->at = HASH256_ZERO;
        v->n_objects = 0;
    }
    return OK;
}
