/* SPDX-License-Identifier: Apache-2.0 */
/* Loading, appending, repairing. All of it is done on the cluster's core; who asks waits. */
#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/log.h"
#include "base/mem.h"
#include "rt/core.h"
#include "rt/core_call.h"
#include "store/cass_impl.h"
#include "store/index.h"
#include "xrpl/txmeta.h"

#include <stdlib.h>

static struct cass *writable(struct store *s)
{
    struct cass *c = cass_of(s);
    return c->read_only ? NULL : c;
}

#define WRITABLE(c, s)                                                                             \
    struct cass *c = writable(s);                                                                  \
    if (!c)                                                                                        \
    return FAIL(ERR_UNSUPPORTED, "store: opened read only")

static err check_rows(const struct store_index_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        TRY(index_check_row(&rows[i]));
    return OK;
}

/* One change at a time: they share the pump. */
static YIELDS err run(struct cass *c, core_call_fn fn, void *arg)
{
    struct core *core = cql_cluster_core(c->cluster);
    if (core_current())
        return core_call(core, fn,
                         arg); /* a core must not wait for a lock; it is the only writer */
    pthread_mutex_lock(&c->write_lock);
    err e = core_call(core, fn, arg);
    pthread_mutex_unlock(&c->write_lock);
    return e;
}

/* Load. */

static YIELDS err prepare_load(void *arg)
{
    struct cass *c = arg;
    bool has_rows;
    TRY(cass_pump_wait(&c->pump));
    TRY(cass_read_range(c, true));
    if (cass_last(c))
        return FAIL(ERR_EXISTS, "store: holds ledgers %u-%u", cass_first(c), cass_last(c));
    TRY(cass_schema_has_rows(c, &has_rows));
    if (!has_rows)
        return OK;
    uint32_t n_others = 0;
    TRY(cass_chat_count_others(c, &n_others));
    if (n_others)
        return FAIL(ERR_BUSY,
                    "database: %u other servers use the keyspace, one of them may be loading its "
                    "first ledger: waiting",
                    n_others);
    LOG_WARN("store: dropping the rows of a load that did not finish");
    return cass_schema_truncate(c);
}

err cass_load_begin(struct store *s, uint32_t seq, uint32_t n_chains)
{
    WRITABLE(c, s);
    struct range_set ranges = cass_ranges(c);
    TRY(range_set_check_first(&ranges, seq, n_chains));
    c->loading = 0;
    TRY(run(c, prepare_load, c));
    c->loading = seq;
    c->n_chains = n_chains;
    return OK;
}

struct add {
    struct cass *c;
    const struct store_object *objects;
    size_t n_objects;
    const struct store_successor *successors;
    size_t n_successors;
    const struct store_index_row *rows;
    size_t n_rows;
};

/* Returns when all is on its way: what failed is told by a later one, or the commit. */
static YIELDS err add(void *arg)
{
    const struct add *x = arg;
    struct cass *c = x->c;
    cass_rows_objects(c, c->loading, x->objects, x->n_objects, false);
    cass_rows_successors(c, c->loading, x->successors, x->n_successors);
    cass_rows_index(c, c->loading, x->rows, x->n_rows, false);
    return c->pump.has_failed ? cass_pump_wait(&c->pump) : OK;
}

err cass_load_add(struct store *s, uint32_t chain, const struct store_object *objects,
                  size_t n_objects, const struct store_successor *successors, size_t n_successors,
                  const struct store_index_row *rows, size_t n_rows)
{
    WRITABLE(c, s);
    if (c->loading == 0 || chain >= c->n_chains)
        return FAIL(ERR_INVALID, "store: no load with a part %u", chain);
    TRY(check_rows(rows, n_rows));
    struct add x = {c, objects, n_objects, successors, n_successors, rows, n_rows};
    return run(c, add, &x);
}

struct write {
    struct cass *c;
    const struct store_ledger *ledgers;
    size_t n;
};

