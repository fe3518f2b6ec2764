/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a recent ledger: mirror and undo window walked side by side. The caller checks afterwards
 * that the window still reaches back to the ledger. */
#include "ledger/guard.h"
#include "ledger/mirror_object.h"
#include "ledger/view_impl.h"

ERR view_undo_get(struct view *v, const struct hash256 *key, struct slice *ret)
{
    struct ledgers *l = v->ledgers;
    const struct undo_key *k = undo_seek(l->undo, key);
    if (k && hash256_eq(undo_key(k), key) && undo_at(k, v->header->seq, ret))
        return OK;
    *ret = SLICE_EMPTY;
    err e = mirror_get(l->mirror, v->snap->cursor, key, ret);
    return e.code == ERR_NOT_FOUND ? OK : e;
}

/* Both sides of the walk. */
struct walk {
    const struct view *view;
    MDB_cursor *cursor;
    int rc; /* of the mirror's cursor */
    MDB_val key;
    MDB_val value;
    const struct undo_key *undo;
};

static void mirror_step(struct walk *w)
{
    w->rc = mdb_cursor_get(w->cursor, &w->key, &w->value, MDB_NEXT);
}

static void walk_begin(struct walk *w, const struct view *v, const struct hash256 *key)
{
    *w = (struct walk){.view = v, .cursor = v->snap->cursor};
    w->key = mirror_val(hash256_slice(key));
    w->rc = mdb_cursor_get(w->cursor, &w->key, &w->value, MDB_SET_RANGE);
    if (w->rc == 0 && memcmp(w->key.mv_data, key->b, 32) == 0)
        mirror_step(w);
    w->undo = undo_seek(v->ledgers->undo, key);
    if (w->undo && hash256_eq(undo_key(w->undo), key))
        w->undo = undo_next(w->undo);
}

/* <0: the mirror's key comes first, 0: the same key, >0: the window's. */
static int walk_order(const struct walk *w)
{
    if (w->undo == NULL)
        return -1;
    if (w->rc != 0)
        return 1;
    return memcmp(w->key.mv_data, undo_key(w->undo)->b, 32);
}

/* Move over the smallest key of both. */
static err walk_step(struct walk *w, struct view_entry *ret, bool *ret_exists)
{
    int order = walk_order(w);
    bool exists = false;
    if (order <= 0) {
        TRY(mirror_object_read(w->view->ledgers->mirror, &w->key, &w->value, &ret->object));
        ret->key = hash256_of(w->key.mv_data);
        exists = true;
    }
    if (order >= 0) {
        struct slice before;
        if (undo_at(w->undo, w->view->header->seq, &before)) {
            *ret = (struct view_entry){*undo_key(w->undo), before};
            exists = before.n != 0;
        }
        w->undo = undo_next(w->undo);
    }
    if (order <= 0)
        mirror_step(w);
    *ret_exists = exists;
    return OK;
}

struct page {
    struct view *v;
    const struct hash256 *key;
    size_t n;
    struct view_entry *ret;
    size_t got;
};

static err page_guarded(void *arg)
{
    struct page *p = arg;
    struct walk w;
    walk_begin(&w, p->v, p->key);
    while (p->got < p->n && (w.rc == 0 || (w.rc == MDB_NOTFOUND && w.undo))) {
        bool exists;
        struct view_entry *entry = &p->ret[p->got];
        TRY(walk_step(&w, entry, &exists));
        if (exists)
            TRY(mirror_object_ascends(p->v->ledgers->mirror, p->got ? &entry[-1].key : p->key,
                                      &entry->key));
        p->got += exists;
    }
    if (w.rc != 0 && w.rc != MDB_NOTFOUND)
        return mirror_check(p->v->ledgers->mirror, w.rc, "walk");
    return OK;
}

ERR view_undo_walk(struct view *v, const struct hash256 *key, size_t n, struct view_entry *ret,
                   size_t *ret_n)
{
    struct page p = {v, key, n, ret, 0};
    TRY(guard_run(page_guarded, &p, v->ledgers->mirror->path));
    *ret_n = p.got;
    return OK;
}
