/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions: known by their hashes; where one stands in its ledger only its metadata tells. */
#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "cql/cql_token.h"
#include "store/cass_impl.h"
#include "xrpl/sto.h"
#include "xrpl/txmeta.h"

#include <stdlib.h>

#define LEDGERS_AT_A_TIME 16

/* Partitions that one statement reads. One node that holds them all does so with a fraction of the
 * work of as many statements; more in one statement would be read one after the other. */
#define AT_ONCE 32
#define ONE_BY_ONE_NS (600 * CLOCK_S)

/* A transaction to be read. */
struct wanted {
    const struct hash256 *hash;
    struct store_tx *ret; /* tx.p NULL: there is none, or it is of a ledger that is not complete */
    uint32_t epoch;
    int64_t token;
    uint64_t nodes; /* which hold it */
};

static void tx_call(struct cass *c, struct cql_call *call, struct wanted *const *w, size_t n,
                    struct arena *a)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    if (n > 1) { /* a list is one value */
        buf_put_be32(&b, (uint32_t)(4 + n * 36));
        buf_put_be32(&b, (uint32_t)n);
    }
    for (size_t i = 0; i < n; i++)
        cql_value_put_blob(&b, hash256_slice(w[i]->hash));
    cass_call(c, call, n > 1 ? CASS_GET_TXS : CASS_GET_TX, a, 1, &b,
              n > 1 ? SLICE_EMPTY : hash256_slice(w[0]->hash));
    call->has_token = true;
    call->token = w[0]->token;
}

/* The columns of CASS_GET_TX. */
static err take_tx(struct cass *c, const struct cql_value v[4], const struct hash256 *hash,
                   struct store_tx *ret)
{
    uint32_t seq;
    if (v[0].null || v[1].null || !cql_value_u32(v[2], &seq))
        return cass_damaged("transactions", hash256_slice(hash), "a column is empty");
    struct hash256 is = c->unverified ? *hash : digest_tx_id(v[0].bytes);
    if (!hash256_eq(&is, hash))
        return cass_damaged("transactions", hash256_slice(hash), "holds another transaction");
    if (seq <= cass_last(c) && seq >= cass_first(c))
        *ret = (struct store_tx){.pos = {seq, txmeta_index(v[1].bytes)},
                                 .tx = v[0].bytes,
                                 .meta = v[1].bytes,
                                 .hash = *hash};
    return OK;
}

static err take_rows(struct cass *c, struct cql_call *call, struct wanted *const *w, size_t n)
{
    struct cql_value v[5];
    uint32_t n_columns = n > 1 ? 5 : 4;
    while (cql_rows_next(&call->result, v, n_columns))
        for (size_t i = 0; i < n; i++)
            if (n == 1 || slice_eq(v[4].bytes, hash256_slice(w[i]->hash)))
                TRY(take_tx(c, v, w[i]->hash, w[i]->ret));
    if (call->result.at.failed)
        return FAIL(ERR_CORRUPT, "database: table transactions: a row has %u columns, expected %u",
                    call->result.n_columns, n_columns);
    return OK;
}

static int by_nodes(const void *a, const void *b)
{
    const struct wanted *x = *(struct wanted *const *)a, *y = *(struct wanted *const *)b;
    return x->nodes < y->nodes ? -1 : x->nodes > y->nodes;
}

/* A guardrail of the database may forbid it. */
static bool reads_one_by_one(struct cass *c)
{
    return clock_now_ns() < atomic_load(&c->one_by_one_ns);
}

/* So many of w, which are sorted, stand on the same nodes and are read at once. */
static size_t n_together(struct cass *c, struct wanted *const *w, size_t n)
{
    size_t k = 1;
    if (c->provider == CASS_PROVIDER_AWS_KEYSPACE || reads_one_by_one(c))
        return 1;
    while (k < MIN(n, (size_t)AT_ONCE) && w[k]->nodes == w[0]->nodes)
        k++;
    return k;
}

