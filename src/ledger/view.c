/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/view.h"

#include "base/mem.h"
#include "ledger/guard.h"
#include "ledger/merged.h"
#include "ledger/mirror_object.h"
#include "ledger/repair.h"
#include "ledger/view_impl.h"
#include "rt/fiber.h"

#include <stdlib.h>

/* --- life --- */

void view_pool_free(struct view **pool)
{
    while (*pool) {
        struct view *v = *pool;
        *pool = v->next_free;
        free(v);
    }
}

static struct view *view_alloc(struct ledgers *l, uint32_t slot)
{
    struct view *v = l->slots[slot].free_views;
    if (v)
        l->slots[slot].free_views = v->next_free;
    else
        v = xmalloc(sizeof *v);
    v->ledgers = l;
    v->slot = slot;
    v->from = VIEW_FROM_MIRROR;
    v->pinned = false;
    v->snap = NULL;
    return v;
}

static void drop_snapshot(struct view *v)
{
    if (v->pinned)
        epochs_unpin(versions_epochs(undo_versions(v->ledgers->undo)), v->slot, &v->pin);
    if (v->snap)
        snap_release(&v->ledgers->snaps, v->slot, v->snap);
    v->pinned = false;
    v->snap = NULL;
}

struct view *view_close(struct view *v)
{
    if (v == NULL)
        return NULL;
    drop_snapshot(v);
    struct ledgers_slot *slot = &v->ledgers->slots[v->slot];
    v->next_free = slot->free_views;
    slot->free_views = v;
    return NULL;
}

void view_closep(struct view **v)
{
    view_close(*v);
}

/* The window reaches back to ledger `seq`: read there. */
static bool use_undo(struct view *v, uint32_t seq)
{
    const struct undo *undo = v->ledgers->undo;
    v->from = VIEW_FROM_UNDO;
    v->header = &v->own_header;
    return undo_header(undo, seq, &v->own_header) && undo_covers(undo, seq);
}

YIELDS static err use_history(struct view *v, uint32_t seq)
{
    drop_snapshot(v);
    v->from = VIEW_FROM_HISTORY;
    v->header = &v->own_header;
    if (!ledgers_has(v->ledgers, seq))
        return FAIL(ERR_NOT_FOUND, "view: ledger %u is not held", seq);
    return store_header_get(v->ledgers->store, seq, &v->own_header);
}

/* Without a mirror. */
YIELDS static err begin_history(struct view *v, uint32_t seq)
{
    struct ledger_header tip;
    if (!tip_get(&v->ledgers->tip, &tip))
        return FAIL(ERR_NOT_FOUND, "view: no ledger is held yet");
    if (seq > tip.seq)
        return FAIL(ERR_NOT_FOUND, "view: ledger %u is not held, the newest is %u", seq, tip.seq);
    return use_history(v, seq ? seq : tip.seq);
}

YIELDS static err view_begin(struct view *v, uint32_t seq)
{
    /* first: what the snapshot lacks stays (versions.h) */
    epochs_pin(versions_epochs(undo_versions(v->ledgers->undo)), v->slot, &v->pin);
    v->pinned = true;
    err e = snap_acquire(&v->ledgers->snaps, v->slot, &v->snap);
    if (e.code == ERR_CORRUPT)
        (void)repair_doubt(v->ledgers, err_text()).code;
    if (e.code == ERR_CORRUPT || e.code == ERR_STALE)
        return begin_history(v, seq);
    TRY(e);
    if (!v->snap->complete)
        return FAIL(ERR_NOT_FOUND, "view: no ledger is held yet");
    v->header = &v->snap->header;
    if (seq == 0 || seq == v->header->seq)
        return OK;
    if (seq > v->header->seq)
        return FAIL(ERR_NOT_FOUND, "view: ledger %u is not held, the newest is %u", seq,
                    v->header->seq);
    if (use_undo(v, seq))
        return OK;
    return use_history(v, seq);
}

YIELDS ERR view_open(struct ledgers *l, uint32_t seq, struct view **ret)
{
    uint32_t slot;
    TRY(ledgers_slot_index(l, &slot));
    struct view *v = view_alloc(l, slot);
    err e = view_begin(v, seq);
    if (e.code)
        view_close(v);
    else
        *ret = v;
    return e;
}

