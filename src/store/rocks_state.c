/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_state.h"

#include "store/rocks_hashes.h"
#include "store/rocks_memo.h"
#include "store/rocks_ops.h"
#include "store/rocks_status.h"

#define KEYS_PER_STEP 64

ERR rocks_state_seek(struct rocks_iter *it, const struct hash256 *key, uint32_t seq,
                     bool *ret_found)
{
    struct rocks_key at = rocks_key_versioned(key, seq);
    bool valid;
    TRY(rocks_iter_seek(it, &at, &valid));
    struct slice found = valid ? rocks_iter_key(it) : SLICE_EMPTY;
    *ret_found = valid && found.n == ROCKS_VERSIONED_KEY && memcmp(found.p, key->b, 32) == 0;
    return OK;
}

ERR rocks_state_damaged(const struct rocks *r, const char *what, const struct hash256 *key)
{
    return FAIL(ERR_CORRUPT, "store: %s: %s of %08X%08X... is damaged", r->path, what,
                bits_load32(key->b), bits_load32(key->b + 4));
}

ERR rocks_state_row(const struct rocks_iter *it, const struct hash256 *key,
                    struct rocks_state_row *ret)
{
    ret->seq = ~bits_load32(rocks_iter_key(it).p + 32);
    if (!rocks_codec_split_object(rocks_iter_value(it), &ret->kind, &ret->payload))
        return rocks_state_damaged(it->r, "object row", key);
    return OK;
}

ERR rocks_state_data(const struct rocks_read *rd, const struct rocks_state_row *row,
                     struct arena *a, struct slice *ret)
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

static ERR read_version(struct objects_read *o, struct rocks_iter *it, size_t i, uint32_t *ret_seq)
{
    bool found;
    struct rocks_state_row row = {.seq = UINT32_MAX, .kind = ROCKS_OBJECT_DELETED};
    uint32_t epoch = rocks_memo_object_epoch(o->rd.r, &o->keys[i]);
    TRY(rocks_state_seek(it, &o->keys[i], o->seq, &found));
    if (found)
        TRY(rocks_state_row(it, &o->keys[i], &row));
    TRY(rocks_state_data(&o->rd, &row, o->arena, &o->ret[i]));
    rocks_memo_put_object(o->rd.r, epoch, &o->keys[i], o->seq, row.seq, o->ret[i]);
    *ret_seq = row.seq;
    return OK;
}

static ERR object_get(struct objects_read *o, struct rocks_iter *it, size_t i)
{
    uint32_t seq;
    if (!rocks_memo_object(o->rd.r, &o->keys[i], o->seq, o->arena, &o->ret[i], &seq))
        TRY(read_version(o, it, i, &seq));
    if (o->ret_seqs)
        o->ret_seqs[i] = seq;
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
