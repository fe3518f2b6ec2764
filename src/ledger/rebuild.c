/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/rebuild.h"

#include "base/bits.h"
#include "base/mem.h"
#include "ledger/guard.h"
#include "ledger/mirror_object.h"
#include "ledger/spill.h"

#include <stdio.h>
#include <stdlib.h>

#define REBUILD_KEYS 1024 /* read from the history at once */
#define REBUILD_TXN_BYTES ((uint64_t)32 << 20)

struct rebuild {
    struct ledgers *l;
    const struct ledger_header *header;
    MDB_txn *txn;
    uint64_t txn_bytes;
    uint64_t n_objects;
    struct hash256 at;   /* read up to this key */
    struct hash256 last; /* written */
    size_t n;
    struct store_object objects[REBUILD_KEYS];
};

struct spilling {
    struct ledgers *l;
    struct spill *spill;
};

static void rebuild_freep(struct rebuild **r)
{
    if ((*r)->txn)
        mdb_txn_abort((*r)->txn);
    free(*r);
}

static err rebuild_txn(struct rebuild *r)
{
    if (r->txn && r->txn_bytes < REBUILD_TXN_BYTES)
        return OK;
    if (r->txn)
        TRY(mirror_write_commit(r->l->mirror, TAKE_PTR(r->txn)));
    r->txn_bytes = 0;
    TRY(ledgers_reserve(r->l, LEDGERS_RESERVE_BYTES));
    return mirror_write_begin(r->l->mirror, &r->txn);
}

static err rebuild_append(struct rebuild *r, const struct store_object *o)
{
    if (hash256_cmp(&r->last, &o->key) >= 0)
        return FAIL(ERR_CORRUPT, "history: the keys of ledger %u do not ascend", r->header->seq);
    if (o->data.n == 0)
        return FAIL(ERR_CORRUPT, "history: ledger %u lists an object that it does not have",
                    r->header->seq);
    r->txn_bytes += 32 + o->data.n;
    r->n_objects++;
    r->last = o->key;
    struct mirror *m = r->l->mirror;
    return mirror_check(m, mirror_object_put(m, r->txn, &o->key, o->data, MDB_APPEND), "rebuild");
}

static err append_guarded(void *arg)
{
    struct rebuild *r = arg;
    for (size_t i = 0; i < r->n; i++)
        TRY(rebuild_append(r, &r->objects[i]));
    return OK;
}

/* The next objects of the history; *ret_done: there are no more. */
static err rebuild_objects(struct rebuild *r, bool *ret_done)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    TRY(store_page(r->l->store, r->header->seq, &r->at, REBUILD_KEYS, true, a, r->objects, &r->n));
    TRY(rebuild_txn(r));
    TRY(guard_run(append_guarded, r, r->l->mirror->path));
    if (r->n)
        r->at = r->objects[r->n - 1].key;
    *ret_done = r->n < REBUILD_KEYS;
    return OK;
}

static err finish(struct ledgers *l, MDB_txn *txn, const struct ledger_header *header)
{
    struct mirror_meta meta = l->meta;
    meta.header = *header;
    meta.turn = mirror_turn_whole(header->seq);
    uint64_t count = 0;
    err e = tree_count(l->mirror, txn, &count);
    if (e.code == 0)
        e = mirror_meta_put(l->mirror, txn, &meta);
    if (e.code) {
        mdb_txn_abort(txn);
        return e;
    }
    TRY(mirror_write_commit(l->mirror, txn));
    l->meta = meta;
    atomic_store(&l->n_objects, count);
    return OK;
}

struct build {
    struct rebuild *r;
    struct hash256 *ret_root;
};

static err build_guarded(void *arg)
{
    struct build *b = arg;
    return tree_build(b->r->l->tree, b->r->txn, NULL, b->ret_root);
}

static err rebuild_tree(struct rebuild *r)
{
    if (r->txn)
        TRY(mirror_write_commit(r->l->mirror, TAKE_PTR(r->txn)));
    TRY(ledgers_reserve(r->l, LEDGERS_RESERVE_BYTES + r->n_objects * 64));
    TRY(mirror_write_begin(r->l->mirror, &r->txn));
    struct hash256 root;
    struct build build = {r, &root};
    TRY(guard_run(build_guarded, &build, r->l->mirror->path));
    if (!hash256_eq(&root, &r->header->state_hash))
        return FAIL(ERR_CORRUPT,
                    "history: the state of ledger %u (%llu objects) does not have the header's "
                    "root; the history is damaged",
                    r->header->seq, (unsigned long long)r->n_objects);
    return finish(r->l, TAKE_PTR(r->txn), r->header);
}

/* A history without an order: all of the state as it comes, put into order on the disk. */

static err spill_state(void *arg, const struct store_object *objects, size_t n, uint64_t done,
                       uint64_t total)
{
    struct spilling *s = arg;
    struct ledgers *l = s->l;
    for (size_t i = 0; i < n; i++)
        TRY(spill_add(s->spill, &objects[i]));
    if (l->on_progress)
        l->on_progress(l->arg, "reading the state", done, total);
    return atomic_load(&l->interrupted) ? FAIL(ERR_CANCELLED, "mirror: the rebuild was stopped")
                                        : OK;
}

static err append_sorted(void *arg, const struct store_object *objects, size_t n, uint64_t done,
                         uint64_t total)
{
    struct rebuild *r = arg;
    memcpy(r->objects, objects, n * sizeof *objects);
    r->n = n;
    TRY(rebuild_txn(r));
    TRY(guard_run(append_guarded, r, r->l->mirror->path));
    if (r->l->on_progress)
        r->l->on_progress(r->l->arg, "rebuilding the state mirror", done, total);
    return atomic_load(&r->l->interrupted) ? FAIL(ERR_CANCELLED, "mirror: the rebuild was stopped")
                                           : OK;
}

static err rebuild_unordered(struct rebuild *r)
{
    CLEANUP(spill_freep) struct spill *spill = NULL;
    CLEANUP(mem_freep) char *path = xasprintf("%s/filling", r->l->mirror->path);
    TRY(spill_new(path, &spill));
    TRY(store_state(r->l->store, r->header->seq, spill_state, &(struct spilling){r->l, spill}));
    TRY(spill_each(spill, REBUILD_KEYS, append_sorted, r));
    return rebuild_tree(r);
}

/* How many there will be: keys are hashes, as many in each part of their range. */
static uint64_t estimate(const struct rebuild *r, bool done)
{
    uint64_t seen = (uint64_t)bits_load32(r->at.b) + 1;
    return done ? r->n_objects : (uint64_t)((double)r->n_objects * 0x1p32 / (double)seen);
}

ERR rebuild_mirror(struct ledgers *l, const struct ledger_header *header)
{
    CLEANUP(rebuild_freep) struct rebuild *r = xcalloc(1, sizeof *r);
    r->l = l;
    r->header = header;
    if (l->store->ops->unordered)
        return rebuild_unordered(r);
    bool done = false;
    while (!done) {
        TRY(rebuild_objects(r, &done));
        if (l->on_progress)
            l->on_progress(l->arg, "rebuilding the state mirror", r->n_objects, estimate(r, done));
        if (atomic_load(&l->interrupted))
            return FAIL(ERR_CANCELLED, "mirror: the rebuild was stopped");
    }
    return rebuild_tree(r);
}
