/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the state at a ledger: versions of objects, and the order of keys. */
#include "store/rocks_codec.h"
#include "store/rocks_hashes.h"
#include "store/rocks_iter.h"
#include "store/rocks_ops.h"
#include "store/rocks_status.h"

#define KEYS_PER_STEP 64

/* Land on the newest row of `key` at or before `seq`, in an OBJECT or SUCCESSOR iterator. */
static ERR seek_version(struct rocks_iter *it, const struct hash256 *key, uint32_t seq,
                        bool *ret_found)
{
    struct rocks_key at = rocks_key_versioned(key, seq);
    bool valid;
    TRY(rocks_iter_seek(it, &at, &valid));
    struct slice found = valid ? rocks_iter_key(it) : SLICE_EMPTY;
    *ret_found = valid && found.n == ROCKS_VERSIONED_KEY && memcmp(found.p, key->b, 32) == 0;
    return OK;
}

static ERR damaged(const struct rocks *r, const char *what, const struct hash256 *key)
{
    return FAIL(ERR_CORRUPT, "store: %s: %s of %08X%08X... is damaged", r->path, what,
                bits_load32(key->b), bits_load32(key->b + 4));
}

struct object_row {
    uint32_t seq;
    enum rocks_object_kind kind;
    struct slice payload;
};

/* The row the iterator stands on; its payload is valid until the next move. */
static ERR object_row(const struct rocks_iter *it, const struct hash256 *key,
                      struct object_row *ret)
{
    ret->seq = ~bits_load32(rocks_iter_key(it).p + 32);
    if (!rocks_codec_split_object(rocks_iter_value(it), &ret->kind, &ret->payload))
        return damaged(it->r, "object row", key);
    return OK;
}

static ERR object_data(const struct rocks_read *rd, const struct object_row *row, struct arena *a,
                       struct slice *ret)
{
    switch (row->kind) {
    case ROCKS_OBJECT_HASHES: return rocks_hashes_unpack(rd, row->seq, row->payload, a, ret);
    case ROCKS_OBJECT_FULL: *ret = arena_dup(a, row->payload); return OK;
    default: *ret = SLICE_EMPTY; return OK;
    }
}

struct objects_read {
    struct rocks_read rd;
    uint32_t seq;
    const struct hash256 *keys;
    size_t n, n_done;
    struct arena *arena;
    struct slice *ret;
    uint32_t *ret_seqs; /* may be NULL */
};

static ERR object_get(struct objects_read *o, struct rocks_iter *it, size_t i)
{
    bool found;
    struct object_row row = {.seq = UINT32_MAX, .kind = ROCKS_OBJECT_DELETED};
    TRY(seek_version(it, &o->keys[i], o->seq, &found));
    if (found)
        TRY(object_row(it, &o->keys[i], &row));
    TRY(object_data(&o->rd, &row, o->arena, &o->ret[i]));
    if (o->ret_seqs)
        o->ret_seqs[i] = row.seq;
    return rocks_read_check_budget(o->arena);
}

static err objects_step(struct rocks_read *rd)
{
    struct objects_read *o = container_of(rd, struct objects_read, rd);
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, ROCKS_ITER_OBJECT);
    for (size_t i = 0; i < KEYS_PER_STEP && o->n_done < o->n; i++, o->n_done++)
        TRY(object_get(o, &it, o->n_done));
    return o->n_done < o->n ? (err){ROCKS_MORE} : OK;
}

static void none(struct slice *ret, uint32_t *ret_seqs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ret[i] = SLICE_EMPTY;
        if (ret_seqs)
            ret_seqs[i] = UINT32_MAX;
    }
}

err rocks_state_objects_get(struct store *s, uint32_t seq, const struct hash256 *keys, size_t n,
                            struct arena *a, struct slice *ret, uint32_t *ret_seqs)
{
    struct objects_read o = {{rocks_of(s), false, objects_step}, seq, keys, n, 0, a, ret, ret_seqs};
    if (atomic_load(&o.rd.r->ready))
        return rocks_read_run(&o.rd);
    none(ret, ret_seqs, n);
    return OK;
}

/* `next` of any key. Successor rows stand for keys that exist at the ledger (and for the zero key);
 * the row of a key that was deleted stays behind and says nothing. So: find the key itself if it
 * exists, else its nearest smaller neighbour that does, and follow that one's row. The base of an
 * order book is a short cut: its row is right as long as it names a directory of that book that
 * exists (each change of the first directory writes a row, and nothing else can stand between); for
 * an empty book it may name any later key of the past, and is not used. */
struct next_read {
    struct rocks_read rd;
    uint32_t seq;
    const struct hash256 *key;
    bool walking;      /* `key` does not exist: looking for its neighbour, */
    struct hash256 at; /* below here */
    struct hash256 *ret;
};