static YIELDS err read_txs(struct cass *c, struct wanted **w, size_t n, struct arena *a)
{
    struct cql_call *calls = cass_calls(a, n);
    size_t *together = arena_array(a, size_t, n), n_calls = 0;
    for (size_t i = 0; i < n; i += together[n_calls++]) {
        together[n_calls] = n_together(c, w + i, n - i);
        tx_call(c, &calls[n_calls], w + i, together[n_calls], a);
    }
    err e = cass_run(c, calls, n_calls);
    if (e.code == ERR_IO && n_calls < n && !reads_one_by_one(c)) {
        LOG_WARN("store: reading transactions one by one: %s", err_text());
        atomic_store(&c->one_by_one_ns, clock_now_ns() + ONE_BY_ONE_NS);
        return read_txs(c, w, n, a);
    }
    TRY(e);
    for (size_t i = 0, k = 0; i < n; i += together[k++])
        TRY(take_rows(c, &calls[k], w + i, together[k]));
    return OK;
}

/* Transactions by hash, in the order asked; *ret_n_read: so many were not in memory. */
static YIELDS err find_txs(struct cass *c, struct wanted *all, size_t n, struct arena *a,
                           size_t *ret_n_read)
{
    struct wanted **left = arena_array(a, struct wanted *, n + 1);
    size_t n_left = 0;
    for (size_t i = 0; i < n; i++) {
        struct wanted *w = &all[i];
        *w->ret = (struct store_tx){0};
        if (cass_memo_tx(c, w->hash, a, w->ret))
            continue;
        w->epoch = cass_memo_tx_epoch(c, w->hash);
        w->token = cql_token_of(hash256_slice(w->hash));
        w->nodes = cql_cluster_nodes_of(c->cluster, w->token);
        left[n_left++] = w;
    }
    qsort(left, n_left, sizeof *left, by_nodes);
    if (n_left)
        TRY(read_txs(c, left, n_left, a));
    for (size_t i = 0; i < n_left; i++)
        if (left[i]->ret->tx.p)
            cass_memo_put_tx(c, left[i]->epoch, left[i]->ret);
    *ret_n_read = n_left;
    return OK;
}

/* Hashes of n ledgers, ascending in each. */
static YIELDS err ledger_hashes(struct cass *c, const uint32_t *seqs, size_t n, struct arena *a,
                                struct hash256 **ret, size_t *ret_n)
{
    struct cql_call *calls = cass_calls(a, n);
    uint32_t epochs[LEDGERS_AT_A_TIME], at[LEDGERS_AT_A_TIME], n_calls = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t values[12], key[8];
        struct buf b = {.p = values, .cap = sizeof values};
        if (cass_memo_hashes(c, seqs[i], a, &ret[i], &ret_n[i]))
            continue;
        epochs[n_calls] = cass_memo_hashes_epoch(c, seqs[i]);
        cql_value_put_bigint(&b, seqs[i]);
        bits_store64(key, seqs[i]);
        at[n_calls] = i;
        cass_call(c, &calls[n_calls++], CASS_GET_LEDGER_TXS, a, 1, &b, slice_of(key, 8));
    }
    if (n_calls)
        TRY(cass_run(c, calls, n_calls));
    for (uint32_t k = 0; k < n_calls; k++) {
        struct cql_value v;
        uint32_t i = at[k];
        ret[i] = arena_array(a, struct hash256, calls[k].result.n_rows + 1);
        ret_n[i] = 0;
        while (cql_rows_next(&calls[k].result, &v, 1)) {
            if (v.bytes.n != 32)
                return cass_damaged("ledger_transactions", calls[k].key,
                                    "a hash has another length");
            ret[i][ret_n[i]++] = hash256_of(v.bytes.p);
        }
        cass_memo_put_hashes(c, epochs[k], seqs[i], ret[i], ret_n[i]);
    }
    return OK;
}

static int by_index(const void *a, const void *b)
{
    const struct store_tx *x = a, *y = b;
    return x->pos.index < y->pos.index ? -1 : x->pos.index > y->pos.index;
}

