/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions: known by their hashes; where one stands in its ledger only its metadata tells. */
#include "base/bits.h"
#include "base/mem.h"
#include "store/cass_impl.h"
#include "xrpl/sto.h"
#include "xrpl/txmeta.h"

#include <stdlib.h>

#define LEDGERS_AT_A_TIME 16

static void tx_call(struct cass *c, struct cql_call *call, const struct hash256 *hash,
                    struct arena *a)
{
    uint8_t values[36];
    struct buf b = {.p = values, .cap = sizeof values};
    cql_value_put_blob(&b, hash256_slice(hash));
    cass_call(c, call, CASS_GET_TX, a, 1, &b, hash256_slice(hash));
}

/* ERR_NOT_FOUND: there is none, or it is of a ledger that is not complete yet. */
static err tx_of(struct cass *c, struct cql_call *call, struct store_tx *ret)
{
    struct cql_value v[4];
    uint32_t seq;
    TRY(cql_call_first_row(call, v, 4));
    if (v[0].null || v[1].null || !cql_value_u32(v[2], &seq))
        return cass_damaged("transactions", call->key, "a column is empty");
    if (seq > cass_last(c) || seq < cass_first(c))
        return err_plain(ERR_NOT_FOUND);
    *ret = (struct store_tx){.pos = {seq, txmeta_index(v[1].bytes)},
                             .tx = v[0].bytes,
                             .meta = v[1].bytes,
                             .hash = hash256_of(call->key.p)};
    return OK;
}

/* Hashes of n ledgers, ascending in each. */
static YIELDS err ledger_hashes(struct cass *c, const uint32_t *seqs, size_t n, struct arena *a,
                                struct hash256 **ret, size_t *ret_n)
{
    struct cql_call *calls = cass_calls(a, n);
    for (size_t i = 0; i < n; i++) {
        uint8_t values[12], key[8];
        struct buf b = {.p = values, .cap = sizeof values};
        cql_value_put_bigint(&b, seqs[i]);
        bits_store64(key, seqs[i]);
        cass_call(c, &calls[i], CASS_GET_LEDGER_TXS, a, 1, &b, slice_of(key, 8));
    }
    TRY(cass_run(c, calls, n));
    for (size_t i = 0; i < n; i++) {
        struct cql_value v;
        ret[i] = arena_array(a, struct hash256, calls[i].result.n_rows + 1);
        ret_n[i] = 0;
        while (cql_rows_next(&calls[i].result, &v, 1)) {
            if (v.bytes.n != 32)
                return cass_damaged("ledger_transactions", calls[i].key,
                                    "a hash has another length");
            ret[i][ret_n[i]++] = hash256_of(v.bytes.p);
        }
    }
    return OK;
}

static int by_index(const void *a, const void *b)
{
    const struct store_tx *x = a, *y = b;
    return x->pos.index < y->pos.index ? -1 : x->pos.index > y->pos.index;
}

/* All of them, ascending by index. */
static YIELDS err txs_by_hash(struct cass *c, const struct hash256 *hashes, size_t n,
                              struct arena *a, struct store_tx *ret)
{
    struct cql_call *calls = cass_calls(a, n);
    for (size_t i = 0; i < n; i++)
        tx_call(c, &calls[i], &hashes[i], a);
    TRY(cass_run(c, calls, n));
    for (size_t i = 0; i < n; i++) {
        err e = tx_of(c, &calls[i], &ret[i]);
        if (e.code == ERR_NOT_FOUND)
            return cass_damaged("transactions", calls[i].key,
                                "missing, though its ledger lists it");
        TRY(e);
    }
    qsort(ret, n, sizeof *ret, by_index);
    return OK;
}

err cass_tx_find(struct store *s, const struct hash256 *hash, struct arena *a, struct store_tx *ret)
{
    struct cass *c = cass_of(s);
    struct cql_call *call = cass_calls(a, 1);
    err e = err_plain(ERR_NOT_FOUND);
    if (cass_last(c)) {
        tx_call(c, call, hash, a);
        TRY(cass_run(c, call, 1));
        e = tx_of(c, call, ret);
    }
    return e.code == ERR_NOT_FOUND ? FAIL(ERR_NOT_FOUND, "store: no transaction with this hash")
                                   : e;
}

/* A locator that knows its place only. */
static YIELDS err find_at(struct cass *c, struct store_tx_pos pos, struct arena *a,
                          struct store_tx *ret)
{
    struct store_tx *txs;
    size_t n;
    struct store_txs_query q = {pos.ledger_seq, pos.ledger_seq, .indexes = &pos.index,
                                .n_indexes = 1};
    err e = cass_ledger_txs(&c->base, &q, a, &txs, &n);
    if (err_failed(e) && e.code != ERR_NOT_FOUND)
        return e;
    if (err_failed(e) || n == 0)
        return FAIL(ERR_CORRUPT, "store: no transaction at %u:%u", pos.ledger_seq, pos.index);
    *ret = txs[0];
    return OK;
}

