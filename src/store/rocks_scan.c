/* SPDX-License-Identifier: Apache-2.0 */
/* Scans of the indexes. Where an index is stored newest first, descending suffixes are a walk
 * forward. */
#include "store/rocks_codec.h"
#include "store/rocks_iter.h"
#include "store/rocks_ops.h"
#include "store/rocks_status.h"

#define ROWS_PER_STEP 128

struct scan_read {
    struct rocks_read rd;
    const struct store_scan *scan;
    const struct index_shape *shape;
    enum rocks_iter_kind kind;
    bool backward;       /* as the rows are stored */
    struct rocks_key at; /* next row is here or beyond, */
    bool inclusive;      /* or strictly beyond */
    size_t prefix_n;     /* of the stored key */
    struct arena *arena;
    struct store_entry *rows;
    size_t n, cap;
};

/* `from` may be the beginning of a suffix. Such a one stands just before all suffixes that begin
 * with it: as that beginning and zeros, counted in a walk up and not counted in a walk down. Empty
 * in a walk down: after all. */
static void set_start(struct scan_read *r, const struct store_scan *scan)
{
    uint8_t suffix[INDEX_MAX_SUFFIX] = {0};
    bool whole = scan->from.n == r->shape->suffix_bytes;
    r->inclusive = whole ? scan->inclusive : !scan->backward;
    if (scan->from.n > 0)
        memcpy(suffix, scan->from.p, scan->from.n);
    else if (scan->backward) {
        memset(suffix, 0xFF, sizeof suffix);
        r->inclusive = true;
    }
    r->at =
        rocks_codec_index_key(scan->index, scan->prefix, slice_of(suffix, r->shape->suffix_bytes));
    r->prefix_n = r->at.n - r->shape->suffix_bytes;
}

static void make_room(struct scan_read *r)
{
    if (r->n < r->cap)
        return;
    r->cap = MIN(r->cap ? 4 * r->cap : 256, (size_t)r->scan->limit);
    struct store_entry *more = arena_array(r->arena, struct store_entry, r->cap);
    if (r->n)
        memcpy(more, r->rows, r->n * sizeof *more);
    r->rows = more;
}

static ERR take_row(struct scan_read *r, const struct rocks_iter *it)
{
    struct slice key = rocks_iter_key(it);
    if (key.n != r->at.n)
        return FAIL(ERR_CORRUPT, "store: %s: row of %s with %zu bytes", r->rd.r->path,
                    r->shape->name, key.n);
    make_room(r);
    struct store_entry *row = &r->rows[r->n];
    uint8_t *suffix = arena_alloc(r->arena, r->shape->suffix_bytes);
    uint8_t flip = r->shape->newest_first ? 0xFF : 0;
    for (size_t i = 0; i < r->shape->suffix_bytes; i++)
        suffix[i] = key.p[r->prefix_n + i] ^ flip;
    row->suffix = slice_of(suffix, r->shape->suffix_bytes);
    row->value = arena_dup(r->arena, rocks_iter_value(it));
    memcpy(r->at.b, key.p, key.n);
    r->inclusive = false;
    r->n++;
    return rocks_read_check_budget(r->arena);
}

static bool within(const struct scan_read *r, const struct rocks_iter *it)
{
    struct slice key = rocks_iter_key(it);
    return key.n >= r->prefix_n && memcmp(key.p, r->at.b, r->prefix_n) == 0;
}

static ERR seek_start(struct scan_read *r, struct rocks_iter *it, bool *ret_valid)
{
    TRY(r->backward ? rocks_iter_seek_back(it, &r->at, ret_valid)
                    : rocks_iter_seek(it, &r->at, ret_valid));
    bool skip =
        *ret_valid && !r->inclusive && slice_eq(rocks_iter_key(it), slice_of(r->at.b, r->at.n));
    return skip ? rocks_iter_step(it, r->backward, ret_valid) : OK;
}

static err scan_step(struct rocks_read *rd)
{
    struct scan_read *r = container_of(rd, struct scan_read, rd);
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, r->kind);
    bool valid;
    TRY(seek_start(r, &it, &valid));
    for (size_t i = 0; valid && within(r, &it) && i < ROWS_PER_STEP; i++) {
        TRY(take_row(r, &it));
        if (r->n == r->scan->limit)
            return OK;
        TRY(rocks_iter_step(&it, r->backward, &valid));
    }
    return valid && within(r, &it) ? (err){ROCKS_MORE} : OK;
}

err rocks_scan(struct store *s, const struct store_scan *scan, struct arena *a,
               struct store_entry **ret, size_t *ret_n)
{
    struct scan_read r = {.rd = {rocks_of(s), false, scan_step}, .scan = scan, .arena = a};
    TRY(index_check_scan(scan));
    r.shape = index_shape(scan->index);
    r.backward = scan->backward != r.shape->newest_first;
    r.kind = rocks_codec_index_cf(scan->index) == ROCKS_CF_INDEX ? ROCKS_ITER_INDEX
                                                                 : ROCKS_ITER_ACCOUNT_TX;
    set_start(&r, scan);
    if (atomic_load(&r.rd.r->ready))
        TRY(rocks_read_run(&r.rd));
    *ret = r.rows;
    *ret_n = r.n;
    return OK;
}
