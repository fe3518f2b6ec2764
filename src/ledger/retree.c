/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/retree.h"

#include "base/log.h"
#include "base/mem.h"
#include "ledger/guard.h"
#include "ledger/repair.h"

#include <stdio.h>
#include <stdlib.h>

/* Keys whose leaves are in memory at the same time. */
#define KEYS_AT_ONCE 4096

/* Objects that are read from the history together. */
#define READ_AT_ONCE 1024

struct work {
    struct ledgers *l;
    MDB_txn *txn;
    struct hash256 *keys; /* changed since they were written; ascending, distinct in the end */
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

static void push(struct work *w, const struct hash256 *key)
{
    if (w->n == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 1024;
        w->keys = xrealloc(w->keys, w->cap * sizeof *w->keys);
    }
    w->keys[w->n++] = *key;
}

static err read_keys(struct work *w, uint32_t seq)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct hash256 *keys = NULL;
    size_t n = 0;
    TRY(store_diff(w->l->store, seq, a, &keys, &n));
    for (size_t i = 0; i < n; i++)
        if (seq > turns_since(&w->l->turns, &keys[i]))
            push(w, &keys[i]);
    return OK;
}

static err read_all_keys(struct work *w)
{
    const struct mirror_meta *meta = &w->l->meta;
    for (uint32_t since = meta->turn.since; since < meta->header.seq;)
        TRY(read_keys(w, ++since));
    w->n = hash256_sort_unique(w->keys, w->n);
    return OK;
}

/* One key of each slice: then the slices' nodes are held against those above them, which are always
 * the newest, and a change that the history did not tell of is missed. */
static void add_slices(struct work *w)
{
    for (uint32_t i = 0; i < NODES_SLICES; i++)
        push(w, &(struct hash256){{(uint8_t)i}});
    w->n = hash256_sort_unique(w->keys, w->n);
}

/* --- objects that the file lacks --- */

static err read_objects(struct work *w, const struct hash256 *keys, size_t n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct ledgers *l = w->l;
    struct slice *objects = arena_array(a, struct slice, n + 1);
    if (atomic_load(&l->interrupted))
        return FAIL(ERR_CANCELLED, "mirror: stopping");
    TRY(store_objects_get(l->store, l->meta.header.seq, keys, n, a, objects, NULL));
    for (size_t i = 0; i < n; i++)
        versions_add(undo_versions(l->undo), &keys[i], VERSIONS_WAITING, objects[i]);
    return OK;
}

static err read_late(struct work *w)
{
    for (size_t i = 0; i < w->n; i += READ_AT_ONCE)
        TRY(read_objects(w, w->keys + i, MIN(w->n - i, (size_t)READ_AT_ONCE)));
    return OK;
}

/* --- hashing it again --- */

static err begin_guarded(void *arg)
{
    struct work *w = arg;
    struct ledgers *l = w->l;
    TRY(mirror_check(l->mirror, mdb_txn_begin(l->mirror->env, NULL, MDB_RDONLY, &w->txn), "begin"));
    return nodes_begin(l->nodes, w->txn);
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

static err hash_again(struct work *w)
{
    struct ledgers *l = w->l;
    const struct ledger_header *h = &l->meta.header;
    TRY(guard_run(update_guarded, w, l->mirror->path));
    if (!hash256_eq(&w->root, &h->state_hash))
        return FAIL(ERR_CORRUPT,
                    "mirror: %s: what it has and what the history says was changed since do not "
                    "lead to the root of ledger %u",
                    l->mirror->path, h->seq);
    nodes_committed(l->nodes);
    return OK;
}

/* --- all of it --- */

/* Whatever it is, it is not the mirror's fault: the next attempt may find the history mended. */
static err history_fails(err e)
{
    struct err_slot text;
    snprintf(text.text, sizeof text.text, "%s", err_text());
    if (e.code == ERR_CANCELLED)
        return e;
    return FAIL(ERR_BUSY, "%s: what the mirror's file lacks is not known yet", text.text);
}

static err make(struct work *w)
{
    struct ledgers *l = w->l;
    TRY(guard_run(begin_guarded, w, l->mirror->path));
    err e = read_all_keys(w);
    if (e.code == 0)
        e = read_late(w);
    if (e.code)
        return history_fails(e);
    if (l->meta.turn.since < l->meta.header.seq)
        add_slices(w);
    return hash_again(w);
}

ERR retree(struct ledgers *l)
{
    CLEANUP(work_deinit) struct work w = {.l = l};
    err e = make(&w);
    l->nodes_due = e.code && e.code != ERR_CORRUPT;
    if (e.code == 0)
        return OK;
    nodes_aborted(l->nodes);
    ledgers_from_file(l);
    return e.code == ERR_CORRUPT ? repair_doubt(l, err_text()) : e;
}

bool retree_needed(const struct ledgers *l)
{
    return l->nodes_due && l->meta.turn.since < l->meta.header.seq;
}

ERR retree_due(struct ledgers *l)
{
    if (!l->nodes_due || atomic_load(&l->doubtful))
        return OK;
    TRY(retree(l));
    if (l->views_wait)
        snap_set_unshut(&l->snaps);
    l->views_wait = false;
    return OK;
}

/* --- the end --- */

static err save_guarded(void *arg)
{
    struct work *w = arg;
    struct ledgers *l = w->l;
    struct mirror_meta meta = l->meta;
    TRY(mirror_write_begin(l->mirror, &w->txn));
    TRY(turns_store(&l->turns, w->txn, meta.header.seq, TURNS_ALL, &meta.turn));
    TRY(mirror_meta_put(l->mirror, w->txn, &meta));
    return mirror_write_commit(l->mirror, TAKE_PTR(w->txn));
}

void retree_save(struct ledgers *l)
{
    CLEANUP(work_deinit) struct work w = {.l = l};
    if (!l->complete || l->load || l->nodes_due || atomic_load(&l->doubtful) ||
        (nodes_bytes(l->nodes) == 0 && versions_waiting_bytes(undo_versions(l->undo)) == 0))
        return;
    err e = guard_run(save_guarded, &w, l->mirror->path);
    if (e.code == ERR_CORRUPT)
        w.txn = NULL; /* as above; the next start finds what is wrong */
    if (e.code)
        LOG_INFO("%s: hashes that were to be saved are made again at the next start", err_text());
}
