/* SPDX-License-Identifier: Apache-2.0 */
/* Scans of the indexes. Where an index is stored newest first, descending suffixes are a walk
 * forward. */
#include "store/rocks_codec.h"
#include "store/rocks_iter.h"
#include "store/rocks_memo.h"
#include "store/rocks_ops.h"
#include "store/rocks_status.h"

#define ROWS_PER_STEP 128

/* One of the scans. */
struct scan {
    const struct store_scan *asked;
    const struct index_shape *shape;
    enum rocks_iter_kind kind;
    bool backward;       /* as the rows are stored */
    struct rocks_key at; /* next row is here or beyond, */
    bool inclusive;      /* or strictly beyond */
    size_t prefix_n;     /* of the stored key */
    struct store_rows *ret;
    size_t cap;
};

struct scans_read {
    struct rocks_read rd;
    const struct store_scan *asked;
    size_t n, n_done;
    struct arena *arena;
    struct store_rows *ret;
    struct scan now; /* asked[n_done], once started */
    struct rocks_memo_head head;
    bool started;
};

/* `from` may be the beginning of a suffix. Such a one stands just before all suffixes that begin
 * with it: as that beginning and zeros, counted in a walk up and not counted in a walk down. Empty
 * in a walk down: after all. */
static void set_start(struct scan *r)
{
    const struct store_scan *asked = r->asked;
    uint8_t suffix[INDEX_MAX_SUFFIX] = {0};
    bool whole = asked->from.n == r->shape->suffix_bytes;
    r->inclusive = whole ? asked->inclusive : !asked->backward;
    if (asked->from.n > 0)
        memcpy(suffix, asked->from.p, asked->from.n);
    else if (asked->backward) {
        memset(suffix, 0xFF, sizeof suffix);
        r->inclusive = true;
    }
    r->at = rocks_codec_index_key(asked->index, asked->prefix,
                                  slice_of(suffix, r->shape->suffix_bytes));
    r->prefix_n = r->at.n - r->shape->suffix_bytes;
}

static struct store_entry *make_room(struct scan *r, struct arena *a)
{
    if (r->ret->n == r->cap) {
        r->cap = MIN(r->cap ? 4 * r->cap : 64, (size_t)r->asked->limit);
        struct store_entry *more = arena_array(a, struct store_entry, r->cap);
        if (r->ret->n)
            memcpy(more, r->ret->rows, r->ret->n * sizeof *more);
        r->ret->rows = more;
    }
    return &r->ret->rows[r->ret->n];
}

/* Suffix and value in one piece. */
static void copy_row(const struct scan *r, struct slice key, struct slice value, struct arena *a,
                     struct store_entry *ret)
{
    size_t n = r->shape->suffix_bytes;
    uint8_t *p = arena_alloc(a, n + value.n);
    uint8_t flip = r->shape->newest_first ? 0xFF : 0;
    for (size_t i = 0; i < n; i++)
        p[i] = key.p[r->prefix_n + i] ^ flip;
    if (value.n)
        memcpy(p + n, value.p, value.n);
    *ret = (struct store_entry){slice_of(p, n), slice_of(p + n, value.n)};
}

static ERR take_row(const struct rocks *rocks, struct scan *r, struct arena *a,
                    const struct rocks_iter *it)
{
    struct slice key = rocks_iter_key(it);
    if (key.n != r->at.n)
        return FAIL(ERR_CORRUPT, "store: %s: row of %s with %zu bytes", rocks->path, r->shape->name,
                    key.n);
    copy_row(r, key, rocks_iter_value(it), a, make_room(r, a));
    memcpy(r->at.b, key.p, key.n);
    r->inclusive = false;
    r->ret->n++;
    return rocks_read_check_budget(a);
}

static bool within(const struct scan *r, const struct rocks_iter *it)
{
    struct slice key = rocks_iter_key(it);
    return key.n >= r->prefix_n && memcmp(key.p, r->at.b, r->prefix_n) == 0;
}

static ERR seek_start(struct scan *r, struct rocks_iter *it, bool *ret_valid)
{
    TRY(r->backward ? rocks_iter_seek_back(it, &r->at, ret_valid)
                    : rocks_iter_seek(it, &r->at, ret_valid));
    bool skip =
        *ret_valid && !r->inclusive && slice_eq(rocks_iter_key(it), slice_of(r->at.b, r->at.n));
    return skip ? rocks_iter_step(it, r->backward, ret_valid) : OK;
}

/* Go on with a scan, for *left rows or seeks at most. */
static ERR scan_on(struct scans_read *s, struct rocks_iter *it, size_t *left, bool *ret_done)
{
    struct scan *r = &s->now;
    bool valid;
    TRY(seek_start(r, it, &valid));
    *ret_done = false;
    for (;;) {
        if (!valid || !within(r, it)) {
            *ret_done = true;
            return OK;
        }
        TRY(take_row(s->rd.r, r, s->arena, it));
        *ret_done = r->ret->n == r->asked->limit;
        if (*ret_done || --*left == 0)
            return OK;
        TRY(rocks_iter_step(it, r->backward, &valid));
    }
}

static struct scan scan_of(const struct store_scan *asked)
{
    const struct index_shape *shape = index_shape(asked->index);
    bool account_tx = rocks_codec_index_cf(asked->index) == ROCKS_CF_ACCOUNT_TX;
    struct scan r = {.asked = asked,
                     .shape = shape,
                     .kind = account_tx ? ROCKS_ITER_ACCOUNT_TX : ROCKS_ITER_INDEX,
                     .backward = asked->backward != shape->newest_first};
    set_start(&r);
    return r;
}

