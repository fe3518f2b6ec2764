/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/repair.h"

#include "base/log.h"
#include "base/mem.h"
#include "ledger/refill.h"
#include "rt/clock.h"

#include <stdlib.h>
#include <sys/random.h>

#define REPLAY_KEYS 16384 /* changed keys in one step, more or less */
#define REBUILD_KEYS 1024 /* read from the history at once */
/* A start may spend this on the undo window; 256 ordinary ledgers take longer, and fill it as they
 * come. */
#define REFILL_NS (300 * CLOCK_MS)
#define REBUILD_TXN_BYTES ((uint64_t)32 << 20)

static void progress(struct ledgers *l, const char *what, uint64_t done, uint64_t total)
{
    if (l->on_progress)
        l->on_progress(l->arg, what, done, total);
}

/* --- replay: the final state of all keys that changed in some ledgers --- */

struct key_list {
    struct hash256 *items;
    size_t n, cap;
};

static void key_list_freep(struct key_list *l)
{
    free(l->items);
}

static void key_list_add(struct key_list *l, const struct hash256 *keys, size_t n)
{
    if (l->n + n > l->cap) {
        l->cap = (l->n + n) * 2;
        l->items = xrealloc(l->items, l->cap * sizeof *l->items);
    }
    if (n)
        memcpy(l->items + l->n, keys, n * sizeof *keys);
    l->n += n;
}

static int key_order(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static void key_list_sort(struct key_list *l)
{
    if (l->n == 0)
        return;
    qsort(l->items, l->n, sizeof *l->items, key_order);
    size_t to = 1;
    for (size_t i = 1; i < l->n; i++)
        if (!hash256_eq(&l->items[i], &l->items[to - 1]))
            l->items[to++] = l->items[i];
    l->n = to;
}

static err put_or_delete(const struct mirror *m, MDB_txn *txn, const struct hash256 *key,
                         struct slice object)
{
    MDB_val k = mirror_val(hash256_slice(key)), value = mirror_val(object);
    if (object.n)
        return mirror_check(m, mdb_put(txn, m->state, &k, &value, 0), "replay");
    int rc = mdb_del(txn, m->state, &k, NULL);
    return rc == MDB_NOTFOUND ? OK : mirror_check(m, rc, "replay");
}

/* Keys changed after `from`, for some ledgers up to `last`. */
static err replay_keys(struct ledgers *l, uint32_t from, uint32_t last, struct key_list *keys,
                       uint32_t *ret_to)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    uint32_t to = from;
    while (to < last && keys->n < REPLAY_KEYS) {
        struct hash256 *diff = NULL;
        size_t n = 0;
        TRY(store_diff(l->store, to + 1, a, &diff, &n));
        key_list_add(keys, diff, n);
        arena_clear(a);
        to++;
    }
    key_list_sort(keys);
    *ret_to = to;
    return OK;
}

static err replay_state(struct ledgers *l, MDB_txn *txn, const struct key_list *keys,
                        const struct ledger_header *header)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    for (size_t at = 0; at < keys->n; at += REBUILD_KEYS) {
        size_t n = MIN(keys->n - at, (size_t)REBUILD_KEYS);
        struct slice *objects = arena_array(a, struct slice, n);
        TRY(store_objects_get(l->store, header->seq, keys->items + at, n, a, objects, NULL));
        for (size_t i = 0; i < n; i++)
            TRY(put_or_delete(l->mirror, txn, &keys->items[at + i], objects[i]));
        arena_clear(a);
    }
    struct hash256 root;
    TRY(tree_update(l->tree, txn, keys->items, keys->n, &root));
    if (!hash256_eq(&root, &header->state_hash))
        return FAIL(ERR_CORRUPT, "mirror: after replaying ledger %u its state has another root",
                    header->seq);
    return OK;
}

