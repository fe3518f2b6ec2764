/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/mend.h"

#include "base/mem.h"
#include "etl/rows.h"
#include "ledger/successor.h"
#include "store/cass.h"
#include "store/index.h"

#include <stdlib.h>

#define AT_ONCE 256

struct mend {
    const struct mend_opts *opts;
    const struct store_ledger *right;
    struct store *s;
    struct arena *a;
    uint32_t seq;
    struct mend_result *result;
    /* What is to be written. */
    struct store_ledger put;
    struct store_repair repair;
    struct store_tx *txs;
    struct hash256 *tx_hashes;
    struct store_object *objects;
    struct store_successor *successors;
    struct store_index_row *rows;
    struct hash256 *drop;
};

static void wrong(struct mend *m, enum mend_kind kind, const char *table, struct slice key,
                  const char *what)
{
    if (kind == MEND_PROVEN)
        m->result->n_proven++;
    else
        m->result->n_derived++;
    if (m->opts->say)
        m->opts->say(m->opts->arg, table, key, m->seq, what);
}

static bool is_damage(err e)
{
    return e.code == ERR_CORRUPT || e.code == ERR_NOT_FOUND;
}

/* --- header --- */

static err look_at_header(struct mend *m)
{
    const struct ledger_header *h = &m->right->header;
    struct ledger_header held;
    uint8_t key[8], is[LEDGER_HEADER_BYTES], must[LEDGER_HEADER_BYTES];
    uint32_t seq = 0;
    bits_store64(key, m->seq);
    digest_header_encode(h, must);
    err e = store_header_get(m->s, m->seq, &held);
    if (err_failed(e) && !is_damage(e))
        return e;
    if (!err_failed(e))
        digest_header_encode(&held, is);
    if (err_failed(e) || memcmp(is, must, sizeof is) != 0) {
        wrong(m, MEND_PROVEN, "ledgers", slice_of(key, 8), "the header is missing or wrong");
        m->repair.has_header = true;
    }
    e = store_seq_by_hash(m->s, &h->hash, &seq);
    if (err_failed(e) && !is_damage(e))
        return e;
    if (err_failed(e) || seq != m->seq) {
        wrong(m, MEND_DERIVED, "ledger_hashes", hash256_slice(&h->hash), "missing or wrong");
        m->repair.has_header = true;
    }
    return OK;
}

/* --- transactions --- */

static err is_tx_right(struct mend *m, size_t i, bool *ret)
{
    struct store_tx held;
    struct arena_pos mark = arena_mark(m->a);
    err e = store_tx_find(m->s, &m->right->tx_hashes[i], m->a, &held);
    const struct store_tx *must = &m->right->txs[i];
    *ret = !err_failed(e) && held.pos.ledger_seq == m->seq && slice_eq(held.tx, must->tx) &&
           slice_eq(held.meta, must->meta);
    arena_rewind(m->a, mark);
    return err_failed(e) && !is_damage(e) ? e : OK;
}

static err look_at_txs(struct mend *m)
{
    const struct store_ledger *r = m->right;
    struct store_txs_query q = {.first = m->seq, .last = m->seq, .hashes_only = true};
    struct store_tx *held = NULL;
    size_t n_held = 0;
    err e = store_ledger_txs(m->s, &q, m->a, &held, &n_held);
    if (err_failed(e) && !is_damage(e))
        return e;
    struct hash256 *hashes = arena_array(m->a, struct hash256, n_held + 1),
                   *must = arena_array(m->a, struct hash256, r->n_txs + 1);
    for (size_t i = 0; i < n_held; i++)
        hashes[i] = held[i].hash;
    memcpy(must, r->tx_hashes, r->n_txs * sizeof *must);
    qsort(hashes, n_held, sizeof *hashes, hash256_order);
    qsort(must, r->n_txs, sizeof *must, hash256_order);
    for (size_t i = 0; i < n_held; i++)
        if (!hash256_in(must, r->n_txs, &hashes[i])) {
            wrong(m, MEND_PROVEN, "ledger_transactions", hash256_slice(&hashes[i]),
                  "not one of the ledger's");
            m->repair.all_txs = true;
        }
    for (size_t i = 0; i < r->n_txs; i++) {
        bool right, listed = hash256_in(hashes, n_held, &r->tx_hashes[i]);
        TRY(is_tx_right(m, i, &right));
        if (!listed)
            wrong(m, MEND_PROVEN, "ledger_transactions", hash256_slice(&r->tx_hashes[i]),
                  "missing");
        if (!right)
            wrong(m, MEND_PROVEN, "transactions", hash256_slice(&r->tx_hashes[i]),
                  "missing or wrong");
        if (listed && right)
            continue;
        m->txs[m->put.n_txs] = r->txs[i];
        m->tx_hashes[m->put.n_txs++] = r->tx_hashes[i];
    }
    if (m->repair.all_txs) { /* who drops what is too much needs to know all */
        m->put.txs = r->txs;
        m->put.tx_hashes = r->tx_hashes;
        m->put.n_txs = r->n_txs;
    }
    return OK;
}

