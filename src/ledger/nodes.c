/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/nodes.h"

#include "base/list.h"
#include "base/mem.h"
#include "base/table.h"
#include "ledger/node.h"

#include <stdlib.h>

#define PLACE_BYTES (1 + 32)
/* The nodes at depths 0 and 1, which belong to no slice. */
#define TOP NODES_SLICES

/* Where a node is kept: its depth, then the bytes its nibbles take (zeros behind). Nodes of one
 * level lie together in the file, in key order. */
struct place {
    uint8_t b[PLACE_BYTES];
    size_t n;
};

/* A node that differs from the file's. */
struct late {
    struct list link; /* in its slice */
    struct place place;
    struct node_form *committed; /* NULL: as in the file */
    struct node_form *staged;    /* NULL: as committed */
};

struct slice_state {
    struct list late;
    uint64_t bytes;
    bool stored; /* by the transaction */
};

struct nodes {
    struct mirror *mirror;
    struct table *late; /* by place */
    struct slice_state slices[NODES_SLICES + 1];
    uint64_t bytes;
    struct late **staged;
    size_t n_staged, cap_staged;
    bool wide;                  /* the file has all nodes at depth 2, */
    bool storing, storing_wide; /* ... and will have them after the commit */
};

static struct place place_of(uint32_t depth, const struct hash256 *key)
{
    struct place p = {.n = 1 + (depth + 1) / 2};
    p.b[0] = (uint8_t)depth;
    memcpy(p.b + 1, key->b, p.n - 1);
    if (depth % 2)
        p.b[p.n - 1] &= 0xF0;
    return p;
}

static MDB_val place_val(const struct place *p)
{
    return (MDB_val){p->n, (void *)(uintptr_t)p->b};
}

static struct slice_state *slice_at(struct nodes *n, const struct place *p)
{
    return &n->slices[p->b[0] < 2 ? TOP : p->b[1]];
}

/* --- what is in memory --- */

struct nodes *nodes_new(struct mirror *m)
{
    struct nodes *n = xcalloc(1, sizeof *n);
    n->mirror = m;
    n->late = table_new(PLACE_BYTES);
    for (size_t i = 0; i <= NODES_SLICES; i++)
        list_init(&n->slices[i].late);
    return n;
}

static void form_free(struct nodes *n, const struct late *l, struct node_form **f)
{
    slice_at(n, &l->place)->bytes -= node_form_bytes(*f);
    n->bytes -= node_form_bytes(*f);
    free(*f);
    *f = NULL;
}

static struct late *late_new(struct nodes *n, const struct place *p)
{
    struct late *l = xcalloc(1, sizeof *l);
    struct slice_state *slice = slice_at(n, p);
    l->place = *p;
    list_push_back(&slice->late, &l->link);
    table_put(n->late, p->b, l);
    slice->bytes += sizeof *l;
    n->bytes += sizeof *l;
    return l;
}

static void late_free(struct nodes *n, struct late *l)
{
    form_free(n, l, &l->committed);
    form_free(n, l, &l->staged);
    slice_at(n, &l->place)->bytes -= sizeof *l;
    n->bytes -= sizeof *l;
    table_del(n->late, l->place.b);
    list_unlink(&l->link);
    free(l);
}

static void drop_slice(struct nodes *n, uint32_t i)
{
    struct list *late = &n->slices[i].late;
    while (!list_empty(late))
        late_free(n, LIST_ENTRY(late->next, struct late, link));
}

static void stored_none(struct nodes *n)
{
    n->storing = false;
    for (uint32_t i = 0; i <= NODES_SLICES; i++)
        n->slices[i].stored = false;
}

static void forget(struct nodes *n)
{
    n->n_staged = 0;
    n->wide = false;
    stored_none(n);
    for (uint32_t i = 0; i <= NODES_SLICES; i++)
        drop_slice(n, i);
}