static void start(struct scans_read *s)
{
    const struct store_scan *asked = &s->asked[s->n_done];
    s->now = scan_of(asked);
    s->now.ret = &s->ret[s->n_done];
    s->head = rocks_memo_head_of(s->rd.r, asked);
    s->started = true;
}

/* The scans ahead that are kept in memory. */
static void take_kept(struct scans_read *s)
{
    while (!s->started && s->n_done < s->n &&
           rocks_memo_scan(s->rd.r, &s->asked[s->n_done], s->arena, &s->ret[s->n_done]))
        s->n_done++;
}

/* Scans of one kind, which share an iterator. */
static ERR scan_kind(struct scans_read *s, size_t *left)
{
    enum rocks_iter_kind kind = s->now.kind;
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(&s->rd, kind);
    while (s->started && s->now.kind == kind && *left > 0) {
        bool done;
        TRY(scan_on(s, &it, left, &done));
        if (!done)
            return OK;
        rocks_memo_put_scan(s->rd.r, s->head, s->now.asked, s->now.ret);
        *left -= *left > 0;
        s->started = false;
        s->n_done++;
        take_kept(s);
        if (s->n_done < s->n)
            start(s);
    }
    return OK;
}

static err scan_step(struct rocks_read *rd)
{
    struct scans_read *s = container_of(rd, struct scans_read, rd);
    size_t left = ROWS_PER_STEP;
    take_kept(s);
    if (!s->started && s->n_done < s->n)
        start(s);
    while (s->started && left > 0)
        TRY(scan_kind(s, &left));
    TRY(rocks_read_check_budget(s->arena));
    return s->n_done < s->n ? (err){ROCKS_MORE} : OK;
}

err rocks_scan(struct store *s, const struct store_scan *scans, size_t n, struct arena *a,
               struct store_rows *ret)
{
    struct scans_read r = {
        .rd = {rocks_of(s), false, scan_step}, .asked = scans, .n = n, .arena = a, .ret = ret};
    for (size_t i = 0; i < n; i++)
        TRY(index_check_scan(&scans[i]));
    for (size_t i = 0; i < n; i++)
        ret[i] = (struct store_rows){NULL, 0};
    return n > 0 && atomic_load(&r.rd.r->ready) ? rocks_read_run(&r.rd) : OK;
}

/* --- rows of a type --- */

/* What a step looks at: less than 200 us. */
#define TYPED_PER_STEP 1024

struct typed_read {
    struct rocks_read rd;
    const struct store_typed_scan *asked;
    struct scan at;
    struct store_typed_rows *ret;
};

static struct store_tx_pos pos_of(const struct scan *r, const uint8_t *suffix)
{
    uint32_t flip = r->shape->newest_first ? UINT32_MAX : 0;
    return (struct store_tx_pos){bits_load32(suffix) ^ flip, bits_load32(suffix + 4) ^ flip};
}

/* Look at a row; true in *ret_behind: it stands behind those that were asked for. */
static ERR look_at(struct typed_read *t, const struct rocks_iter *it, bool *ret_behind)
{
    struct scan *r = &t->at;
    struct slice key = rocks_iter_key(it), value = rocks_iter_value(it);
    if (key.n != r->at.n || value.n != 2)
        return FAIL(ERR_CORRUPT, "store: %s: row of %s with %zu and %zu bytes", t->rd.r->path,
                    r->shape->name, key.n, value.n);
    struct store_tx_pos pos = pos_of(r, key.p + r->prefix_n);
    *ret_behind = store_typed_is_behind(t->asked, pos.ledger_seq);
    if (*ret_behind)
        return OK;
    memcpy(r->at.b, key.p, key.n);
    r->inclusive = false;
    t->ret->last = pos;
    t->ret->n_looked++;
    if (bits_load16(value.p) == t->asked->type)
        t->ret->at[t->ret->n++] =
            (struct store_tx_locator){.pos = pos, .type = t->asked->type, .has_type = true};
    return OK;
}

static bool is_enough(const struct typed_read *t)
{
    return t->ret->n == t->asked->scan.limit || t->ret->n_looked >= t->asked->look;
}

static err typed_step(struct rocks_read *rd)
{
    struct typed_read *t = container_of(rd, struct typed_read, rd);
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, t->at.kind);
    bool valid, behind = false;
    TRY(seek_start(&t->at, &it, &valid));
    for (size_t left = TYPED_PER_STEP; valid && within(&t->at, &it); left--) {
        if (is_enough(t))
            return OK;
        if (left == 0)
            return (err){ROCKS_MORE};
        TRY(look_at(t, &it, &behind));
        if (behind)
            break;
        TRY(rocks_iter_step(&it, t->at.backward, &valid));
    }
    t->ret->at_end = true;
    return OK;
}

err rocks_scan_typed(struct store *s, const struct store_typed_scan *scan, struct arena *a,
                     struct store_typed_rows *ret)
{
    struct typed_read t = {.rd = {rocks_of(s), false, typed_step}, .asked = scan, .ret = ret};
    TRY(index_check_scan(&scan->scan));
    *ret =
        (struct store_typed_rows){.at = arena_array(a, struct store_tx_locator, scan->scan.limit)};
    t.at = scan_of(&scan->scan);
    if (atomic_load(&t.rd.r->ready))
        return rocks_read_run(&t.rd);
    ret->at_end = true;
    return OK;
}
