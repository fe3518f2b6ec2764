/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy.h"

static struct proxy *self(struct store *s)
{
    return (struct proxy *)s;
}

static void p_close(struct store *s)
{
    (void)s;
}
static err p_meta_get(struct store *s, const char *name, struct arena *a, struct slice *ret)
{
    return store_meta_get(self(s)->inner, name, a, ret);
}
static err p_meta_put(struct store *s, const char *name, struct slice value)
{
    return store_meta_put(self(s)->inner, name, value);
}
static void p_ranges(struct store *s, struct store_range *ret, size_t *ret_n)
{
    struct proxy *p = self(s);
    store_ranges(p->inner, ret, ret_n);
    if (p->hide_after && *ret_n)
        ret[*ret_n - 1].last = p->hide_after;
}
static err p_load_begin(struct store *s, uint32_t seq, uint32_t n_chains)
{
    return store_load_begin(self(s)->inner, seq, n_chains);
}
static err p_load_add(struct store *s, uint32_t chain, const struct store_object *objects,
                      size_t n_objects, const struct store_successor *successors,
                      size_t n_successors, const struct store_index_row *rows, size_t n_rows)
{
    return store_load_add(self(s)->inner, chain, objects, n_objects, successors, n_successors, rows,
                          n_rows);
}
static err p_load_commit(struct store *s, const struct store_ledger *ledger)
{
    if (self(s)->fail_load_commit)
        return FAIL(ERR_IO, "proxy: no load");
    return store_load_commit(self(s)->inner, ledger);
}
static err p_write(struct store *s, const struct store_ledger *ledgers, size_t n)
{
    struct proxy *p = self(s);
    if (p->fail_write)
        return FAIL(ERR_IO, "proxy: no space");
    TRY(store_write(p->inner, ledgers, n));
    return p->fail_after_write ? FAIL(ERR_IO, "proxy: no answer") : OK;
}
static err p_repair(struct store *s, const struct store_repair *rows)
{
    return store_repair(self(s)->inner, rows);
}
static err p_index_lack(struct store *s, enum store_index index, struct store_range *ret,
                        size_t *ret_n)
{
    return store_index_lack(self(s)->inner, index, ret, ret_n);
}
static err p_index_add(struct store *s, enum store_index index, const struct store_index_row *rows,
                       size_t n, uint32_t from)
{
    return store_index_add(self(s)->inner, index, rows, n, from);
}
static err p_header_get(struct store *s, uint32_t seq, struct ledger_header *ret)
{
    if (self(s)->fail_reads)
        return FAIL(ERR_IO, "proxy: no read");
    return store_header_get(self(s)->inner, seq, ret);
}
static err p_seq_by_hash(struct store *s, const struct hash256 *hash, uint32_t *ret)
{
    return store_seq_by_hash(self(s)->inner, hash, ret);
}
static void spoil(const struct proxy *p, struct arena *a, struct slice *data)
{
    if (data->n == 0)
        return;
    *data = arena_dup(a, *data);
    uint8_t *bytes = (uint8_t *)(uintptr_t)data->p;
    bytes[data->n - 1] = (uint8_t)(bytes[data->n - 1] + p->spoil_objects);
}
static err p_objects_get(struct store *s, uint32_t seq, const struct hash256 *keys, size_t n,
                         struct arena *a, struct slice *ret, uint32_t *ret_seqs)
{
    struct proxy *p = self(s);
    if (p->fail_reads)
        return FAIL(ERR_IO, "proxy: no read");
    TRY(store_objects_get(p->inner, seq, keys, n, a, ret, ret_seqs));
    for (size_t i = 0; p->spoil_objects && i < n; i++)
        spoil(p, a, &ret[i]);
    return OK;
}
static err p_next(struct store *s, uint32_t seq, const struct hash256 *key, struct hash256 *ret)
{
    return store_next(self(s)->inner, seq, key, ret);
}
static err p_diff(struct store *s, uint32_t seq, struct arena *a, struct hash256 **ret,
                  size_t *ret_n)
{
    struct proxy *p = self(s);
    p->n_diffs++;
    if (p->fail_diff)
        return FAIL(ERR_IO, "proxy: no list of keys");
    TRY(store_diff(p->inner, seq, a, ret, ret_n));
    *ret_n -= p->short_diff && *ret_n;
    return OK;
}
static err p_page(struct store *s, uint32_t seq, const struct hash256 *after, size_t n,
                  bool with_data, struct arena *a, struct store_object *ret, size_t *ret_n)
{
    struct proxy *p = self(s);
    if (p->fail_reads)
        return FAIL(ERR_IO, "proxy: no read");
    TRY(store_page(p->inner, seq, after, n, with_data, a, ret, ret_n));
    for (size_t i = 0; p->spoil_objects && i < *ret_n; i++)
        spoil(p, a, &ret[i].data);
    return OK;
}
static err p_txs_get(struct store *s, const struct store_tx_locator *at, size_t n, struct arena *a,
                     struct store_tx *ret)
{
    return store_txs_get(self(s)->inner, at, n, a, ret);
}
static err p_tx_types(struct store *s, const struct store_tx_locator *at, size_t n, uint16_t *ret)
{
    return store_tx_types(self(s)->inner, at, n, ret);
}
static err p_ledger_txs(struct store *s, const struct store_txs_query *query, struct arena *a,
                        struct store_tx **ret, size_t *ret_n)
{
    return store_ledger_txs(self(s)->inner, query, a, ret, ret_n);
}
static err p_tx_find(struct store *s, const struct hash256 *hash, struct arena *a,
                     struct store_tx *ret)
{
    return store_tx_find(self(s)->inner, hash, a, ret);
}
static err p_scan_typed(struct store *s, const struct store_typed_scan *scan, struct arena *a,
                        struct store_typed_rows *ret)
{
    return store_scan_typed(self(s)->inner, scan, a, ret);
}
static err p_scan(struct store *s, const struct store_scan *scans, size_t n, struct arena *a,
                  struct store_rows *ret)
{
    return store_scan_many(self(s)->inner, scans, n, a, ret);
}
static void p_stats(struct store *s, struct store_stats *ret)
{
    store_stats(self(s)->inner, ret);
}

static const struct store_ops ops = {
    .close = p_close,
    .meta_get = p_meta_get,
    .meta_put = p_meta_put,
    .ranges = p_ranges,
    .load_begin = p_load_begin,
    .load_add = p_load_add,
    .load_commit = p_load_commit,
    .write = p_write,
    .repair = p_repair,
    .salvage = store_no_salvage,
    .salvage_end = store_no_salvage_end,
    .index_lack = p_index_lack,
    .index_add = p_index_add,
    .header_get = p_header_get,
    .seq_by_hash = p_seq_by_hash,
    .objects_get = p_objects_get,
    .next = p_next,
    .page = p_page,
    .diff = p_diff,
    .txs_get = p_txs_get,
    .tx_types = p_tx_types,
    .ledger_txs = p_ledger_txs,
    .tx_find = p_tx_find,
    .scan = p_scan,
    .scan_typed = p_scan_typed,
    .stats = p_stats,
};

void proxy_init(struct proxy *p, struct store *inner)
{
    *p = (struct proxy){.base = {&ops}, .inner = inner};
}