/* --- objects --- */

/* Versions of keys that the ledger did not change are harmless if they say the same as the ledger
 * before. */
static err look_at_extra(struct mend *m, const struct hash256 *keys, size_t n)
{
    struct slice *at = arena_array(m->a, struct slice, n),
                 *before = arena_array(m->a, struct slice, n);
    uint32_t *seqs = arena_array(m->a, uint32_t, n);
    TRY(store_objects_get(m->s, m->seq, keys, n, m->a, at, seqs));
    TRY(store_objects_get(m->s, m->seq - 1, keys, n, m->a, before, NULL));
    for (size_t i = 0; i < n; i++)
        if (seqs[i] == m->seq && !slice_eq(at[i], before[i])) {
            wrong(m, MEND_PROVEN, "objects", hash256_slice(&keys[i]),
                  "the ledger did not change this object");
            m->drop[m->repair.n_drop_objects++] = keys[i];
        }
    return OK;
}

static err look_at_diff(struct mend *m, struct hash256 **ret, size_t *ret_n)
{
    struct hash256 *extra, *must = arena_array(m->a, struct hash256, m->right->n_objects + 1);
    size_t n_extra = 0;
    TRY(store_diff(m->s, m->seq, m->a, ret, ret_n));
    if (*ret_n)
        qsort(*ret, *ret_n, sizeof **ret, hash256_order);
    for (size_t i = 0; i < m->right->n_objects; i++)
        must[i] = m->right->objects[i].key; /* they ascend */
    extra = arena_array(m->a, struct hash256, *ret_n + 1);
    m->drop = arena_array(m->a, struct hash256, *ret_n + 1);
    for (size_t i = 0; i < *ret_n; i++)
        if (!hash256_in(must, m->right->n_objects, &(*ret)[i]))
            extra[n_extra++] = (*ret)[i];
    return n_extra ? look_at_extra(m, extra, n_extra) : OK;
}

static err look_at_objects(struct mend *m)
{
    const struct store_ledger *r = m->right;
    struct hash256 *diff = NULL, *keys = arena_array(m->a, struct hash256, r->n_objects + 1);
    struct slice *held = arena_array(m->a, struct slice, r->n_objects + 1);
    uint32_t *seqs = arena_array(m->a, uint32_t, r->n_objects + 1);
    size_t n_diff = 0;
    TRY(look_at_diff(m, &diff, &n_diff));
    for (size_t i = 0; i < r->n_objects; i++)
        keys[i] = r->objects[i].key;
    TRY(store_objects_get(m->s, m->seq, keys, r->n_objects, m->a, held, seqs));
    for (size_t i = 0; i < r->n_objects; i++) {
        bool listed = hash256_in(diff, n_diff, &keys[i]);
        bool right = seqs[i] == m->seq && slice_eq(held[i], r->objects[i].data);
        if (!listed)
            wrong(m, MEND_PROVEN, "diff", hash256_slice(&keys[i]), "missing");
        if (!right)
            wrong(m, MEND_PROVEN, "objects", hash256_slice(&keys[i]),
                  seqs[i] == m->seq ? "wrong" : "missing");
        if (!listed || !right)
            m->objects[m->put.n_objects++] = r->objects[i];
    }
    return OK;
}