err cass_txs_get(struct store *s, const struct store_tx_locator *at, size_t n, struct arena *a,
                 struct store_tx *ret)
{
    struct cass *c = cass_of(s);
    struct cql_call *calls = cass_calls(a, n);
    size_t n_calls = 0;
    for (size_t i = 0; i < n; i++)
        if (!hash256_is_zero(&at[i].hash))
            tx_call(c, &calls[n_calls++], &at[i].hash, a);
    if (n_calls)
        TRY(cass_run(c, calls, n_calls));
    n_calls = 0;
    for (size_t i = 0; i < n; i++) {
        if (hash256_is_zero(&at[i].hash)) {
            TRY(find_at(c, at[i].pos, a, &ret[i]));
            continue;
        }
        err e = tx_of(c, &calls[n_calls++], &ret[i]);
        if (e.code == ERR_NOT_FOUND)
            return cass_damaged("transactions", hash256_slice(&at[i].hash),
                                "missing, though an index names it");
        TRY(e);
        if (ret[i].pos.ledger_seq != at[i].pos.ledger_seq)
            return cass_damaged("transactions", hash256_slice(&at[i].hash),
                                "of another ledger than an index says");
    }
    return OK;
}

err cass_tx_types(struct store *s, const struct store_tx_locator *at, size_t n, uint16_t *ret)
{
    enum { AT_A_TIME = 256 };
    for (size_t i = 0; i < n; i += AT_A_TIME) {
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        size_t part = MIN(n - i, (size_t)AT_A_TIME);
        struct store_tx *txs = arena_array(a, struct store_tx, part);
        TRY(cass_txs_get(s, at + i, part, a, txs));
        for (size_t k = 0; k < part; k++)
            ret[i + k] = sto_tx_type(txs[k].tx);
    }
    return OK;
}

/* The result as it grows. */
struct out {
    struct store_tx *v;
    size_t n, cap;
    uint32_t skip, limit;
};

static void put(struct out *o, struct arena *a, const struct store_tx *tx)
{
    if (o->skip > 0) {
        o->skip--;
        return;
    }
    if (o->n == o->cap) {
        struct store_tx *v = arena_array(a, struct store_tx, o->cap = o->cap ? 2 * o->cap : 64);
        if (o->n)
            memcpy(v, o->v, o->n * sizeof *v);
        o->v = v;
    }
    if (o->limit == 0 || o->n < o->limit)
        o->v[o->n++] = *tx;
}

static void put_hashes(struct out *o, struct arena *a, uint32_t seq, const struct hash256 *hashes,
                       size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(o, a, &(struct store_tx){.pos = {seq, STORE_TX_INDEX_UNKNOWN}, .hash = hashes[i]});
}

static void put_indexes(struct out *o, struct arena *a, const struct store_txs_query *q,
                        const struct store_tx *txs, size_t n)
{
    for (size_t i = 0; i < q->n_indexes; i++)
        for (size_t k = 0; k < n; k++)
            if (txs[k].pos.index == q->indexes[i])
                put(o, a, &txs[k]);
}

/* One ledger whose hashes are there. A whole ledger that is passed over is not read. */
static YIELDS err take_ledger(struct cass *c, const struct store_txs_query *q, uint32_t seq,
                              const struct hash256 *hashes, size_t n, struct arena *a,
                              struct out *o)
{
    if (q->hashes_only) {
        put_hashes(o, a, seq, hashes, n);
        return OK;
    }
    if (o->skip >= n && !q->indexes) {
        o->skip -= (uint32_t)n;
        return OK;
    }
    struct store_tx *txs = arena_array(a, struct store_tx, n + 1);
    TRY(txs_by_hash(c, hashes, n, a, txs));
    if (q->indexes)
        put_indexes(o, a, q, txs, n);
    for (size_t i = 0; !q->indexes && i < n; i++)
        put(o, a, &txs[q->backward ? n - 1 - i : i]);
    return OK;
}

err cass_ledger_txs(struct store *s, const struct store_txs_query *q, struct arena *a,
                    struct store_tx **ret, size_t *ret_n)
{
    struct cass *c = cass_of(s);
    struct range_set ranges = cass_ranges(c);
    struct out o = {.skip = q->skip, .limit = q->limit};
    TRY(range_set_check_txs_query(&ranges, q));
    uint64_t n_ledgers = (uint64_t)q->last - q->first + 1;
    for (uint64_t at = 0; at < n_ledgers && (o.limit == 0 || o.n < o.limit);
         at += LEDGERS_AT_A_TIME) {
        uint32_t seqs[LEDGERS_AT_A_TIME];
        struct hash256 *hashes[LEDGERS_AT_A_TIME];
        size_t n_hashes[LEDGERS_AT_A_TIME], n = MIN(n_ledgers - at, (uint64_t)LEDGERS_AT_A_TIME);
        for (size_t i = 0; i < n; i++)
            seqs[i] = q->backward ? q->last - (uint32_t)(at + i) : q->first + (uint32_t)(at + i);
        TRY(ledger_hashes(c, seqs, n, a, hashes, n_hashes));
        for (size_t i = 0; i < n && (o.limit == 0 || o.n < o.limit); i++)
            TRY(take_ledger(c, q, seqs[i], hashes[i], n_hashes[i], a, &o));
        if (arena_over_budget(a))
            return FAIL(ERR_LIMIT, "store: transactions of ledgers %u to %u are too many", q->first,
                        q->last);
    }
    *ret = o.v;
    *ret_n = o.n;
    return OK;
}