static YIELDS err commit_load(void *arg)
{
    const struct write *w = arg;
    struct cass *c = w->c;
    const struct store_ledger *l = w->ledgers;
    uint32_t seq = l->header.seq;
    TRY(cass_pump_wait(&c->pump)); /* rows of the state give way to those of transactions */
    cass_rows_header(c, &l->header);
    cass_rows_txs(c, l);
    cass_rows_successors(c, seq, l->successors, l->n_successors);
    cass_rows_index(c, seq, l->index_rows, l->n_index_rows, false);
    TRY(cass_pump_wait(&c->pump));
    TRY(cass_lack_none(c));
    return cass_commit_first(c, seq);
}

err cass_load_commit(struct store *s, const struct store_ledger *l)
{
    WRITABLE(c, s);
    if (c->loading == 0 || c->loading != l->header.seq)
        return FAIL(ERR_INVALID, "store: no load of ledger %u", l->header.seq);
    TRY(range_set_check_txs(l));
    TRY(check_rows(l->index_rows, l->n_index_rows));
    struct write w = {c, l, 1};
    TRY(run(c, commit_load, &w));
    c->loading = 0;
    atomic_fetch_add(&c->n_writes, 1);
    return OK;
}

/* Ledgers. */

static YIELDS err write_ledgers(void *arg)
{
    const struct write *w = arg;
    struct cass *c = w->c;
    uint32_t before = w->ledgers[0].header.seq - 1;
    for (size_t i = 0; i < w->n; i++) {
        const struct store_ledger *l = &w->ledgers[i];
        uint32_t seq = l->header.seq;
        cass_rows_header(c, &l->header);
        cass_rows_txs(c, l);
        cass_rows_successors(c, seq, l->successors, l->n_successors);
        cass_rows_index(c, cass_first(c), l->index_rows, l->n_index_rows, false);
        cass_rows_objects(c, seq, l->objects, l->n_objects, true);
    }
    TRY(cass_pump_wait(&c->pump)); /* everything is there before the range says so */
    return cass_commit(c, before, &w->ledgers[w->n - 1].header);
}

err cass_write(struct store *s, const struct store_ledger *ledgers, size_t n)
{
    WRITABLE(c, s);
    struct range_set ranges = cass_ranges(c);
    TRY(range_set_check_append(&ranges, ledgers, n));
    for (size_t i = 0; i < n; i++)
        TRY(check_rows(ledgers[i].index_rows, ledgers[i].n_index_rows));
    struct write w = {c, ledgers, n};
    TRY(run(c, write_ledgers, &w));
    atomic_fetch_add(&c->n_writes, 1);
    for (size_t i = 0; i < n; i++)
        cass_memo_put_ledger(c, &ledgers[i]);
    return OK;
}

/* Repair. */

struct repair {
    struct cass *c;
    const struct store_repair *r;
};

static YIELDS void drop_tx(struct cass *c, uint32_t seq, const struct hash256 *hash)
{
    uint8_t key[8];
    struct buf *b = cass_pump_values(&c->pump);
    cql_value_put_bigint(b, seq);
    cql_value_put_blob(b, hash256_slice(hash));
    bits_store64(key, seq);
    cass_pump_send(&c->pump, CASS_DROP_LEDGER_TX, 2, slice_of(key, 8));
}

static bool is_put(const struct store_ledger *l, const struct hash256 *hash)
{
    for (size_t i = 0; i < l->n_txs; i++)
        if (hash256_eq(&l->tx_hashes[i], hash))
            return true;
    return false;
}

/* Hashes that the ledger lists and does not have. The transaction itself may be another ledger's:
 * it stays. */
static YIELDS err drop_others(struct cass *c, uint32_t seq, const struct store_ledger *l)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_txs_query q = {.first = seq, .last = seq, .hashes_only = true};
    struct store_tx *txs;
    size_t n;
    TRY(cass_ledger_txs(&c->base, &q, a, &txs, &n));
    for (size_t i = 0; i < n; i++)
        if (!is_put(l, &txs[i].hash))
            drop_tx(c, seq, &txs[i].hash);
    return OK;
}

