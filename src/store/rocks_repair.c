/* SPDX-License-Identifier: Apache-2.0 */
/* Writes that are not a new ledger: rows put right, and rows of an index for ledgers that were
 * written before the program knew it. */
#include "store/rocks_repair.h"

#include "base/bits.h"
#include "store/memo.h"
#include "store/rocks_batch.h"
#include "store/rocks_codec.h"
#include "store/rocks_iter.h"
#include "store/rocks_ops.h"
#include "store/rocks_read.h"
#include "store/rocks_status.h"
#include "store/rocks_write.h"

#include <stdio.h>

static ERR put_rows(struct rocks_batch *b, const struct store_repair *r)
{
    const struct store_ledger *l = r->put;
    if (r->has_header)
        rocks_batch_put_header(b, l);
    for (size_t i = 0; i < l->n_txs; i++)
        rocks_batch_put_tx(b, &l->txs[i], &l->tx_hashes[i]);
    rocks_batch_put_objects(b, r->at, l->objects, l->n_objects);
    rocks_batch_put_successors(b, r->at, l->successors, l->n_successors);
    return rocks_batch_put_index_rows(b, l->index_rows, l->n_index_rows);
}

static void drop_versions(struct rocks_batch *b, enum rocks_cf cf, const struct hash256 *keys,
                          size_t n, uint32_t at)
{
    for (size_t i = 0; i < n; i++) {
        struct rocks_key key = rocks_key_versioned(&keys[i], at);
        rocks_batch_delete(b, cf, &key);
    }
}

static void drop_rows(struct rocks_batch *b, const struct store_index_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rocks_key key = rocks_codec_index_key(rows[i].index, rows[i].prefix, rows[i].suffix);
        rocks_batch_delete(b, rocks_codec_index_cf(rows[i].index), &key);
    }
}

/* One by one: walks pass over deleted ranges (rocks_options_new_walk). */
static ERR drop_txs(struct rocks_batch *b, uint32_t seq)
{
    struct rocks_read rd = {b->r, true, NULL};
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(&rd, ROCKS_ITER_TX);
    struct rocks_key key = rocks_key_tx(seq, 0);
    bool valid;
    TRY(rocks_iter_seek(&it, &key, &valid));
    while (valid && rocks_iter_key(&it).n == 8 && bits_load32(rocks_iter_key(&it).p) == seq) {
        key = rocks_key_tx(seq, bits_load32(rocks_iter_key(&it).p + 4));
        rocks_batch_delete(b, ROCKS_CF_TX, &key);
        TRY(rocks_iter_step(&it, false, &valid));
    }
    return OK;
}

/* Rows have changed, spans have not. */
static ERR commit(struct rocks_batch *b)
{
    struct range_set ranges = rocks_ranges(b->r);
    TRY(rocks_batch_commit(b));
    if (ranges.n > 0)
        rocks_publish(b->r, &ranges);
    memo_clear(b->r->memo);
    return OK;
}

static err repair(struct rocks *r, const struct store_repair *rows)
{
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(r);
    TRY(rocks_write_check(r));
    drop_versions(&b, ROCKS_CF_OBJECT, rows->drop_objects, rows->n_drop_objects, rows->at);
    drop_versions(&b, ROCKS_CF_SUCCESSOR, rows->drop_successors, rows->n_drop_successors, rows->at);
    drop_rows(&b, rows->drop_rows, rows->n_drop_rows);
    if (rows->all_txs && rows->at)
        TRY(drop_txs(&b, rows->at));
    if (rows->put)
        TRY(put_rows(&b, rows));
    return commit(&b);
}

err rocks_repair(struct store *s, const struct store_repair *rows)
{
    struct rocks *r = rocks_of(s);
    pthread_mutex_lock(&r->write_lock);
    err e = repair(r, rows);
    pthread_mutex_unlock(&r->write_lock);
    return e;
}

/* --- indexes that lack old ledgers --- */

static void lack_name(enum store_index index, char out[32])
{
    snprintf(out, 32, ".lack.%s", index_shape(index)->name);
}

void rocks_repair_put_lack(struct rocks_batch *b, enum store_index index,
                           const struct store_range *lack)
{
    char name[32];
    uint8_t bytes[8];
    lack_name(index, name);
    bits_store32(bytes, lack->first);
    bits_store32(bytes + 4, lack->last);
    rocks_batch_put_meta(b, name, slice_of(bytes, sizeof bytes));
}

ERR rocks_repair_get_lack(struct rocks *r, enum store_index index, struct store_range *ret,
                          bool *ret_any)
{
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct rocks_read rd = {r, true, NULL};
    struct rocks_key key = {.n = 0};
    char name[32];
    lack_name(index, name);
    rocks_key_put(&key, name, strlen(name));
    TRY(rocks_read_get(&rd, ROCKS_CF_META, &key, &v));
    *ret = r->young[index];
    *ret_any = v.pin != NULL || ret->first > 0;
    if (v.pin == NULL)
        return OK;
    if (v.bytes.n != 8)
        return FAIL(ERR_CORRUPT, "store: %s: %s of %zu bytes", r->path, name + 1, v.bytes.n);
    *ret = (struct store_range){bits_load32(v.bytes.p), bits_load32(v.bytes.p + 4)};
    return OK;
}

struct lack_read {
    struct rocks_read rd;
    enum store_index index;
    struct store_range *ret;
    bool any;
};

static err lack_step(struct rocks_read *rd)
{
    struct lack_read *l = container_of(rd, struct lack_read, rd);
    return rd->disk ? rocks_repair_get_lack(rd->r, l->index, l->ret, &l->any) : (err){ROCKS_COLD};
}

err rocks_index_lack(struct store *s, enum store_index index, struct store_range *ret,
                     size_t *ret_n)
{
    struct lack_read l = {{rocks_of(s), false, lack_step}, index, ret, false};
    if (index_shape(index) == NULL)
        return FAIL(ERR_INVALID, "store: no index %d", (int)index);
    TRY(rocks_read_run(&l.rd));
    *ret_n = l.any;
    return OK;
}

static err index_add(struct rocks *r, enum store_index index, const struct store_index_row *rows,
                     size_t n, uint32_t from)
{
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(r);
    struct store_range lack = {0};
    struct rocks_key key = {.n = 0};
    bool any = false;
    char name[32];
    TRY(rocks_write_check(r));
    if (index_shape(index))
        TRY(rocks_repair_get_lack(r, index, &lack, &any));
    TRY(index_check_add(index, rows, n, any ? &lack : NULL, from));
    TRY(rocks_batch_put_index_rows(&b, rows, n));
    lack_name(index, name);
    rocks_key_put(&key, name, strlen(name));
    lack.last = from - 1;
    if (from > lack.first)
        rocks_repair_put_lack(&b, index, &lack);
    else
        rocks_batch_delete(&b, ROCKS_CF_META, &key);
    return commit(&b);
}

err rocks_index_add(struct store *s, enum store_index index, const struct store_index_row *rows,
                    size_t n, uint32_t from)
{
    struct rocks *r = rocks_of(s);
    pthread_mutex_lock(&r->write_lock);
    err e = index_add(r, index, rows, n, from);
    pthread_mutex_unlock(&r->write_lock);
    return e;
}
