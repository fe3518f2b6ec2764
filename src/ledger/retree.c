/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/retree.h"

#include "base/log.h"
#include "base/mem.h"
#include "ledger/guard.h"
#include "ledger/repair.h"

#include <stdlib.h>

/* Keys whose leaves are in memory at the same time. */
#define KEYS_AT_ONCE 4096
/* More than kept nodes take of the file, for each object. */
#define BYTES_PER_OBJECT 64

struct work {
    struct ledgers *l;
    MDB_txn *txn;
    struct hash256 *keys; /* changed since; ascending, distinct */
    size_t n, cap;
    struct hash256 root;
};

static void work_deinit(struct work *w)
{
    if (w->txn)
        mdb_txn_abort(w->txn);
    free(w->keys);
}

/* --- what has changed --- */

static err read_keys(struct work *w, uint32_t seq)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct hash256 *keys = NULL;
    size_t n = 0;
    TRY(store_diff(w->l->store, seq, a, &keys, &n));
    if (w->n + n > w->cap) {
        w->cap = (w->n + n) * 2;
        w->keys = xrealloc(w->keys, w->cap * sizeof *w->keys);
    }
    if (n)
        memcpy(w->keys + w->n, keys, n * sizeof *keys);
    w->n += n;
    return OK;
}

static err read_all_keys(struct work *w, uint32_t since, uint32_t seq)
{
    while (since < seq)
        TRY(read_keys(w, ++since));
    w->n = hash256_sort_unique(w->keys, w->n);
    return OK;
}

/* --- hashing it again --- */

static err begin_guarded(void *arg)
{
    struct work *w = arg;
    struct ledgers *l = w->l;
    TRY(mirror_check(l->mirror, mdb_txn_begin(l->mirror->env, NULL, MDB_RDONLY, &w->txn), "begin"));
    return nodes_begin(l->nodes, w->txn, l->meta.tree_seq);
}

static err update_guarded(void *arg)
{
    struct work *w = arg;
    struct tree *t = w->l->tree;
    TRY(tree_update(t, w->txn, NULL, 0, &w->root));
    for (size_t i = 0; i < w->n; i += KEYS_AT_ONCE)
        TRY(tree_update(t, w->txn, w->keys + i, MIN(w->n - i, (size_t)KEYS_AT_ONCE), &w->root));
    return OK;
}

static err check_root(const struct work *w, const char *what)
{
    const struct ledger_header *h = &w->l->meta.header;
    if (hash256_eq(&w->root, &h->state_hash))
        return OK;
    return FAIL(ERR_CORRUPT, "mirror: %s: %s do not lead to the root of ledger %u",
                w->l->mirror->path, what, h->seq);
}

static err hash_again(struct work *w)
{
    struct ledgers *l = w->l;
    TRY(guard_run(update_guarded, w, l->mirror->path));
    TRY(check_root(w, "the kept hashes and what was changed since"));
    nodes_committed(l->nodes);
    return OK;
}

/* --- all of it --- */

static err build_guarded(void *arg)
{
    struct work *w = arg;
    struct ledgers *l = w->l;
    struct mirror_meta meta = l->meta;
    meta.tree_seq = meta.header.seq;
    TRY(mirror_write_begin(l->mirror, &w->txn));
    TRY(tree_build(l->tree, w->txn, NULL, &w->root));
    TRY(check_root(w, "its objects"));
    TRY(mirror_meta_put(l->mirror, w->txn, &meta));
    TRY(mirror_write_commit(l->mirror, TAKE_PTR(w->txn)));
    l->meta = meta;
    return OK;
}

static err build(struct work *w)
{
    struct ledgers *l = w->l;
    if (w->txn)
        mdb_txn_abort(TAKE_PTR(w->txn));
    TRY(ledgers_reserve(l, LEDGERS_RESERVE_BYTES + atomic_load(&l->n_objects) * BYTES_PER_OBJECT));
    err e = guard_run(build_guarded, w, l->mirror->path);
    if (e.code == ERR_CORRUPT)
        w->txn = NULL; /* in no state to be ended: it goes with the file */
    return e;
}

static err make(struct work *w)
{
    struct ledgers *l = w->l;
    TRY(guard_run(begin_guarded, w, l->mirror->path));
    err e = read_all_keys(w, l->meta.tree_seq, l->meta.header.seq);
    if (e.code == 0)
        return hash_again(w);
    LOG_WARN("%s: the hashes of the mirror's objects are all made anew", err_text());
    return build(w);
}

ERR retree(struct ledgers *l)
{
    CLEANUP(work_deinit) struct work w = {.l = l};
    l->nodes_due = false; /* whatever comes of it */
    err e = make(&w);
    if (e.code == 0)
        return OK;
    nodes_aborted(l->nodes);
    return repair_doubt(l, err_text());
}

ERR retree_due(struct ledgers *l)
{
    return l->nodes_due ? retree(l) : OK;
}

/* --- the end --- */

static err save_guarded(void *arg)
{
    struct work *w = arg;
    struct ledgers *l = w->l;
    struct mirror_meta meta = l->meta;
    TRY(mirror_write_begin(l->mirror, &w->txn));
    TRY(nodes_store(l->nodes, w->txn, meta.header.seq, NODES_SLICES, &meta.tree_seq));
    TRY(mirror_meta_put(l->mirror, w->txn, &meta));
    return mirror_write_commit(l->mirror, TAKE_PTR(w->txn));
}

void retree_save(struct ledgers *l)
{
    CLEANUP(work_deinit) struct work w = {.l = l};
    if (!l->complete || l->load || l->nodes_due || atomic_load(&l->doubtful) ||
        nodes_bytes(l->nodes) == 0)
        return;
    err e = guard_run(save_guarded, &w, l->mirror->path);
    if (e.code == ERR_CORRUPT)
        w.txn = NULL; /* as above; the next start finds what is wrong */
    if (e.code)
        LOG_INFO("%s: hashes that were to be saved are made again at the next start", err_text());
}