/* Transactions that stand where others are put. */
static YIELDS err drop_replaced(struct cass *c, const struct store_ledger *l)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_txs_query q = {.first = l->header.seq, .last = l->header.seq};
    struct store_tx *txs;
    size_t n;
    err e = cass_ledger_txs_unverified(c, &q, a, &txs, &n);
    if (e.code == ERR_NOT_FOUND || e.code == ERR_CORRUPT)
        return OK; /* nothing is there that could be read */
    TRY(e);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < l->n_txs; k++) {
            if (txs[i].pos.index != l->txs[k].pos.index ||
                hash256_eq(&txs[i].hash, &l->tx_hashes[k]))
                continue;
            drop_tx(c, q.first, &txs[i].hash);
            struct buf *b = cass_pump_values(&c->pump);
            cql_value_put_blob(b, hash256_slice(&txs[i].hash));
            cass_pump_send(&c->pump, CASS_DROP_TX, 1, hash256_slice(&txs[i].hash));
        }
    return OK;
}

static YIELDS void drop_versions(struct cass *c, enum cass_statement stmt, uint32_t at,
                                 const struct hash256 *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct buf *b = cass_pump_values(&c->pump);
        cql_value_put_blob(b, hash256_slice(&keys[i]));
        cql_value_put_bigint(b, at);
        cass_pump_send(&c->pump, stmt, 2, hash256_slice(&keys[i]));
    }
}

static YIELDS void drop_diff(struct cass *c, uint32_t at, const struct hash256 *keys, size_t n)
{
    uint8_t key[8];
    for (size_t i = 0; i < n; i++) {
        struct buf *b = cass_pump_values(&c->pump);
        cql_value_put_bigint(b, at);
        cql_value_put_blob(b, hash256_slice(&keys[i]));
        bits_store64(key, at);
        cass_pump_send(&c->pump, CASS_DROP_DIFF, 2, slice_of(key, 8));
    }
}

static YIELDS err repair(void *arg)
{
    const struct repair *x = arg;
    struct cass *c = x->c;
    const struct store_repair *r = x->r;
    uint32_t first = cass_first(c), at = r->at ? r->at : first;
    drop_versions(c, CASS_DROP_OBJECT, at, r->drop_objects, r->n_drop_objects);
    if (at != first)
        drop_diff(c, at, r->drop_objects, r->n_drop_objects);
    drop_versions(c, CASS_DROP_SUCCESSOR, at, r->drop_successors, r->n_drop_successors);
    cass_rows_index(c, first, r->drop_rows, r->n_drop_rows, true);
    TRY(cass_pump_wait(&c->pump)); /* what is put after it wins */
    if (!r->put)
        return OK;
    if (r->all_txs)
        TRY(drop_others(c, at, r->put));
    else if (r->put->n_txs)
        TRY(drop_replaced(c, r->put));
    if (r->has_header)
        cass_rows_header(c, &r->put->header);
    cass_rows_txs(c, r->put);
    cass_rows_successors(c, at, r->put->successors, r->put->n_successors);
    cass_rows_index(c, first, r->put->index_rows, r->put->n_index_rows, false);
    cass_rows_objects(c, at, r->put->objects, r->put->n_objects, at != first);
    return cass_pump_wait(&c->pump);
}

err cass_repair(struct store *s, const struct store_repair *r)
{
    WRITABLE(c, s);
    if (r->put)
        TRY(check_rows(r->put->index_rows, r->put->n_index_rows));
    for (size_t i = 0; i < r->n_drop_rows; i++)
        if (!index_shape(r->drop_rows[i].index))
            return FAIL(ERR_INVALID, "store: no index %d", (int)r->drop_rows[i].index);
    struct repair x = {c, r};
    err e = run(c, repair, &x);
    cass_memo_clear(c); /* also when it failed: some of it may be done */
    return e;
}

/* Rows of an index that is younger than the dataset. */

static YIELDS err add_index(void *arg)
{
    const struct add *x = arg;
    cass_rows_index(x->c, cass_first(x->c), x->rows, x->n_rows, false);
    return cass_pump_wait(&x->c->pump);
}

err cass_index_add(struct store *s, enum store_index index, const struct store_index_row *rows,
                   size_t n, uint32_t from)
{
    WRITABLE(c, s);
    struct store_range lack;
    size_t n_lack;
    TRY(cass_index_lack(s, index, &lack, &n_lack));
    TRY(index_check_add(index, rows, n, n_lack ? &lack : NULL, from));
    struct add x = {.c = c, .rows = rows, .n_rows = n};
    TRY(run(c, add_index, &x));
    return cass_lack_set(c, index, from == lack.first ? 0 : from - 1);
}