static err finish(struct ledgers *l, MDB_txn *txn, const struct ledger_header *header)
{
    struct mirror_meta meta = l->meta;
    meta.header = *header;
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

static err replay_step(struct ledgers *l, uint32_t last)
{
    CLEANUP(key_list_freep) struct key_list keys = {0};
    struct ledger_header header;
    uint32_t to = 0;
    TRY(replay_keys(l, l->meta.header.seq, last, &keys, &to));
    TRY(store_header_get(l->store, to, &header));
    TRY(ledgers_reserve(l, LEDGERS_RESERVE_BYTES));
    MDB_txn *txn = NULL;
    TRY(mirror_write_begin(l->mirror, &txn));
    err e = replay_state(l, txn, &keys, &header);
    if (e.code) {
        mdb_txn_abort(txn);
        return e;
    }
    return finish(l, txn, &header);
}

static err replay(struct ledgers *l, uint32_t last)
{
    uint32_t first = l->meta.header.seq;
    while (l->meta.header.seq < last) {
        TRY(replay_step(l, last));
        progress(l, "replaying ledgers", l->meta.header.seq - first, last - first);
    }
    return OK;
}

/* --- rebuild: everything, from the history --- */

struct rebuild {
    struct ledgers *l;
    const struct ledger_header *header;
    MDB_txn *txn;
    uint64_t txn_bytes;
    uint64_t n_objects;
    struct hash256 at; /* last key done */
    struct hash256 keys[REBUILD_KEYS];
    struct slice objects[REBUILD_KEYS];
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

static err rebuild_append(struct rebuild *r, const struct hash256 *key, struct slice object)
{
    if (object.n == 0)
        return FAIL(ERR_CORRUPT, "history: ledger %u lists an object that it does not have",
                    r->header->seq);
    MDB_val k = mirror_val(hash256_slice(key)), value = mirror_val(object);
    r->txn_bytes += 32 + object.n;
    r->n_objects++;
    struct mirror *m = r->l->mirror;
    return mirror_check(m, mdb_put(r->txn, m->state, &k, &value, MDB_APPEND), "rebuild");
}

/* The next keys of the history's list; 0 = the end. */
static err rebuild_keys(struct rebuild *r, size_t *ret_n)
{
    size_t n = 0;
    for (; n < REBUILD_KEYS; n++) {
        err e = store_next(r->l->store, r->header->seq, &r->at, &r->keys[n]);
        if (e.code == ERR_NOT_FOUND)
            break;
        TRY(e);
        if (hash256_cmp(&r->at, &r->keys[n]) >= 0)
            return FAIL(ERR_CORRUPT, "history: the keys of ledger %u do not ascend",
                        r->header->seq);
        r->at = r->keys[n];
    }
    *ret_n = n;
    return OK;
}

static err rebuild_objects(struct rebuild *r, size_t n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    TRY(store_objects_get(r->l->store, r->header->seq, r->keys, n, a, r->objects, NULL));
    TRY(rebuild_txn(r));
    for (size_t i = 0; i < n; i++)
        TRY(rebuild_append(r, &r->keys[i], r->objects[i]));
    return OK;
}

static err rebuild_tree(struct rebuild *r)
{
    if (r->txn)
        TRY(mirror_write_commit(r->l->mirror, TAKE_PTR(r->txn)));
    TRY(ledgers_reserve(r->l, LEDGERS_RESERVE_BYTES + r->n_objects * 64));
    TRY(mirror_write_begin(r->l->mirror, &r->txn));
    struct hash256 root;
    TRY(tree_build(r->l->tree, r->txn, NULL, &root));
    if (!hash256_eq(&root, &r->header->state_hash))
        return FAIL(ERR_CORRUPT,
                    "history: the state of ledger %u (%llu objects) does not have the header's "
                    "root; the history is damaged",
                    r->header->seq, (unsigned long long)r->n_objects);
    return finish(r->l, TAKE_PTR(r->txn), r->header);
}

static err rebuild(struct ledgers *l, const struct ledger_header *header)
{
    TRY(mirror_clear(l->mirror));
    CLEANUP(rebuild_freep) struct rebuild *r = xcalloc(1, sizeof *r);
    r->l = l;
    r->header = header;
    size_t n = 0;
    do {
        TRY(rebuild_keys(r, &n));
        if (n)
            TRY(rebuild_objects(r, n));
        progress(l, "rebuilding the state mirror", r->n_objects, 0);
    } while (n == REBUILD_KEYS);
    return rebuild_tree(r);
}

/* --- decisions --- */

/* The history's own name; one without gets it now (a keyspace of another program). */
static err dataset_get(struct ledgers *l, uint8_t ret[MIRROR_DATASET_BYTES])
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice id;
    err e = store_meta_get(l->store, "dataset_id", a, &id);
    if (e.code == 0 && id.n == MIRROR_DATASET_BYTES) {
        memcpy(ret, id.p, MIRROR_DATASET_BYTES);
        return OK;
    }
    if (e.code == 0)
        return FAIL(ERR_CORRUPT, "history: dataset_id has %zu bytes", id.n);
    if (e.code != ERR_NOT_FOUND)
        return e;
    return repair_new_dataset(l, ret);
}

ERR repair_new_dataset(struct ledgers *l, uint8_t ret[MIRROR_DATASET_BYTES])
{
    if (getrandom(ret, MIRROR_DATASET_BYTES, 0) != MIRROR_DATASET_BYTES)
        return FAIL(ERR_IO, "history: no random bytes for a dataset id");
    return store_meta_put(l->store, "dataset_id", slice_of(ret, MIRROR_DATASET_BYTES));
}

static err mirror_meta_now(struct ledgers *l, struct mirror_meta *ret)
{
    MDB_txn *txn = NULL;
    TRY(mirror_check(l->mirror, mdb_txn_begin(l->mirror->env, NULL, MDB_RDONLY, &txn), "begin"));
    err e = mirror_meta_get(l->mirror, txn, ret);
    if (e.code == 0) {
        uint64_t count = 0;
        e = tree_count(l->mirror, txn, &count);
        atomic_store(&l->n_objects, count);
    }
    mdb_txn_abort(txn);
    return e;
}

/* Why the mirror cannot be brought forward; NULL: it can. */
static const char *unfit(struct ledgers *l, const struct mirror_meta *meta, const uint8_t *dataset,
                         const struct store_range *span)
{
    if (memcmp(meta->dataset, dataset, MIRROR_DATASET_BYTES) != 0)
        return "belongs to another history";
    if (meta->header.seq > span->last)
        return "is ahead of the history";
    if (meta->header.seq < span->first)
        return "is older than the history";
    struct ledger_header header;
    err e = store_header_get(l->store, meta->header.seq, &header);
    if (e.code || !hash256_eq(&header.hash, &meta->header.hash))
        return "holds another ledger than the history";
    return NULL;
}

/* Replay what is missing. A mirror that turns out not to be what it says is rebuilt. */
static err bring_forward(struct ledgers *l, const struct mirror_meta *meta, uint32_t last,
                         bool *ret_done)
{
    l->meta = *meta;
    err e = replay(l, last);
    *ret_done = e.code == 0;
    if (e.code != ERR_CORRUPT)
        return e;
    LOG_WARN("%s, rebuilding the mirror", err_text());
    return OK;
}

static err repair(struct ledgers *l, const struct store_range *span)
{
    uint8_t dataset[MIRROR_DATASET_BYTES];
    TRY(dataset_get(l, dataset));
    struct mirror_meta meta;
    err e = mirror_meta_now(l, &meta);
    bool done = false;
    if (e.code == 0) {
        const char *why = unfit(l, &meta, dataset, span);
        if (why)
            LOG_WARN("mirror: %s %s, rebuilding it", l->mirror->path, why);
        else
            TRY(bring_forward(l, &meta, span->last, &done));
    } else if (e.code != ERR_NOT_FOUND && e.code != ERR_CORRUPT) {
        return e;
    }
    if (done)
        return OK;
    struct ledger_header header;
    TRY(store_header_get(l->store, span->last, &header));
    memcpy(l->meta.dataset, dataset, sizeof dataset);
    return rebuild(l, &header);
}

/* An empty history: whatever the mirror holds (a load that was killed) is of no use. */
static err empty_mirror(struct ledgers *l)
{
    MDB_stat state = {0}, meta = {0};
    MDB_txn *txn = NULL;
    TRY(mirror_check(l->mirror, mdb_txn_begin(l->mirror->env, NULL, MDB_RDONLY, &txn), "begin"));
    int rc = mdb_stat(txn, l->mirror->state, &state);
    if (rc == 0)
        rc = mdb_stat(txn, l->mirror->meta, &meta);
    mdb_txn_abort(txn);
    TRY(mirror_check(l->mirror, rc, "stat"));
    return state.ms_entries || meta.ms_entries ? mirror_clear(l->mirror) : OK;
}

ERR repair_at_open(struct ledgers *l)
{
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n = 0;
    store_ranges(l->store, ranges, &n);
    if (n == 0)
        return empty_mirror(l);
    TRY(repair(l, &ranges[n - 1]));
    if (l->lazy_undo)
        undo_reset(l->undo, l->meta.header.seq);
    else
        refill_window(l, ranges[n - 1].first, clock_now_ns() + REFILL_NS);
    ledgers_publish(l, &l->meta.header);
    return OK;
}

ERR repair_replay(struct ledgers *l)
{
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n = 0;
    store_ranges(l->store, ranges, &n);
    uint32_t before = l->meta.header.seq;
    if (n == 0 || ranges[n - 1].last <= before)
        return OK;
    if (ranges[n - 1].first > before + 1)
        return FAIL(ERR_STALE,
                    "mirror: ledger %u is older than the newest part of the history, %u-%u", before,
                    ranges[n - 1].first, ranges[n - 1].last);
    undo_reset(l->undo,
               ranges[n - 1].last); /* a replay has no before-images: the history answers */
    err e = replay(l, ranges[n - 1].last);
    undo_reset(l->undo, l->meta.header.seq);
    if (l->meta.header.seq != before)
        ledgers_publish(l, &l->meta.header);
    return e;
}
