/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/apply.h"

#include "base/hex.h"
#include "base/mem.h"
#include "ledger/ledgers_impl.h"
#include "ledger/repair.h"
#include "ledger/successor.h"

#include <stdio.h>
#include <stdlib.h>

/* One ledger of the batch: verified, changed in the open transaction. */
struct applied {
    struct store_ledger ledger;
    struct successor_list successors;
    struct undo_run *run;
};

struct apply {
    struct ledgers *l;
    MDB_txn *txn;
    struct ledger_header newest; /* the last one added, or the mirror's */
    struct applied *items;
    size_t n, cap;
    bool broken;          /* the transaction is of no use any more */
    struct hash256 *keys; /* scratch */
    size_t cap_keys;
};

static void applied_deinit(struct applied *a)
{
    successor_list_deinit(&a->successors);
    a->run = undo_run_free(a->run);
}

struct apply *apply_abort(struct apply *b)
{
    if (b == NULL)
        return NULL;
    if (b->txn)
        mdb_txn_abort(b->txn);
    for (size_t i = 0; i < b->n; i++)
        applied_deinit(&b->items[i]);
    free(b->items);
    free(b->keys);
    free(b);
    return NULL;
}

static void apply_abortp(struct apply **b)
{
    apply_abort(*b);
}

ERR apply_begin(struct ledgers *l, struct apply **ret)
{
    if (!l->complete)
        return FAIL(ERR_INVALID, "apply: no ledger is held yet, it needs an initial load");
    TRY(repair_replay(l));
    TRY(ledgers_reserve(l, LEDGERS_RESERVE_BYTES));
    CLEANUP(apply_abortp) struct apply *b = xcalloc(1, sizeof *b);
    b->l = l;
    b->newest = l->meta.header;
    TRY(mirror_write_begin(l->mirror, &b->txn));
    *ret = TAKE_PTR(b);
    return OK;
}

size_t apply_count(const struct apply *b)
{
    return b->n;
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

static err check_order(const struct apply_ledger *in)
{
    for (size_t i = 1; i < in->n_objects; i++)
        if (hash256_cmp(&in->objects[i - 1].key, &in->objects[i].key) >= 0)
            return FAIL(ERR_INVALID, "apply: ledger %u: keys of objects do not ascend",
                        in->header.seq);
    return OK;
}

/* --- changing the state --- */

static err change_one(const struct mirror *m, MDB_cursor *cursor, const struct store_object *object,
                      struct undo_run *run)
{
    MDB_val key = mirror_val(hash256_slice(&object->key)), value = mirror_val(object->data), old;
    int rc = mdb_cursor_get(cursor, &key, &old, MDB_SET);
    if (rc == MDB_NOTFOUND) {
        if (object->data.n == 0)
            return OK;
        undo_run_add(run, &object->key, SLICE_EMPTY);
        return mirror_check(m, mdb_cursor_put(cursor, &key, &value, 0), "create");
    }
    TRY(mirror_check(m, rc, "look up"));
    if (slice_eq(mirror_slice(old), object->data))
        return OK;
    undo_run_add(run, &object->key, mirror_slice(old));
    if (object->data.n == 0)
        return mirror_check(m, mdb_cursor_del(cursor, 0), "delete");
    return mirror_check(m, mdb_cursor_put(cursor, &key, &value, MDB_CURRENT), "modify");
}

static err change_all(struct apply *b, const struct store_ledger *ledger, struct undo_run *run)
{
    const struct mirror *m = b->l->mirror;
    MDB_cursor *cursor = NULL;
    TRY(mirror_check(m, mdb_cursor_open(b->txn, m->state, &cursor), "open cursor"));
    err e = OK;
    for (size_t i = 0; i < ledger->n_objects && e.code == 0; i++)
        e = change_one(m, cursor, &ledger->objects[i], run);
    mdb_cursor_close(cursor);
    return e;
}

static err update_tree(struct apply *b, const struct undo_run *run, struct hash256 *ret_root)
{
    size_t n = undo_run_count(run);
    if (n > b->cap_keys) {
        b->cap_keys = n * 2;
        b->keys = xrealloc(b->keys, b->cap_keys * sizeof *b->keys);
    }
    for (size_t i = 0; i < n; i++)
        b->keys[i] = *undo_run_key(run, i);
    return tree_update(b->l->tree, b->txn, b->keys, n, ret_root);
}

/* Change the state to the item's ledger; its run says what was there before. */
static err change_and_verify(struct apply *b, struct applied *item)
{
    struct ledger_header before = b->newest;
    before.seq = item->ledger.header.seq - 1;
    undo_run_free(item->run);
    item->run = undo_run_new(&before);
    TRY(change_all(b, &item->ledger, item->run));
    struct hash256 root;
    TRY(update_tree(b, item->run, &root));
    if (!hash256_eq(&root, &item->ledger.header.state_hash))
        return mismatch(&item->ledger.header, "state root", &item->ledger.header.state_hash, &root);
    return OK;
}

static size_t list_changes(const struct applied *item, struct successor_change *ret)
{
    size_t n = 0, at = 0;
    for (size_t i = 0; i < undo_run_count(item->run); i++) {
        const struct hash256 *key = undo_run_key(item->run, i);
        while (!hash256_eq(&item->ledger.objects[at].key, key))
            at++;
        struct slice before = undo_run_before(item->run, i);
        struct slice after = item->ledger.objects[at].data;
        if (before.n && after.n)
            continue;
        bool book = successor_is_book(before.n ? before : after);
        ret[n++] = (struct successor_change){*key, before.n == 0, book};
    }
    return n;
}

static err find_successors(struct apply *b, struct applied *item)
{
    CLEANUP(mem_freep)
    struct successor_change *changes = xmalloc((undo_run_count(item->run) + 1) * sizeof *changes);
    size_t n = list_changes(item, changes);
    TRY(successor_of_changes(b->l->mirror, b->txn, changes, n, &item->successors));
    item->ledger.successors = item->successors.rows;
    item->ledger.n_successors = item->successors.n;
    return OK;
}

/* --- the batch --- */

/* Begin the transaction anew and repeat what was added before: without what a ledger that failed
 * has changed, or
 * (`grow`) with more room. */
static err restart(struct apply *b, bool grow)
{
    mdb_txn_abort(TAKE_PTR(b->txn));
    if (grow)
        TRY(ledgers_grow(b->l));
    TRY(mirror_write_begin(b->l->mirror, &b->txn));
    b->newest = b->l->meta.header;
    for (size_t i = 0; i < b->n; i++) {
        TRY(change_and_verify(b, &b->items[i]));
        b->newest = b->items[i].ledger.header;
    }
    return OK;
}

static struct applied *push_item(struct apply *b, const struct apply_ledger *in)
{
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 8;
        b->items = xrealloc(b->items, b->cap * sizeof *b->items);
    }
    struct applied *item = &b->items[b->n];
    *item = (struct applied){.ledger = {
                                 .header = in->header,
                                 .txs = in->txs,
                                 .tx_hashes = in->tx_hashes,
                                 .n_txs = in->n_txs,
                                 .objects = in->objects,
                                 .n_objects = in->n_objects,
                                 .unnamed = in->unnamed,
                                 .n_unnamed = in->n_unnamed,
                                 .index_rows = in->index_rows,
                                 .n_index_rows = in->n_index_rows,
                             }};
    return item;
}