/* Do they lead to the root in the ledger's header? Nothing less tells of a row that is missing, or
 * of metadata that is wrong. */
static YIELDS err verify(struct cass *c, uint32_t seq, const struct store_tx *txs, size_t n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct ledger_header header;
    uint8_t key[8];
    TRY(cass_header_get(&c->base, seq, &header));
    if (store_txs_have_root(txs, n, &header.tx_hash, a)) {
        cass_memo_put_verified(c, seq);
        return OK;
    }
    cass_memo_clear(c);
    bits_store64(key, seq);
    return cass_damaged("ledger_transactions", slice_of(key, 8),
                        "the transactions of this ledger are not those of its header");
}

/* All of a ledger, ascending by index. */
static YIELDS err txs_of_ledger(struct cass *c, uint32_t seq, const struct hash256 *hashes,
                                size_t n, bool verified, struct arena *a, struct store_tx *ret)
{
    struct wanted *w = arena_array(a, struct wanted, n + 1);
    size_t n_read;
    for (size_t i = 0; i < n; i++)
        w[i] = (struct wanted){.hash = &hashes[i], .ret = &ret[i]};
    TRY(find_txs(c, w, n, a, &n_read));
    for (size_t i = 0; i < n; i++)
        if (!ret[i].tx.p)
            return cass_damaged("transactions", hash256_slice(&hashes[i]),
                                "missing, though its ledger lists it");
    if (verified && (n_read || !cass_memo_verified(c, seq)))
        TRY(verify(c, seq, ret, n));
    qsort(ret, n, sizeof *ret, by_index);
    return OK;
}

err cass_tx_find(struct store *s, const struct hash256 *hash, struct arena *a, struct store_tx *ret)
{
    struct cass *c = cass_of(s);
    struct wanted w = {.hash = hash, .ret = ret};
    size_t n_read;
    ret->tx = SLICE_EMPTY;
    if (cass_last(c))
        TRY(find_txs(c, &w, 1, a, &n_read));
    return ret->tx.p ? OK : FAIL(ERR_NOT_FOUND, "store: no transaction with this hash");
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
    struct wanted *w = arena_array(a, struct wanted, n + 1);
    size_t n_wanted = 0, n_read;
    for (size_t i = 0; i < n; i++)
        if (hash256_is_zero(&at[i].hash))
            TRY(find_at(c, at[i].pos, a, &ret[i]));
        else
            w[n_wanted++] = (struct wanted){.hash = &at[i].hash, .ret = &ret[i]};
    TRY(find_txs(c, w, n_wanted, a, &n_read));
    for (size_t i = 0; i < n; i++) {
        if (!ret[i].tx.p)
            return cass_damaged("transactions", hash256_slice(&at[i].hash),
                                "missing, though an index names it");
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
    bool verified;
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
    TRY(txs_of_ledger(c, seq, hashes, n, o->verified, a, txs));
    if (q->indexes)
        put_indexes(o, a, q, txs, n);
    for (size_t i = 0; !q->indexes && i < n; i++)
        put(o, a, &txs[q->backward ? n - 1 - i : i]);
    return OK;
}

static YIELDS err ledger_txs(struct cass *c, const struct store_txs_query *q, bool verified,
                             struct arena *a, struct store_tx **ret, size_t *ret_n)
{
    struct range_set ranges = cass_ranges(c);
    struct out o = {.verified = verified, .skip = q->skip, .limit = q->limit};
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

err cass_ledger_txs(struct store *s, const struct store_txs_query *q, struct arena *a,
                    struct store_tx **ret, size_t *ret_n)
{
    struct cass *c = cass_of(s);
    return ledger_txs(c, q, !c->unverified, a, ret, ret_n);
}

YIELDS ERR cass_ledger_txs_unverified(struct cass *c, const struct store_txs_query *q,
                                      struct arena *a, struct store_tx **ret, size_t *ret_n)
{
    return ledger_txs(c, q, false, a, ret, ret_n);
}
