/* SPDX-License-Identifier: Apache-2.0 */
/* The transactions of a ledger, or of some: a walk over their rows. */
#include "store/rocks_iter.h"
#include "store/rocks_memo.h"
#include "store/rocks_ops.h"
#include "store/rocks_status.h"
#include "store/rocks_tx.h"

#include <stdlib.h>

#define TXS_PER_STEP 64

struct ledger_read {
    struct rocks_read rd;
    const struct store_txs_query *query;
    struct arena *arena;
    size_t limit;
    size_t skip;         /* that are left to pass over */
    size_t n_asked;      /* of query->indexes */
    struct rocks_key at; /* next row is here or beyond, */
    bool passed;         /* or strictly beyond */
    struct store_tx *txs;
    size_t n, cap;
};

static struct store_tx *make_room(struct ledger_read *l)
{
    if (l->n == l->cap) {
        l->cap = MIN(l->cap ? 4 * l->cap : 128, l->limit);
        struct store_tx *more = arena_array(l->arena, struct store_tx, l->cap);
        if (l->n)
            memcpy(more, l->txs, l->n * sizeof *more);
        l->txs = more;
    }
    return &l->txs[l->n];
}

/* --- at given indexes --- */

static err indexes_step(struct rocks_read *rd)
{
    struct ledger_read *l = container_of(rd, struct ledger_read, rd);
    for (size_t i = 0; i < TXS_PER_STEP && l->n_asked < l->query->n_indexes; i++, l->n_asked++) {
        struct store_tx_pos pos = {l->query->first, l->query->indexes[l->n_asked]};
        bool found;
        TRY(rocks_tx_read(rd, pos, l->arena, make_room(l), &found));
        l->n += found;
    }
    return l->n_asked < l->query->n_indexes ? (err){ROCKS_MORE} : OK;
}

/* --- all --- */

static ERR take_row(struct ledger_read *l, const struct rocks_iter *it)
{
    struct slice key = rocks_iter_key(it), row = rocks_iter_value(it);
    memcpy(l->at.b, key.p, 8);
    l->passed = true;
    if (l->skip > 0) {
        l->skip--;
        return OK;
    }
    struct store_tx *tx = make_room(l);
    *tx = (struct store_tx){.pos = {bits_load32(key.p), bits_load32(key.p + 4)}};
    TRY(l->query->hashes_only ? rocks_tx_only(l->rd.r, row, tx)
                              : rocks_tx_unpack(l->rd.r, row, l->arena, tx));
    if (l->query->hashes_only)
        *tx = (struct store_tx){.pos = tx->pos, .hash = digest_tx_id(tx->tx)};
    l->n++;
    return rocks_read_check_budget(l->arena);
}

static ERR seek_start(struct ledger_read *l, struct rocks_iter *it, bool *ret_valid)
{
    TRY(l->query->backward ? rocks_iter_seek_back(it, &l->at, ret_valid)
                           : rocks_iter_seek(it, &l->at, ret_valid));
    bool done = *ret_valid && l->passed && slice_eq(rocks_iter_key(it), slice_of(l->at.b, l->at.n));
    return done ? rocks_iter_step(it, l->query->backward, ret_valid) : OK;
}

static ERR check_key(const struct ledger_read *l, const struct rocks_iter *it)
{
    size_t n = rocks_iter_key(it).n;
    if (n != 8)
        return FAIL(ERR_CORRUPT, "store: %s: transaction key of %zu bytes", l->rd.r->path, n);
    return OK;
}

static err walk_step(struct rocks_read *rd)
{
    struct ledger_read *l = container_of(rd, struct ledger_read, rd);
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, ROCKS_ITER_TX);
    bool valid;
    TRY(seek_start(l, &it, &valid));
    for (size_t i = 0; valid && l->n < l->limit; i++) {
        TRY(check_key(l, &it));
        uint32_t seq = bits_load32(rocks_iter_key(&it).p);
        if (seq < l->query->first || seq > l->query->last)
            break;
        if (i == TXS_PER_STEP)
            return (err){ROCKS_MORE};
        TRY(take_row(l, &it));
        TRY(rocks_iter_step(&it, l->query->backward, &valid));
    }
    return OK;
}

static int compare_hashes(const void *a, const void *b)
{
    return hash256_cmp(&((const struct store_tx *)a)->hash, &((const struct store_tx *)b)->hash);
}

static struct store_tx_pos hashes_of(const struct ledger_read *l)
{
    return (struct store_tx_pos){l->query->first, ROCKS_MEMO_HASHES};
}

static void from_hashes(struct ledger_read *l, struct slice hashes)
{
    l->n = hashes.n / 32;
    l->txs = arena_array(l->arena, struct store_tx, l->n);
    for (size_t i = 0; i < l->n; i++)
        l->txs[i] = (struct store_tx){.pos = {l->query->first, STORE_TX_INDEX_UNKNOWN},
                                      .hash = hash256_of(hashes.p + 32 * i)};
}

static void keep_hashes(struct ledger_read *l, uint32_t epoch)
{
    uint8_t *hashes = arena_alloc(l->arena, 32 * l->n);
    for (size_t i = 0; i < l->n; i++)
        memcpy(hashes + 32 * i, l->txs[i].hash.b, 32);
    rocks_memo_put_tx(l->rd.r, epoch, hashes_of(l), slice_of(hashes, 32 * l->n));
}

static ERR read_hashes(struct ledger_read *l, struct store_tx **ret, size_t *ret_n)
{
    struct slice kept;
    if (rocks_memo_tx(l->rd.r, hashes_of(l), l->arena, &kept)) {
        from_hashes(l, kept);
    } else {
        uint32_t epoch = rocks_memo_tx_epoch(l->rd.r, hashes_of(l));
        TRY(rocks_read_run(&l->rd));
        if (l->n > 0)
            qsort(l->txs, l->n, sizeof *l->txs, compare_hashes);
        keep_hashes(l, epoch);
    }
    *ret = l->txs;
    *ret_n = l->n;
    return OK;
}

err rocks_ledger_txs(struct store *s, const struct store_txs_query *q, struct arena *a,
                     struct store_tx **ret, size_t *ret_n)
{
    struct ledger_read l = {.rd = {rocks_of(s), false, q->indexes ? indexes_step : walk_step},
                            .query = q,
                            .arena = a,
                            .skip = q->skip,
                            .limit = q->limit ? q->limit : SIZE_MAX};
    struct range_set ranges = rocks_ranges(l.rd.r);
    TRY(range_set_check_txs_query(&ranges, q));
    l.at = q->backward ? rocks_key_tx(q->last, UINT32_MAX) : rocks_key_tx(q->first, 0);
    if (q->hashes_only)
        return read_hashes(&l, ret, ret_n);
    TRY(rocks_read_run(&l.rd));
    *ret = l.txs;
    *ret_n = l.n;
    return OK;
}
