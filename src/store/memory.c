/* SPDX-License-Identifier: Apache-2.0 */
#include "store/memory.h"

#include "base/mem.h"
#include "store/index.h"
#include "store/range_set.h"
#include "xrpl/sto.h"

#include <assert.h>
#include <stdlib.h>

/* A row of anything: bytes in an arena that lives as long as the store. */
struct version {
    struct hash256 key;
    uint32_t seq; /* 0 = initially loaded */
    struct slice data;
};
struct meta_row {
    const char *name;
    struct slice value;
};

/* Growing array in the arena of its store. */
struct rows {
    void *p;
    size_t n, cap;
};

struct memory {
    struct store base; /* first */
    struct arena *arena;
    struct range_set ranges;
    struct rows headers; /* struct ledger_header */
    struct rows objects; /* struct version */
    struct rows txs;     /* struct store_tx with hashes, ascending */
    struct rows index;   /* struct store_index_row, by index, prefix, suffix */
    struct rows meta;    /* struct meta_row */
    uint32_t loading;    /* ledger of the load in progress; 0: none */
    uint32_t n_chains;
    _Atomic uint64_t n_reads;
    uint64_t n_writes;
};

static const struct store_ops ops;

static struct memory *memory_of(struct store *s)
{
    assert(s->ops == &ops);
    return container_of(s, struct memory, base);
}

/* Room for one more row before row `at`. */
static void *insert(struct rows *r, size_t row_bytes, size_t at)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 16;
        r->p = xrealloc(r->p, r->cap * row_bytes);
    }
    uint8_t *row = (uint8_t *)r->p + at * row_bytes;
    memmove(row + row_bytes, row, (r->n - at) * row_bytes);
    r->n++;
    return row;
}

static void drop_rows(struct memory *m)
{
    struct rows *const all[] = {&m->headers, &m->objects, &m->txs, &m->index};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        all[i]->n = 0;
}

static void op_close(struct store *s)
{
    struct memory *m = memory_of(s);
    struct rows *const all[] = {&m->headers, &m->objects, &m->txs, &m->index, &m->meta};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        free(all[i]->p);
    arena_free(m->arena);
    free(m);
}