static ERR exists_at(const struct rocks_read *rd, const struct hash256 *key, uint32_t seq,
                     bool *ret)
{
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, ROCKS_ITER_OBJECT);
    struct object_row row = {.kind = ROCKS_OBJECT_DELETED};
    bool found;
    TRY(seek_version(&it, key, seq, &found));
    if (found)
        TRY(object_row(&it, key, &row));
    *ret = row.kind != ROCKS_OBJECT_DELETED;
    return OK;
}

static ERR successor_of(const struct rocks_read *rd, const struct hash256 *key, uint32_t seq,
                        struct hash256 *ret, bool *ret_found)
{
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, ROCKS_ITER_SUCCESSOR);
    TRY(seek_version(&it, key, seq, ret_found));
    if (!*ret_found)
        return OK;
    struct slice next = rocks_iter_value(&it);
    if (next.n != 32)
        return damaged(rd->r, "successor row", key);
    *ret = hash256_of(next.p);
    return OK;
}

static bool is_end(const struct hash256 *next)
{
    static const struct hash256 last = {{[0 ... 31] = 0xFF}};
    return hash256_eq(next, &last) ||
           hash256_is_zero(next); /* zero: an old mistake of other writers, etl-db 3.6 */
}

/* Answer with the row of `below`, the greatest key <= n->key that exists (or the zero key). */
static ERR follow(struct next_read *n, const struct hash256 *below)
{
    struct hash256 next;
    bool found;
    TRY(successor_of(&n->rd, below, n->seq, &next, &found));
    if (!found && !hash256_is_zero(below))
        return damaged(n->rd.r, "successor list", below);
    if (!found || is_end(&next))
        return FAIL(ERR_NOT_FOUND, "store: no later key");
    if (hash256_cmp(&next, n->key) <= 0)
        return damaged(n->rd.r, "successor list", below);
    *n->ret = next;
    return OK;
}

static ERR try_book_base(struct next_read *n, bool *ret_done)
{
    struct hash256 next;
    bool found;
    *ret_done = false;
    if (bits_load64(n->key->b + 24) != 0)
        return OK;
    TRY(successor_of(&n->rd, n->key, n->seq, &next, &found));
    if (!found || memcmp(next.b, n->key->b, 24) != 0 || hash256_cmp(&next, n->key) <= 0)
        return OK;
    TRY(exists_at(&n->rd, &next, n->seq, ret_done));
    if (*ret_done)
        *n->ret = next;
    return OK;
}

static ERR start(struct next_read *n, bool *ret_done)
{
    bool here = hash256_is_zero(n->key);
    if (!here)
        TRY(exists_at(&n->rd, n->key, n->seq, &here));
    if (here) {
        *ret_done = true;
        return follow(n, n->key);
    }
    TRY(try_book_base(n, ret_done));
    n->walking = true;
    n->at = *n->key;
    return OK;
}

/* The greatest key below n->at that ever existed. */
static ERR step_back(struct next_read *n, struct rocks_iter *all, bool *ret_found)
{
    struct rocks_key at = {.n = 0};
    rocks_key_put(&at, n->at.b, 32); /* rows of the key itself are longer, so greater */
    TRY(rocks_iter_seek_back(all, &at, ret_found));
    if (*ret_found && rocks_iter_key(all).n != ROCKS_VERSIONED_KEY)
        return damaged(n->rd.r, "key before the object", &n->at);
    return OK;
}

static ERR walk(struct next_read *n)
{
    CLEANUP(rocks_iter_put) struct rocks_iter all = rocks_iter_take(&n->rd, ROCKS_ITER_OBJECT_ALL);
    for (size_t i = 0; i < KEYS_PER_STEP; i++) {
        bool found, here;
        TRY(step_back(n, &all, &found));
        if (!found)
            return follow(n, &HASH256_ZERO);
        struct hash256 candidate = hash256_of(rocks_iter_key(&all).p);
        TRY(exists_at(&n->rd, &candidate, n->seq, &here));
        if (here)
            return follow(n, &candidate);
        n->at = candidate;
    }
    return (err){ROCKS_MORE};
}

static err next_step(struct rocks_read *rd)
{
    struct next_read *n = container_of(rd, struct next_read, rd);
    bool done = false;
    if (!n->walking)
        TRY(start(n, &done));
    return done ? OK : walk(n);
}

err rocks_state_next(struct store *s, uint32_t seq, const struct hash256 *key, struct hash256 *ret)
{
    struct next_read n = {
        .rd = {rocks_of(s), false, next_step}, .seq = seq, .key = key, .ret = ret};
    if (!atomic_load(&n.rd.r->ready))
        return FAIL(ERR_NOT_FOUND, "store: empty");
    return rocks_read_run(&n.rd);
}