/* --- the list of keys --- */

static bool is_end(const struct hash256 *next)
{
    struct hash256 last = successor_last();
    return hash256_eq(next, &last) || hash256_is_zero(next); /* Clio takes one for the other */
}

/* A book that has become empty leads to the end, or to whatever key is next. */
static bool same_next(const struct store_successor *must, const struct hash256 *is)
{
    if (hash256_eq(&must->next, is) || (is_end(&must->next) && is_end(is)))
        return true;
    struct hash256 base = successor_base(&must->key);
    bool is_base = hash256_eq(&base, &must->key) && !hash256_is_zero(&must->key);
    return is_base && memcmp(must->key.b, must->next.b, 24) != 0 &&
           memcmp(must->key.b, is->b, 24) != 0;
}

/* Clio has the row of the head under the key of the tail now and then. */
static err head_is_right(struct mend *m, const struct store_successor *must, bool *ret)
{
    struct hash256 next;
    err e = store_next(m->s, m->seq, &must->key, &next);
    *ret = e.code == ERR_NOT_FOUND ? is_end(&must->next)
                                   : !err_failed(e) && hash256_eq(&next, &must->next);
    return err_failed(e) && !is_damage(e) ? e : OK;
}

static err look_at_successors(struct mend *m)
{
    const struct store_ledger *r = m->right;
    struct cass *cass = cass_of(m->s);
    struct hash256 *keys = arena_array(m->a, struct hash256, r->n_successors + 1),
                   *next = arena_array(m->a, struct hash256, r->n_successors + 1);
    if (!cass) /* such rows are the backend's own affair */
        return OK;
    for (size_t i = 0; i < r->n_successors; i++)
        keys[i] = r->successors[i].key;
    TRY(cass_successors_get(cass, m->seq, keys, r->n_successors, m->a, next));
    for (size_t i = 0; i < r->n_successors; i++) {
        bool right = same_next(&r->successors[i], &next[i]);
        if (!right && hash256_is_zero(&keys[i]))
            TRY(head_is_right(m, &r->successors[i], &right));
        if (right)
            continue;
        wrong(m, MEND_DERIVED, "successor", hash256_slice(&keys[i]), "missing or wrong");
        m->successors[m->put.n_successors++] = r->successors[i];
    }
    return OK;
}

/* --- index rows --- */

/* Clio up to 2.7 has no histories of MPTs, and not all holders. */
static bool is_young(enum store_index index)
{
    return index == STORE_INDEX_MPT_HOLDER || index == STORE_INDEX_MPT_TX ||
           index == STORE_INDEX_ACCOUNT_MPT_TX;
}

bool mend_row_is_right(const struct store_index_row *row, const struct store_rows *found)
{
    if (found->n == 0 || !slice_eq(found->rows[0].suffix, row->suffix))
        return false;
    if (!store_index_of_txs(row->index))
        return slice_eq(found->rows[0].value, row->value);
    struct store_tx_locator is, should;
    struct store_entry written = {row->suffix, row->value};
    if (err_failed(store_tx_locator_of(&found->rows[0], &is)) ||
        err_failed(store_tx_locator_of(&written, &should)))
        return false;
    bool hash = hash256_is_zero(&is.hash) || hash256_eq(&is.hash, &should.hash);
    return hash && (!is.has_type || is.type == should.type);
}

static err look_at_some_rows(struct mend *m, const struct store_index_row *rows, size_t n)
{
    struct store_scan *scans = arena_array(m->a, struct store_scan, n);
    struct store_rows *found = arena_array(m->a, struct store_rows, n);
    for (size_t i = 0; i < n; i++)
        scans[i] = (struct store_scan){.index = rows[i].index,
                                       .prefix = rows[i].prefix,
                                       .from = rows[i].suffix,
                                       .inclusive = true,
                                       .limit = 1};
    TRY(store_scan_many(m->s, scans, n, m->a, found));
    for (size_t i = 0; i < n; i++) {
        if (mend_row_is_right(&rows[i], &found[i]))
            continue;
        if (is_young(rows[i].index))
            m->result->n_added++;
        else
            wrong(m, MEND_DERIVED, cass_index_table(rows[i].index), rows[i].prefix,
                  "missing or wrong");
        m->rows[m->put.n_index_rows++] = rows[i];
    }
    return OK;
}

