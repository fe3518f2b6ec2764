/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys a ledger changed: those that its metadata names and that have a version there, and the
 * stored others. */
#include "base/buf.h"
#include "store/rocks_codec.h"
#include "store/rocks_iter.h"
#include "store/rocks_memo.h"
#include "store/rocks_ops.h"
#include "store/rocks_status.h"
#include "xrpl/txmeta.h"

#include <stdlib.h>

#define GETS_PER_STEP 64

struct diff_read {
    struct rocks_read rd;
    uint32_t seq;
    struct buf named; /* keys of the metadata, ascending, distinct */
    size_t n_checked;
    struct buf keys; /* of the result */
};

static void diff_deinit(struct diff_read *d)
{
    buf_deinit(&d->named);
    buf_deinit(&d->keys);
}

static void sort_unique(struct buf *keys)
{
    keys->n = 32 * hash256_sort_unique((struct hash256 *)keys->p, keys->n / 32);
}

/* Metadata with values of types that only some versions of this program know names nothing for
 * those who write (etl/decode): what its ledger changed was stored. More names do no harm here. */
static void collect(const struct store_tx *tx, struct buf *named)
{
    struct txmeta_iter it = txmeta_iter_of(tx->meta);
    struct txmeta_node node;
    while (txmeta_next(&it, &node))
        buf_put(named, node.key.b, 32);
}

static ERR collect_named(struct diff_read *d)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_txs_query all = {.first = d->seq, .last = d->seq};
    struct store_tx *txs;
    size_t n;
    TRY(rocks_ledger_txs(&d->rd.r->base, &all, a, &txs, &n));
    for (size_t i = 0; i < n; i++)
        collect(&txs[i], &d->named);
    sort_unique(&d->named);
    return OK;
}

static err unnamed_step(struct rocks_read *rd)
{
    struct diff_read *d = container_of(rd, struct diff_read, rd);
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct rocks_key key = rocks_key_seq(d->seq);
    TRY(rocks_read_get(rd, ROCKS_CF_HEADER, &key, &v));
    struct slice unnamed = slice_from(v.bytes, LEDGER_HEADER_BYTES);
    if (unnamed.n % 32 != 0)
        return FAIL(ERR_CORRUPT, "store: %s: header of ledger %u: %zu bytes", rd->r->path, d->seq,
                    v.bytes.n);
    buf_put_slice(&d->keys, unnamed);
    return OK;
}

static ERR has_version(struct diff_read *d, const struct hash256 *named, bool *ret)
{
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct rocks_key key = rocks_key_versioned(named, d->seq);
    uint32_t seq;
    if (rocks_memo_object_seq(d->rd.r, named, d->seq, &seq)) {
        *ret = seq == d->seq;
        return OK;
    }
    TRY(rocks_read_get(&d->rd, ROCKS_CF_OBJECT, &key, &v));
    *ret = v.pin != NULL;
    return OK;
}

/* A transaction may name objects that it leaves as they were, or that a later one removes again. */
static err filter_step(struct rocks_read *rd)
{
    struct diff_read *d = container_of(rd, struct diff_read, rd);
    for (size_t i = 0; i < GETS_PER_STEP && 32 * d->n_checked < d->named.n; i++, d->n_checked++) {
        struct hash256 named = hash256_of(d->named.p + 32 * d->n_checked);
        bool changed;
        TRY(has_version(d, &named, &changed));
        if (changed)
            buf_put(&d->keys, named.b, 32);
    }
    return 32 * d->n_checked < d->named.n ? (err){ROCKS_MORE} : OK;
}

err rocks_diff(struct store *s, uint32_t seq, struct arena *a, struct hash256 **ret, size_t *ret_n)
{
    CLEANUP(diff_deinit)
    struct diff_read d = {.rd = {rocks_of(s), false, unnamed_step}, .seq = seq};
    struct range_set ranges = rocks_ranges(d.rd.r);
    if (!range_set_has(&ranges, seq))
        return FAIL(ERR_NOT_FOUND, "store: ledger %u is not held", seq);
    if (seq != ranges.r[0].first) {
        TRY(rocks_read_run(&d.rd));
        TRY(collect_named(&d));
        d.rd.step = filter_step;
        TRY(rocks_read_run(&d.rd));
        sort_unique(&d.keys);
    }
    *ret_n = d.keys.n / 32;
    *ret = arena_array(a, struct hash256, *ret_n);
    if (*ret_n)
        memcpy(*ret, d.keys.p, d.keys.n);
    return rocks_read_check_budget(a);
}
