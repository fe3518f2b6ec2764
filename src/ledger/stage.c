/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/stage.h"

#include "base/hex.h"
#include "base/mem.h"
#include "ledger/guard.h"
#include "ledger/merged.h"
#include "ledger/retree.h"

#include <stdio.h>
#include <stdlib.h>

/* What the ledgers have changed in memory, the newest first. */
static void take_runs_back(struct stage *s)
{
    for (size_t i = s->n; i-- > 0;)
        s->items[i].run = undo_run_free(s->items[i].run);
}

struct stage *stage_free(struct stage *s)
{
    if (s == NULL)
        return NULL;
    if (s->txn)
        mdb_txn_abort(s->txn);
    nodes_aborted(s->l->nodes);
    take_runs_back(s);
    free(s->items);
    free(s->keys);
    free(s);
    return NULL;
}

void stage_freep(struct stage **s)
{
    stage_free(*s);
}

/* What is done with the mirror, under guard. After damage its transaction is in no state to be
 * ended: it goes with the whole file. */
static err guarded(struct stage *s, err (*fn)(void *arg))
{
    err e = guard_run(fn, s, s->l->mirror->path);
    if (e.code == ERR_CORRUPT)
        s->txn = NULL;
    return e;
}

static err begin_guarded(void *arg)
{
    struct stage *s = arg;
    return mirror_write_begin(s->l->mirror, &s->txn);
}

ERR stage_begin(struct ledgers *l, struct stage **ret)
{
    TRY(retree_due(l));
    TRY(ledgers_reserve(l, LEDGERS_RESERVE_BYTES));
    CLEANUP(stage_freep) struct stage *s = xcalloc(1, sizeof *s);
    s->l = l;
    s->newest = l->meta.header;
    TRY(guarded(s, begin_guarded));
    *ret = TAKE_PTR(s);
    return OK;
}

/* --- verification --- */

static err mismatch(const struct ledger_header *h, const char *what, const struct hash256 *stated,
                    const struct hash256 *computed)
{
    char a[65] = {0}, b[65] = {0};
    hex_encode(hash256_slice(stated), a);
    hex_encode(hash256_slice(computed), b);
    return FAIL(ERR_VERIFY, "apply: ledger %u: %s is %s, should be %s", h->seq, what, a, b);
}

static err check_links(const struct ledger_header *prev, const struct ledger_header *h)
{
    if (h->seq != prev->seq + 1)
        return FAIL(ERR_VERIFY, "apply: ledger %u does not follow ledger %u", h->seq, prev->seq);
    struct hash256 hash = digest_ledger(h);
    if (!hash256_eq(&hash, &h->hash))
        return mismatch(h, "hash", &h->hash, &hash);
    if (!hash256_eq(&h->parent_hash, &prev->hash))
        return mismatch(h, "parent hash", &h->parent_hash, &prev->hash);
    return OK;
}

/* --- changing the state --- */

static err change_one(const struct ledgers *l, MDB_cursor *cursor,
                      const struct store_object *object, struct undo_run *run)
{
    struct slice old = SLICE_EMPTY;
    err e =
        merged_get(l->mirror, undo_versions(l->undo), cursor, MERGED_NEWEST, &object->key, &old);
    if (e.code != ERR_NOT_FOUND)
        TRY(e);
    if (!slice_eq(old, object->data))
        undo_run_change(run, &object->key, old, object->data);
    return OK;
}

static err change_all(struct stage *s, struct stage_item *item)
{
    const struct mirror *m = s->l->mirror;
    MDB_cursor *cursor = NULL;
    TRY(mirror_check(m, mdb_cursor_open(s->txn, m->state, &cursor), "open cursor"));
    err e = OK;
    for (size_t i = 0; i < item->n_objects && e.code == 0; i++)
        e = change_one(s->l, cursor, &item->objects[i], item->run);
    mdb_cursor_close(cursor);
    return e;
}

static err update_tree(struct stage *s, const struct undo_run *run, struct hash256 *ret_root)
{
    size_t n = undo_run_count(run);
    if (n > s->cap_keys) {
        s->cap_keys = n * 2;
        s->keys = xrealloc(s->keys, s->cap_keys * sizeof *s->keys);
    }
    for (size_t i = 0; i < n; i++)
        s->keys[i] = *undo_run_key(run, i);
    return tree_update(s->l->tree, s->txn, s->keys, n, ret_root);
}

static err change_and_verify(struct stage *s, struct stage_item *item)
{
    undo_run_free(item->run);
    item->run = undo_run_new(s->l->undo, &s->newest);
    TRY(change_all(s, item));
    struct hash256 root;
    TRY(update_tree(s, item->run, &root));
    s->root_differs = !hash256_eq(&root, &item->header.state_hash);
    if (s->root_differs)
        return mismatch(&item->header, "state root", &item->header.state_hash, &root);
    s->newest = item->header;
    return OK;
}