static err look_at_rows(struct mend *m)
{
    for (size_t i = 0; i < m->right->n_index_rows; i += AT_ONCE)
        TRY(look_at_some_rows(m, m->right->index_rows + i,
                              MIN(m->right->n_index_rows - i, (size_t)AT_ONCE)));
    return OK;
}

/* --- all of it --- */

static struct mend mend_of(const struct mend_opts *opts, const struct store_ledger *right,
                           struct mend_result *result, struct arena *a)
{
    struct mend m = {
        .opts = opts,
        .right = right,
        .s = opts->store,
        .a = a,
        .seq = right->header.seq,
        .result = result,
        .put = {.header = right->header, .unnamed = right->unnamed, .n_unnamed = right->n_unnamed},
        .txs = arena_array(a, struct store_tx, right->n_txs + 1),
        .tx_hashes = arena_array(a, struct hash256, right->n_txs + 1),
        .objects = arena_array(a, struct store_object, right->n_objects + 1),
        .successors = arena_array(a, struct store_successor, right->n_successors + 1),
        .rows = arena_array(a, struct store_index_row, right->n_index_rows + 1)};
    m.put.txs = m.txs;
    m.put.tx_hashes = m.tx_hashes;
    *result = (struct mend_result){0};
    return m;
}

static err put_right(struct mend *m)
{
    const struct mend_result *r = m->result;
    if (!m->opts->write || r->n_proven + r->n_derived + r->n_added == 0)
        return OK;
    m->put.objects = m->objects;
    m->put.successors = m->successors;
    m->put.index_rows = m->rows;
    m->repair.put = &m->put;
    m->repair.at = m->seq;
    m->repair.drop_objects = m->drop;
    return store_repair(m->s, &m->repair);
}

ERR mend_ledger(const struct mend_opts *opts, const struct store_ledger *right,
                struct mend_result *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct mend m = mend_of(opts, right, ret, a);
    TRY(look_at_header(&m));
    TRY(look_at_txs(&m));
    TRY(look_at_objects(&m));
    TRY(look_at_successors(&m));
    TRY(look_at_rows(&m));
    return put_right(&m);
}

/* --- what follows from a ledger whose state is verified --- */

static err read_txs(struct mend *m, struct store_tx **ret, size_t *ret_n)
{
    struct store_txs_query q = {.first = m->seq, .last = m->seq};
    TRY(store_ledger_txs(m->s, &q, m->a, ret, ret_n));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i].hash = digest_tx_id((*ret)[i].tx);
    if (store_txs_have_root(*ret, *ret_n, &m->right->header.tx_hash, m->a))
        return OK;
    return FAIL(ERR_VERIFY, "its %zu transactions do not have the root in the header", *ret_n);
}

ERR mend_derived(const struct mend_opts *opts, const struct store_ledger *ledger,
                 struct mend_result *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct mend m = mend_of(opts, ledger, ret, a);
    struct store_ledger right = *ledger;
    struct rows rows = {.a = a};
    struct store_tx *txs = NULL;
    TRY(read_txs(&m, &txs, &right.n_txs));
    for (size_t i = 0; i < right.n_txs; i++)
        err_ignore(rows_add_tx(&rows, &txs[i])); /* malformed metadata has none */
    rows_settle(&rows);
    right.index_rows = rows.v;
    right.n_index_rows = rows.n;
    m.rows = arena_array(a, struct store_index_row, rows.n + 1);
    m.right = &right;
    TRY(look_at_header(&m));
    TRY(look_at_successors(&m));
    TRY(look_at_rows(&m));
    return put_right(&m);
}