struct nodes *nodes_free(struct nodes *n)
{
    if (n == NULL)
        return NULL;
    forget(n);
    table_free(n->late);
    free(n->staged);
    free(n);
    return NULL;
}

uint64_t nodes_bytes(const struct nodes *n)
{
    return n->bytes;
}

static void push_staged(struct nodes *n, struct late *l)
{
    if (n->n_staged == n->cap_staged) {
        n->cap_staged = n->cap_staged ? n->cap_staged * 2 : 256;
        n->staged = xrealloc(n->staged, n->cap_staged * sizeof(struct late *));
    }
    n->staged[n->n_staged++] = l;
}

/* Takes the form. */
static void stage(struct nodes *n, const struct place *p, struct node_form *form)
{
    struct late *l = table_get(n->late, p->b);
    if (l == NULL)
        l = late_new(n, p);
    if (l->staged)
        form_free(n, l, &l->staged);
    else
        push_staged(n, l);
    l->staged = form;
    slice_at(n, p)->bytes += node_form_bytes(form);
    n->bytes += node_form_bytes(form);
}

static void commit_staged(struct nodes *n)
{
    for (size_t i = 0; i < n->n_staged; i++) {
        struct late *l = n->staged[i];
        form_free(n, l, &l->committed);
        l->committed = TAKE_PTR(l->staged);
    }
    n->n_staged = 0;
}

void nodes_aborted(struct nodes *n)
{
    for (size_t i = 0; i < n->n_staged; i++) {
        struct late *l = n->staged[i];
        form_free(n, l, &l->staged);
        if (l->committed == NULL)
            late_free(n, l);
    }
    n->n_staged = 0;
    stored_none(n);
}

/* --- reading --- */

/* As the file has it; *ret_found: does it? */
static err read_stored(const struct mirror *m, MDB_txn *txn, const struct place *p, bool *ret_found,
                       struct fold_node *ret)
{
    MDB_val name = place_val(p), value;
    int rc = mdb_get(txn, m->tree, &name, &value);
    *ret_found = rc == 0;
    memset(ret, 0, sizeof *ret);
    if (rc == MDB_NOTFOUND)
        return OK;
    TRY(mirror_check(m, rc, "read node"));
    if (!node_decode(mirror_slice(value), ret))
        return FAIL(ERR_CORRUPT, "tree: %s: damaged node at depth %u", m->path, p->b[0]);
    return OK;
}

static err check_found(const struct mirror *m, uint32_t depth, bool found)
{
    if (found || depth == 0)
        return OK;
    return FAIL(ERR_CORRUPT, "tree: %s: a kept node at depth %u is missing", m->path, depth);
}

ERR nodes_get_stored(const struct mirror *m, MDB_txn *txn, uint32_t depth,
                     const struct hash256 *key, struct fold_node *ret)
{
    struct place p = place_of(depth, key);
    bool found;
    TRY(read_stored(m, txn, &p, &found, ret));
    return check_found(m, depth, found);
}

static err get(const struct nodes *n, MDB_txn *txn, bool staged, uint32_t depth,
               const struct hash256 *key, struct fold_node *ret)
{
    struct place p = place_of(depth, key);
    const struct late *l = table_get(n->late, p.b);
    const struct node_form *f = l && staged && l->staged ? l->staged : l ? l->committed : NULL;
    bool found;
    TRY(read_stored(n->mirror, txn, &p, &found, ret));
    if (f) {
        node_form_apply(f, ret);
        found = f->present != 0;
    }
    return check_found(n->mirror, depth, found);
}

ERR nodes_get(const struct nodes *n, MDB_txn *txn, uint32_t depth, const struct hash256 *key,
              struct fold_node *ret)
{
    return get(n, txn, true, depth, key, ret);
}

ERR nodes_get_committed(const struct nodes *n, MDB_txn *txn, uint32_t depth,
                        const struct hash256 *key, struct fold_node *ret)
{
    return get(n, txn, false, depth, key, ret);
}