/* Begin the transaction anew and repeat what was added before: without what a ledger that failed
 * has changed, or (`grow`) with more room. */
static err restart(struct stage *s, bool grow)
{
    mdb_txn_abort(TAKE_PTR(s->txn));
    nodes_aborted(s->l->nodes);
    take_runs_back(s);
    if (grow)
        TRY(ledgers_grow(s->l));
    TRY(mirror_write_begin(s->l->mirror, &s->txn));
    s->newest = s->l->meta.header;
    for (size_t i = 0; i < s->n; i++)
        TRY(change_and_verify(s, &s->items[i]));
    return OK;
}

static struct stage_item *push_item(struct stage *s)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 8;
        s->items = xrealloc(s->items, s->cap * sizeof *s->items);
    }
    return &s->items[s->n];
}

static err add_guarded(void *arg)
{
    struct stage *s = arg;
    struct stage_item *item = &s->items[s->n];
    err e = change_and_verify(s, item);
    while (e.code == ERR_LIMIT) {
        item->run = undo_run_free(item->run);
        TRY(restart(s, true));
        e = change_and_verify(s, item);
    }
    return e;
}

static err restart_guarded(void *arg)
{
    return restart(arg, false);
}

/* Back to before the ledger that did not verify; its error is told again. */
static err take_back(struct stage *s)
{
    struct err_slot text;
    snprintf(text.text, sizeof text.text, "%s", err_text());
    bool root_differs = s->root_differs;
    TRY(guarded(s, restart_guarded));
    s->root_differs = root_differs;
    return FAIL(ERR_VERIFY, "%s", text.text);
}

ERR stage_add(struct stage *s, const struct ledger_header *header,
              const struct store_object *objects, size_t n)
{
    if (s->broken)
        return FAIL(ERR_IO, "apply: the batch failed at an earlier ledger");
    s->root_differs = false;
    TRY(check_links(&s->newest, header));
    struct stage_item *item = push_item(s);
    *item = (struct stage_item){*header, objects, n, NULL};
    err e = guarded(s, add_guarded);
    if (e.code == 0) {
        s->n++;
        return OK;
    }
    item->run = undo_run_free(item->run);
    if (e.code == ERR_VERIFY)
        e = take_back(s);
    s->broken = e.code != ERR_VERIFY;
    return e;
}

/* --- the end --- */

static err commit_once(struct stage *s, struct mirror_meta *ret_meta, uint64_t *ret_count)
{
    const struct mirror *m = s->l->mirror;
    *ret_meta = s->l->meta;
    ret_meta->header = s->newest;
    TRY(turns_store(&s->l->turns, s->txn, s->newest.seq, (uint32_t)s->n, &ret_meta->turn));
    TRY(mirror_meta_put(m, s->txn, ret_meta));
    TRY(tree_count(m, s->txn, ret_count));
    return mirror_write_commit(m, TAKE_PTR(s->txn));
}

static err commit_guarded(void *arg)
{
    struct stage *s = arg;
    struct mirror_meta meta;
    uint64_t count = 0;
    err e = commit_once(s, &meta, &count);
    while (e.code == ERR_LIMIT) {
        TRY(restart(s, true));
        e = commit_once(s, &meta, &count);
    }
    TRY(e);
    atomic_store(&s->l->n_objects, count);
    s->l->meta = meta;
    s->l->n_failed = 0;
    return OK;
}

/* The window takes the runs, and the last of them what was written. */
static void publish(struct stage *s)
{
    struct ledgers *l = s->l;
    turns_committed(&l->turns, s->items[s->n - 1].run);
    for (size_t i = 0; i < s->n; i++)
        undo_publish(l->undo, TAKE_PTR(s->items[i].run));
    snap_set_advance(&l->snaps);
    undo_settle(l->undo);
}

/* Ledgers that are visible already (the mirror's file was changed for one of an older ledger) are
 * not told again. */
static void show(struct stage *s)
{
    uint32_t shown = 0;
    if (!tip_get_seq(&s->l->tip, &shown) || s->newest.seq >= shown)
        ledgers_show(s->l, &s->newest);
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].header.seq > shown)
            ledgers_tell(s->l, &s->items[i].header);
}

ERR stage_commit(struct stage *staged)
{
    CLEANUP(stage_freep) struct stage *s = staged;
    if (s->broken)
        return FAIL(ERR_IO, "apply: the batch failed at an earlier ledger");
    if (s->n == 0)
        return OK;
    TRY(guarded(s, commit_guarded));
    publish(s);
    show(s);
    return OK;
}