static struct meta_row *meta_find(struct memory *m, const char *name)
{
    struct meta_row *rows = m->meta.p;
    for (size_t i = 0; i < m->meta.n; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static ERR check_name(const char *name)
{
    if (name[0] == 0 || name[0] == '.')
        return FAIL(ERR_INVALID, "store: meta name \"%s\"", name);
    return OK;
}

static err op_meta_get(struct store *s, const char *name, struct arena *a, struct slice *ret)
{
    TRY(check_name(name));
    struct meta_row *row = meta_find(memory_of(s), name);
    if (row == NULL)
        return FAIL(ERR_NOT_FOUND, "store: meta \"%s\": not set", name);
    *ret = arena_dup(a, row->value);
    return OK;
}

static err op_meta_put(struct store *s, const char *name, struct slice value)
{
    struct memory *m = memory_of(s);
    TRY(check_name(name));
    struct meta_row *row = meta_find(m, name);
    if (row == NULL) {
        row = insert(&m->meta, sizeof *row, m->meta.n);
        row->name = arena_strdup(m->arena, slice_str(name));
    }
    row->value = arena_dup(m->arena, value);
    return OK;
}

static void op_ranges(struct store *s, struct store_range *ret, size_t *ret_n)
{
    struct memory *m = memory_of(s);
    memcpy(ret, m->ranges.r, m->ranges.n * sizeof *ret);
    *ret_n = m->ranges.n;
}

static void add_objects(struct memory *m, uint32_t seq, const struct store_object *objects,
                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct version *v = insert(&m->objects, sizeof *v, m->objects.n);
        *v = (struct version){objects[i].key, seq, arena_dup(m->arena, objects[i].data)};
    }
}

static int compare_index(const struct store_index_row *a, const struct store_index_row *b)
{
    int c = (int)a->index - (int)b->index;
    if (c == 0)
        c = slice_cmp(a->prefix, b->prefix);
    return c ? c : slice_cmp(a->suffix, b->suffix);
}

static void add_index_row(struct memory *m, const struct store_index_row *row)
{
    size_t at = 0;
    while (at < m->index.n && compare_index((struct store_index_row *)m->index.p + at, row) < 0)
        at++;
    bool same =
        at < m->index.n && compare_index((struct store_index_row *)m->index.p + at, row) == 0;
    struct store_index_row *to =
        same ? (struct store_index_row *)m->index.p + at : insert(&m->index, sizeof *to, at);
    *to =
        (struct store_index_row){row->index, arena_dup(m->arena, row->prefix),
                                 arena_dup(m->arena, row->suffix), arena_dup(m->arena, row->value)};
}

static ERR check_index_rows(const struct store_index_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        TRY(index_check_row(&rows[i]));
    return OK;
}

static void add_ledger(struct memory *m, const struct store_ledger *l)
{
    *(struct ledger_header *)insert(&m->headers, sizeof l->header, m->headers.n) = l->header;
    for (size_t i = 0; i < l->n_txs; i++) {
        struct store_tx *row = insert(&m->txs, sizeof *row, m->txs.n);
        *row = (struct store_tx){l->txs[i].pos, arena_dup(m->arena, l->txs[i].tx),
                                 arena_dup(m->arena, l->txs[i].meta), l->tx_hashes[i]};
    }
    for (size_t i = 0; i < l->n_index_rows; i++)
        add_index_row(m, &l->index_rows[i]);
}

static err op_load_begin(struct store *s, uint32_t seq, uint32_t n_chains)
{
    struct memory *m = memory_of(s);
    TRY(range_set_check_first(&m->ranges, seq, n_chains));
    drop_rows(m);
    m->loading = seq;
    m->n_chains = n_chains;
    return OK;
}

static err op_load_add(struct store *s, uint32_t chain, const struct store_object *objects,
                       size_t n_objects, const struct store_successor *successors,
                       size_t n_successors, const struct store_index_row *rows, size_t n_rows)
{
    struct memory *m = memory_of(s);
    if (m->loading == 0 || chain >= m->n_chains)
        return FAIL(ERR_INVALID, "store: no load with a part %u", chain);
    TRY(check_index_rows(rows, n_rows));
    add_objects(m, 0, objects, n_objects);
    for (size_t i = 0; i < n_rows; i++)
        add_index_row(m, &rows[i]);
    return OK;
}

static err op_load_commit(struct store *s, const struct store_ledger *l)
{
    struct memory *m = memory_of(s);
    if (m->loading == 0 || m->loading != l->header.seq)
        return FAIL(ERR_INVALID, "store: no load of ledger %u", l->header.seq);
    TRY(range_set_check_txs(l));
    TRY(check_index_rows(l->index_rows, l->n_index_rows));
    add_ledger(m, l);
    m->ranges = (struct range_set){.r = {{l->header.seq, l->header.seq}}, .n = 1};
    m->loading = 0;
    m->n_writes++;
    return OK;
}

static err op_write(struct store *s, const struct store_ledger *ledgers, size_t n)
{
    struct memory *m = memory_of(s);
    TRY(range_set_check_append(&m->ranges, ledgers, n));
    for (size_t i = 0; i < n; i++)
        TRY(check_index_rows(ledgers[i].index_rows, ledgers[i].n_index_rows));
    for (size_t i = 0; i < n; i++) {
        add_ledger(m, &ledgers[i]);
        add_objects(m, ledgers[i].header.seq, ledgers[i].objects, ledgers[i].n_objects);
    }
    m->ranges.r[m->ranges.n - 1].last = ledgers[n - 1].header.seq;
    m->n_writes++;
    return OK;
}

/* Before the first ledger is complete, nothing is to be seen. */
static size_t visible(struct memory *m, const struct rows *rows)
{
    m->n_reads++;
    return m->ranges.n > 0 ? rows->n : 0;
}

static err op_header_get(struct store *s, uint32_t seq, struct ledger_header *ret)
{
    struct memory *m = memory_of(s);
    struct ledger_header *h = m->headers.p;
    for (size_t i = 0; i < visible(m, &m->headers); i++)
        if (h[i].seq == seq) {
            *ret = h[i];
            return OK;
        }
    return FAIL(ERR_NOT_FOUND, "store: ledger %u is not held", seq);
}

static err op_seq_by_hash(struct store *s, const struct hash256 *hash, uint32_t *ret)
{
    struct memory *m = memory_of(s);
    struct ledger_header *h = m->headers.p;
    for (size_t i = 0; i < visible(m, &m->headers); i++)
        if (hash256_eq(&h[i].hash, hash)) {
            *ret = h[i].seq;
            return OK;
        }
    return FAIL(ERR_NOT_FOUND, "store: no ledger with this hash");
}

/* Newest version at or before `seq`; NULL if there is none. */
static const struct version *newest(struct memory *m, uint32_t seq, const struct hash256 *key)
{
    const struct version *best = NULL, *v = m->objects.p;
    for (size_t i = 0; i < visible(m, &m->objects); i++)
        if (v[i].seq <= seq && hash256_eq(&v[i].key, key) &&
            (best == NULL || v[i].seq >= best->seq))
            best = &v[i];
    return best;
}

static err op_objects_get(struct store *s, uint32_t seq, const struct hash256 *keys, size_t n,
                          struct arena *a, struct slice *ret, uint32_t *ret_seqs)
{
    for (size_t i = 0; i < n; i++) {
        const struct version *v = newest(memory_of(s), seq, &keys[i]);
        ret[i] = v && v->data.n ? arena_dup(a, v->data) : SLICE_EMPTY;
        if (ret_seqs)
            ret_seqs[i] = v ? v->seq : UINT32_MAX;
    }
    return OK;
}

static err op_next(struct store *s, uint32_t seq, const struct hash256 *key, struct hash256 *ret)
{
    struct memory *m = memory_of(s);
    const struct version *v = m->objects.p;
    const struct hash256 *best = NULL;
    for (size_t i = 0; i < visible(m, &m->objects); i++) {
        if (hash256_cmp(&v[i].key, key) <= 0 || (best && hash256_cmp(&v[i].key, best) >= 0))
            continue;
        const struct version *at = newest(m, seq, &v[i].key);
        if (at && at->data.n)
            best = &v[i].key;
    }
    if (best == NULL)
        return FAIL(ERR_NOT_FOUND, "store: no later key");
    *ret = *best;
    return OK;
}

static err op_diff(struct store *s, uint32_t seq, struct arena *a, struct hash256 **ret,
                   size_t *ret_n)
{
    struct memory *m = memory_of(s);
    const struct version *v = m->objects.p;
    size_t n = 0;
    if (!range_set_has(&m->ranges, seq))
        return FAIL(ERR_NOT_FOUND, "store: ledger %u is not held", seq);
    struct hash256 *keys = arena_array(a, struct hash256, m->objects.n + 1);
    for (size_t i = 0; i < m->objects.n; i++)
        if (v[i].seq == seq)
            keys[n++] = v[i].key;
    qsort(keys, n, sizeof *keys, hash256_order);
    *ret = keys;
    *ret_n = n;
    return OK;
}

static err op_page(struct store *s, uint32_t seq, const struct hash256 *after, size_t n,
                   bool with_data, struct arena *a, struct store_object *ret, size_t *ret_n)
{
    struct hash256 at = *after;
    size_t got = 0;
    for (; got < n; got++) {
        err e = op_next(s, seq, &at, &ret[got].key);
        if (e.code == ERR_NOT_FOUND)
            break;
        TRY(e);
        at = ret[got].key;
        ret[got].data = SLICE_EMPTY;
        if (with_data)
            TRY(op_objects_get(s, seq, &at, 1, a, &ret[got].data, NULL));
    }
    *ret_n = got;
    return OK;
}

/* NULL if there is none. */
static struct store_tx *find_tx(struct memory *m, struct store_tx_pos pos)
{
    struct store_tx *rows = m->txs.p;
    for (size_t i = 0; i < visible(m, &m->txs); i++)
        if (rows[i].pos.ledger_seq == pos.ledger_seq && rows[i].pos.index == pos.index)
            return &rows[i];
    return NULL;
}

static err op_txs_get(struct store *s, const struct store_tx_locator *at, size_t n, struct arena *a,
                      struct store_tx *ret)
{
    (void)a; /* rows live as long as the store */
    for (size_t i = 0; i < n; i++) {
        const struct store_tx *tx = find_tx(memory_of(s), at[i].pos);
        if (tx == NULL)
            return FAIL(ERR_CORRUPT, "store: no transaction at %u:%u", at[i].pos.ledger_seq,
                        at[i].pos.index);
        ret[i] = *tx;
    }
    return OK;
}

static err op_tx_types(struct store *s, const struct store_tx_locator *at, size_t n, uint16_t *ret)
{
    for (size_t i = 0; i < n; i++) {
        struct store_tx tx;
        TRY(op_txs_get(s, &at[i], 1, NULL, &tx));
        ret[i] = sto_tx_type(tx.tx);
    }
    return OK;
}

static int compare_hashes(const void *a, const void *b)
{
    return hash256_cmp(&((const struct store_tx *)a)->hash, &((const struct store_tx *)b)->hash);
}

static void hashes_only(struct store_tx *txs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        txs[i] = (struct store_tx){.pos = txs[i].pos, .hash = txs[i].hash};
    qsort(txs, n, sizeof *txs, compare_hashes);
}

static err op_ledger_txs(struct store *s, const struct store_txs_query *q, struct arena *a,
                         struct store_tx **ret, size_t *ret_n)
{
    struct memory *m = memory_of(s);
    const struct store_tx *rows = m->txs.p;
    size_t n = 0, skip = q->skip, limit = q->limit ? q->limit : SIZE_MAX;
    TRY(range_set_check_txs_query(&m->ranges, q));
    struct store_tx *txs = arena_array(a, struct store_tx, m->txs.n + q->n_indexes + 1);
    for (size_t i = 0; q->indexes && i < q->n_indexes; i++) {
        const struct store_tx *tx = find_tx(m, (struct store_tx_pos){q->first, q->indexes[i]});
        if (tx)
            txs[n++] = *tx;
    }
    for (size_t i = 0; q->indexes == NULL && i < m->txs.n && n < limit; i++) {
        const struct store_tx *tx = &rows[q->backward ? m->txs.n - 1 - i : i];
        if (tx->pos.ledger_seq < q->first || tx->pos.ledger_seq > q->last)
            continue;
        if (skip > 0)
            skip--;
        else
            txs[n++] = *tx;
    }
    if (q->hashes_only)
        hashes_only(txs, n);
    *ret = txs;
    *ret_n = n;
    return OK;
}

static err op_tx_find(struct store *s, const struct hash256 *hash, struct arena *a,
                      struct store_tx *ret)
{
    struct memory *m = memory_of(s);
    const struct store_tx *rows = m->txs.p;
    (void)a; /* rows live as long as the store */
    for (size_t i = 0; i < visible(m, &m->txs); i++)
        if (hash256_eq(&rows[i].hash, hash)) {
            *ret = rows[i];
            return OK;
        }
    return FAIL(ERR_NOT_FOUND, "store: no transaction with this hash");
}

static bool in_scan(const struct store_index_row *row, const struct store_scan *scan)
{
    if (row->index != scan->index || !slice_eq(row->prefix, scan->prefix))
        return false;
    if (scan->from.n == 0)
        return true;
    int c = slice_cmp(row->suffix, scan->from);
    return c == 0 ? scan->inclusive : (c < 0) == scan->backward;
}

static struct store_rows scan_one(struct memory *m, const struct store_scan *scan, struct arena *a)
{
    const struct store_index_row *rows = m->index.p;
    size_t n = 0, n_rows = visible(m, &m->index);
    struct store_entry *entries = arena_array(a, struct store_entry, n_rows + 1);
    for (size_t i = 0; i < n_rows && n < scan->limit; i++) {
        const struct store_index_row *row = &rows[scan->backward ? n_rows - 1 - i : i];
        if (in_scan(row, scan))
            entries[n++] =
                (struct store_entry){arena_dup(a, row->suffix), arena_dup(a, row->value)};
    }
    return (struct store_rows){entries, n};
}

static err op_scan(struct store *s, const struct store_scan *scans, size_t n, struct arena *a,
                   struct store_rows *ret)
{
    for (size_t i = 0; i < n; i++)
        TRY(index_check_scan(&scans[i]));
    for (size_t i = 0; i < n; i++)
        ret[i] = scan_one(memory_of(s), &scans[i], a);
    return OK;
}

/* --- repair --- */

static void drop(struct rows *r, size_t row_bytes, size_t at)
{
    uint8_t *row = (uint8_t *)r->p + at * row_bytes;
    memmove(row, row + row_bytes, (--r->n - at) * row_bytes);
}

static void drop_object(struct memory *m, const struct hash256 *key, uint32_t seq)
{
    struct version *v = m->objects.p;
    for (size_t i = m->objects.n; i-- > 0;)
        if (v[i].seq == seq && hash256_eq(&v[i].key, key))
            drop(&m->objects, sizeof *v, i);
}

static void drop_index_row(struct memory *m, const struct store_index_row *row)
{
    struct store_index_row *rows = m->index.p;
    for (size_t i = m->index.n; i-- > 0;)
        if (compare_index(&rows[i], row) == 0)
            drop(&m->index, sizeof *rows, i);
}

static void put_header(struct memory *m, const struct ledger_header *header)
{
    struct ledger_header *rows = m->headers.p;
    size_t at = 0;
    while (at < m->headers.n && rows[at].seq < header->seq)
        at++;
    if (at == m->headers.n || rows[at].seq != header->seq)
        rows = insert(&m->headers, sizeof *rows, at);
    else
        rows = &rows[at];
    *rows = *header;
}

static void put_tx(struct memory *m, const struct store_tx *tx, const struct hash256 *hash)
{
    struct store_tx *row = find_tx(m, tx->pos);
    for (size_t at = 0; row == NULL; at++) {
        struct store_tx *rows = m->txs.p;
        bool before =
            at < m->txs.n &&
            (rows[at].pos.ledger_seq < tx->pos.ledger_seq ||
             (rows[at].pos.ledger_seq == tx->pos.ledger_seq && rows[at].pos.index < tx->pos.index));
        if (!before)
            row = insert(&m->txs, sizeof *row, at);
    }
    *row = (struct store_tx){tx->pos, arena_dup(m->arena, tx->tx), arena_dup(m->arena, tx->meta),
                             *hash};
}

static void drop_txs(struct memory *m, uint32_t seq)
{
    struct store_tx *txs = m->txs.p;
    size_t n = 0;
    for (size_t i = 0; i < m->txs.n; i++)
        if (txs[i].pos.ledger_seq != seq)
            txs[n++] = txs[i];
    m->txs.n = n;
}

static err op_repair(struct store *s, const struct store_repair *r)
{
    struct memory *m = memory_of(s);
    const struct store_ledger none = {0}, *l = r->put ? r->put : &none;
    TRY(check_index_rows(l->index_rows, l->n_index_rows));
    for (size_t i = 0; i < r->n_drop_objects; i++)
        drop_object(m, &r->drop_objects[i], r->at);
    for (size_t i = 0; i < r->n_drop_rows; i++)
        drop_index_row(m, &r->drop_rows[i]);
    if (r->put && r->has_header)
        put_header(m, &l->header);
    if (r->all_txs)
        drop_txs(m, r->at);
    for (size_t i = 0; i < l->n_txs; i++)
        put_tx(m, &l->txs[i], &l->tx_hashes[i]);
    add_objects(m, r->at, l->objects, l->n_objects);
    for (size_t i = 0; i < l->n_index_rows; i++)
        add_index_row(m, &l->index_rows[i]);
    return OK;
}

static err op_index_lack(struct store *s, enum store_index index, struct store_range *ret,
                         size_t *ret_n)
{
    (void)s, (void)ret;
    if (index_shape(index) == NULL)
        return FAIL(ERR_INVALID, "store: no index %d", (int)index);
    *ret_n = 0; /* it is never older than this program */
    return OK;
}

static err op_index_add(struct store *s, enum store_index index, const struct store_index_row *rows,
                        size_t n, uint32_t from)
{
    (void)s;
    return index_check_add(index, rows, n, NULL, from);
}

static void op_stats(struct store *s, struct store_stats *ret)
{
    struct memory *m = memory_of(s);
    *ret = (struct store_stats){.n_reads = m->n_reads, .n_writes = m->n_writes, .disk_bytes = 0};
}

static const struct store_ops ops = {
    .close = op_close,
    .meta_get = op_meta_get,
    .meta_put = op_meta_put,
    .ranges = op_ranges,
    .load_begin = op_load_begin,
    .load_add = op_load_add,
    .load_commit = op_load_commit,
    .write = op_write,
    .repair = op_repair,
    .salvage = store_no_salvage,
    .salvage_end = store_no_salvage_end,
    .index_lack = op_index_lack,
    .index_add = op_index_add,
    .header_get = op_header_get,
    .seq_by_hash = op_seq_by_hash,
    .objects_get = op_objects_get,
    .next = op_next,
    .page = op_page,
    .state = store_state_by_pages,
    .diff = op_diff,
    .txs_get = op_txs_get,
    .tx_types = op_tx_types,
    .ledger_txs = op_ledger_txs,
    .tx_find = op_tx_find,
    .scan = op_scan,
    .scan_typed = store_typed_by_rows,
    .stats = op_stats,
};

struct store *memory_new(void)
{
    struct memory *m = xcalloc(1, sizeof *m);
    m->base.ops = &ops;
    m->arena = arena_new(0);
    struct meta_row *row = insert(&m->meta, sizeof *row, 0);
    *row = (struct meta_row){"dataset_id", slice_of(arena_zalloc(m->arena, 16), 16)};
    return &m->base;
}