static err add_item(struct apply *b, struct applied *item)
{
    err e = change_and_verify(b, item);
    while (e.code == ERR_LIMIT) {
        TRY(restart(b, true));
        e = change_and_verify(b, item);
    }
    TRY(e);
    return find_successors(b, item);
}

ERR apply_add(struct apply *b, const struct apply_ledger *ledger)
{
    if (b->broken)
        return FAIL(ERR_IO, "apply: the batch failed at an earlier ledger");
    TRY(check_order(ledger));
    TRY(check_links(&b->newest, &ledger->header));
    struct applied *item = push_item(b, ledger);
    err e = add_item(b, item);
    if (e.code == 0) {
        b->n++;
        b->newest = ledger->header;
        return OK;
    }
    applied_deinit(item);
    if (e.code != ERR_VERIFY) {
        b->broken = true;
        return e;
    }
    struct err_slot text;
    snprintf(text.text, sizeof text.text, "%s", err_text());
    err again = restart(b, false);
    b->broken = again.code != 0;
    return again.code ? again : FAIL(ERR_VERIFY, "%s", text.text);
}

static err write_history(struct apply *b)
{
    CLEANUP(mem_freep) struct store_ledger *ledgers = xmalloc(b->n * sizeof *ledgers);
    for (size_t i = 0; i < b->n; i++)
        ledgers[i] = b->items[i].ledger;
    return store_write(b->l->store, ledgers, b->n);
}

static err commit_once(struct apply *b, uint64_t *ret_count)
{
    struct mirror_meta meta = b->l->meta;
    meta.header = b->newest;
    TRY(mirror_meta_put(b->l->mirror, b->txn, &meta));
    TRY(tree_count(b->l->mirror, b->txn, ret_count));
    return mirror_write_commit(b->l->mirror, TAKE_PTR(b->txn));
}

static err commit_mirror(struct apply *b)
{
    uint64_t count = 0;
    err e = commit_once(b, &count);
    while (e.code == ERR_LIMIT) {
        TRY(restart(b, true));
        e = commit_once(b, &count);
    }
    TRY(e);
    atomic_store(&b->l->n_objects, count);
    return OK;
}

static err commit(struct apply *b)
{
    for (size_t i = 0; i < b->n; i++)
        undo_publish(b->l->undo, TAKE_PTR(b->items[i].run));
    err e = write_history(b);
    if (e.code == 0)
        e = commit_mirror(b);
    if (e.code) /* what the history has got, the next batch begins with */
        undo_retract(b->l->undo, b->n);
    else
        ledgers_publish(b->l, &b->newest);
    return e;
}

ERR apply_commit(struct apply *batch)
{
    CLEANUP(apply_abortp) struct apply *b = batch;
    if (b->broken)
        return FAIL(ERR_IO, "apply: the batch failed at an earlier ledger");
    return b->n ? commit(b) : OK;
}