/* --- changing --- */

ERR nodes_put(struct nodes *n, MDB_txn *txn, uint32_t depth, const struct hash256 *key,
              const struct fold_node *node)
{
    struct place p = place_of(depth, key);
    struct fold_node stored;
    bool found;
    TRY(read_stored(n->mirror, txn, &p, &found, &stored));
    stage(n, &p, node_form_new(node, &stored));
    return OK;
}

void nodes_remove(struct nodes *n, uint32_t depth, const struct hash256 *key)
{
    struct place p = place_of(depth, key);
    stage(n, &p, xcalloc(1, sizeof(struct node_form)));
}

/* Are there all nodes at depth 2? Then those above them change in nothing but hashes and counts,
 * and may be newer than what is below. */
static err is_wide(const struct nodes *n, MDB_txn *txn, bool *ret)
{
    struct fold_node node;
    struct hash256 key = HASH256_ZERO;
    TRY(nodes_get(n, txn, 0, &key, &node));
    *ret = node.kept == 0xFFFF;
    for (uint32_t i = 0; *ret && i < 16; i++) {
        key.b[0] = (uint8_t)(i << 4);
        TRY(nodes_get(n, txn, 1, &key, &node));
        *ret = node.kept == 0xFFFF;
    }
    return OK;
}

/* --- the file --- */

ERR nodes_begin(struct nodes *n, MDB_txn *txn)
{
    forget(n);
    return is_wide(n, txn, &n->wide);
}

ERR nodes_clear(struct nodes *n, MDB_txn *txn)
{
    forget(n);
    return mirror_check(n->mirror, mdb_drop(txn, n->mirror->tree, 0), "clear tree");
}

static err write(struct nodes *n, MDB_txn *txn, const struct place *p, const struct fold_node *node)
{
    uint8_t bytes[NODE_MAX_BYTES];
    MDB_val name = place_val(p), value = {node_encode(node, bytes), bytes};
    return mirror_check(n->mirror, mdb_put(txn, n->mirror->tree, &name, &value, 0), "write node");
}

ERR nodes_write(struct nodes *n, MDB_txn *txn, uint32_t depth, const struct hash256 *key,
                const struct fold_node *node)
{
    struct place p = place_of(depth, key);
    return write(n, txn, &p, node);
}

static err store(struct nodes *n, MDB_txn *txn, const struct late *l)
{
    const struct node_form *f = l->staged ? l->staged : l->committed;
    struct fold_node node;
    bool found;
    TRY(read_stored(n->mirror, txn, &l->place, &found, &node));
    node_form_apply(f, &node);
    if (f->present || l->place.b[0] == 0)
        return write(n, txn, &l->place, &node);
    MDB_val name = place_val(&l->place);
    return found
               ? mirror_check(n->mirror, mdb_del(txn, n->mirror->tree, &name, NULL), "remove node")
               : OK;
}

ERR nodes_store_slice(struct nodes *n, MDB_txn *txn, uint32_t slice, uint64_t *ret_bytes)
{
    LIST_EACH(it, &n->slices[slice].late)
    {
        TRY(store(n, txn, LIST_ENTRY(it, struct late, link)));
    }
    n->slices[slice].stored = true;
    *ret_bytes = n->slices[slice].bytes;
    return OK;
}

ERR nodes_store_top(struct nodes *n, MDB_txn *txn, bool *ret_wide)
{
    uint64_t bytes;
    TRY(is_wide(n, txn, &n->storing_wide));
    n->storing = true;
    *ret_wide = n->wide && n->storing_wide;
    return nodes_store_slice(n, txn, TOP, &bytes);
}

void nodes_committed(struct nodes *n)
{
    commit_staged(n);
    for (uint32_t i = 0; i <= NODES_SLICES; i++)
        if (n->slices[i].stored)
            drop_slice(n, i);
    if (n->storing)
        n->wide = n->storing_wide;
    stored_none(n);
}