YIELDS ERR view_open_hash(struct ledgers *l, const struct hash256 *hash, struct view **ret)
{
    struct ledger_header tip;
    if (!tip_get(&l->tip, &tip))
        return FAIL(ERR_NOT_FOUND, "view: no ledger is held yet");
    uint32_t seq = tip.seq;
    if (!hash256_eq(hash, &tip.hash))
        TRY(store_seq_by_hash(l->store, hash, &seq));
    return view_open(l, seq, ret);
}

const struct ledger_header *view_header(const struct view *v)
{
    return v->header;
}

bool view_is_old(const struct view *v)
{
    return v->from == VIEW_FROM_HISTORY;
}

struct ledgers *view_ledgers(const struct view *v)
{
    return v->ledgers;
}

struct store *view_store(const struct view *v)
{
    return v->ledgers->store;
}

/* --- reading --- */

static void count(struct view *v, uint64_t n)
{
    struct ledgers_slot *s = &v->ledgers->slots[v->slot];
    _Atomic uint64_t *counters[] = {&s->reads_mirror, &s->reads_undo, &s->reads_history};
    _Atomic uint64_t *c = counters[v->from];
    /* Only this thread writes it. */
    atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

/* After a read from the mirror: false if the window has moved past the view's ledger. What earlier
 * reads returned stays valid: the pin is kept. */
static bool window_held(struct view *v)
{
    if (undo_covers(v->ledgers->undo, v->header->seq))
        return true;
    v->from = VIEW_FROM_HISTORY;
    return false;
}

YIELDS static err history_get(struct view *v, const struct hash256 *keys, size_t n, struct arena *a,
                              struct slice *ret)
{
    return store_objects_get(v->ledgers->store, v->header->seq, keys, n, a, ret, NULL);
}

/* After a read from the mirror: damage that it met. From here on the history answers; what was read
 * before stays valid: the snapshot is kept. */
static err mirror_held(struct view *v, err e)
{
    if (e.code != ERR_CORRUPT)
        return e;
    (void)repair_doubt(v->ledgers, err_text()).code;
    v->from = VIEW_FROM_HISTORY;
    return OK;
}

/* Where to read now: a mirror that others have found to be damaged is not asked any more. */
static enum view_from source_of(struct view *v)
{
    if (__builtin_expect(atomic_load_explicit(&v->ledgers->doubtful, memory_order_relaxed), 0))
        v->from = VIEW_FROM_HISTORY;
    return v->from;
}

/* One object; empty = absent. */
YIELDS static err get_or_empty(struct view *v, const struct hash256 *key, struct arena *a,
                               struct slice *ret)
{
    if (source_of(v) != VIEW_FROM_HISTORY) {
        const struct ledgers *l = v->ledgers;
        *ret = SLICE_EMPTY;
        err e = merged_get(l->mirror, undo_versions(l->undo), v->snap->cursor, v->header->seq, key,
                           ret);
        if (e.code != ERR_NOT_FOUND)
            TRY(mirror_held(v, e));
        if (v->from != VIEW_FROM_HISTORY && window_held(v))
            return OK;
    }
    return history_get(v, key, 1, a, ret);
}

YIELDS ERR view_get(struct view *v, const struct hash256 *key, struct arena *a, struct slice *ret)
{
    struct slice object;
    TRY(get_or_empty(v, key, a, &object));
    count(v, 1);
    if (object.n == 0)
        return (err){ERR_NOT_FOUND};
    *ret = object;
    return OK;
}

YIELDS ERR view_get_many(struct view *v, const struct hash256 *keys, size_t n, struct arena *a,
                         struct slice *ret)
{
    for (size_t i = 0; i < n && v->from != VIEW_FROM_HISTORY; i++)
        TRY(get_or_empty(v, &keys[i], a, &ret[i]));
    count(v, n);
    return v->from == VIEW_FROM_HISTORY ? history_get(v, keys, n, a, ret) : OK;
}

YIELDS ERR view_exists(struct view *v, const struct hash256 *key, bool *ret)
{
    CLEANUP(arena_freep) struct arena *a = NULL;
    if (v->from == VIEW_FROM_HISTORY)
        a = arena_new(0);
    struct slice object;
    TRY(get_or_empty(v, key, a, &object));
    count(v, 1);
    *ret = object.n != 0;
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
    const struct ledgers *l = p->v->ledgers;
    struct merged w = {l->mirror, undo_versions(l->undo), p->v->snap->cursor, p->v->header->seq};
    merged_seek(&w, p->key, true);
    while (p->got < p->n) {
        struct view_entry *entry = &p->ret[p->got];
        struct merged_entry found;
        err e = merged_next(&w, &found);
        if (e.code == ERR_NOT_FOUND)
            return OK;
        TRY(e);
        *entry = (struct view_entry){hash256_of(found.key), found.object};
        TRY(mirror_object_ascends(l->mirror, p->got ? &entry[-1].key : p->key, &entry->key));
        p->got++;
    }
    return OK;
}

/* One walk of the mirror. After it v->from says whether that is to be believed. */
static err mirror_walk(struct view *v, const struct hash256 *key, size_t n, struct view_entry *ret,
                       size_t *ret_n)
{
    struct page p = {v, key, n, ret, 0};
    TRY(mirror_held(v, guard_run(page_guarded, &p, v->ledgers->mirror->path)));
    if (v->from != VIEW_FROM_HISTORY)
        (void)window_held(v);
    *ret_n = p.got;
    return OK;
}

YIELDS static err history_walk(struct view *v, const struct hash256 *key, size_t n, struct arena *a,
                               struct view_entry *ret, size_t *ret_n)
{
    struct store_object *objects = arena_array(a, struct store_object, n);
    size_t got = 0;
    TRY(store_page(v->ledgers->store, v->header->seq, key, n, true, a, objects, &got));
    for (size_t i = 0; i < got; i++)
        ret[i] = (struct view_entry){objects[i].key, objects[i].data};
    *ret_n = got;
    return OK;
}

YIELDS ERR view_page(struct view *v, const struct hash256 *key, size_t n, struct arena *a,
                     struct view_entry *ret, size_t *ret_n)
{
    if (source_of(v) != VIEW_FROM_HISTORY)
        TRY(mirror_walk(v, key, n, ret, ret_n));
    if (v->from == VIEW_FROM_HISTORY)
        TRY(history_walk(v, key, n, a, ret, ret_n));
    count(v, *ret_n + 1);
    return OK;
}

/* At an old ledger, without the object: its key alone is one read less. */
YIELDS static err history_next(struct view *v, const struct hash256 *key, struct arena *a,
                               struct hash256 *ret_key, struct slice *ret_object)
{
    struct hash256 next;
    TRY(store_next(v->ledgers->store, v->header->seq, key, &next));
    if (ret_object) {
        TRY(history_get(v, &next, 1, a, ret_object));
        if (ret_object->n == 0)
            return FAIL(ERR_CORRUPT, "view: ledger %u lists an object that it does not have",
                        v->header->seq);
    }
    *ret_key = next;
    return OK;
}

YIELDS ERR view_next(struct view *v, const struct hash256 *key, struct arena *a,
                     struct hash256 *ret_key, struct slice *ret_object)
{
    count(v, 1);
    struct view_entry entry;
    size_t n = 0;
    if (source_of(v) != VIEW_FROM_HISTORY)
        TRY(mirror_walk(v, key, 1, &entry, &n));
    if (v->from == VIEW_FROM_HISTORY)
        return history_next(v, key, a, ret_key, ret_object);
    if (n == 0)
        return (err){ERR_NOT_FOUND};
    *ret_key = entry.key;
    if (ret_object)
        *ret_object = entry.object;
    return OK;
}

YIELDS ERR view_object_seq(struct view *v, const struct hash256 *key, uint32_t *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice object;
    uint32_t seq = UINT32_MAX;
    TRY(store_objects_get(v->ledgers->store, v->header->seq, key, 1, a, &object, &seq));
    if (seq == UINT32_MAX)
        return FAIL(ERR_NOT_FOUND, "view: there never was such an object");
    uint32_t first, last;
    if (seq == 0 && ledgers_range(v->ledgers, &first, &last))
        seq = first;
    *ret = seq;
    return OK;
}
