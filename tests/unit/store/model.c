/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/store/model.h"

#include "base/bits.h"
#include "base/mem.h"
#include "store/index.h"
#include "unit/test.h"

#include <stdlib.h>

#define MAX_TXS 6
#define MAX_ROWS (4 * MODEL_N_KEYS)

uint64_t model_random(uint64_t *rng, uint64_t below)
{
    *rng += 0x9E3779B97F4A7C15u; /* splitmix64 */
    uint64_t z = *rng;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return below ? z % below : z;
}

static void random_bytes(uint64_t *rng, uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)model_random(rng, 256);
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

struct model *model_new(uint64_t seed)
{
    struct model *m = xcalloc(1, sizeof *m);
    m->rng = seed;
    m->seq = MODEL_FIRST;
    for (size_t i = 0; i < MODEL_N_BOOKS; i++)
        random_bytes(&m->rng, m->books[i].b, 24);
    for (size_t i = 0; i < MODEL_N_KEYS; i++) {
        random_bytes(&m->rng, m->keys[i].b, 32);
        if (i % 4 < MODEL_N_BOOKS) { /* three of four are directories of a book */
            m->keys[i] = m->books[i % 4];
            bits_store64(m->keys[i].b + 24, 1 + i);
        }
        m->live[i] = model_random(&m->rng, 3) > 0;
    }
    qsort(m->keys, MODEL_N_KEYS, sizeof m->keys[0], compare_keys);
    return m;
}

static struct slice random_blob(struct model *m, struct arena *a)
{
    size_t n = 8 + model_random(&m->rng, 120);
    uint8_t *p = arena_alloc(a, n);
    random_bytes(&m->rng, p, n);
    return slice_of(p, n);
}

/* Directories of books look like ones. */
static struct slice random_object(struct model *m, const struct hash256 *key, struct arena *a)
{
    struct slice blob = random_blob(m, a);
    uint8_t *p = arena_alloc(a, blob.n);
    memcpy(p, blob.p, blob.n);
    for (size_t i = 0; i < MODEL_N_BOOKS; i++)
        if (memcmp(key->b, m->books[i].b, 24) == 0)
            memcpy(p, "\x11\x00\x64", 3);
    return slice_of(p, blob.n);
}

static struct hash256 last_key(void)
{
    return (struct hash256){{[0 ... 31] = 0xFF}};
}

/* First live key with index >= i. */
static struct hash256 live_from(const struct model *m, size_t i)
{
    for (; i < MODEL_N_KEYS; i++)
        if (m->live[i])
            return m->keys[i];
    return last_key();
}

static struct hash256 live_below(const struct model *m, size_t i)
{
    while (i-- > 0)
        if (m->live[i])
            return m->keys[i];
    return HASH256_ZERO;
}

static struct hash256 after(const struct model *m, const struct hash256 *key)
{
    size_t i = 0;
    while (i < MODEL_N_KEYS && hash256_cmp(&m->keys[i], key) <= 0)
        i++;
    return live_from(m, i);
}

static bool same_book(const struct hash256 *a, const struct hash256 *b)
{
    return memcmp(a->b, b->b, 24) == 0;
}

struct rows {
    struct store_successor *p;
    size_t n;
};

static void add_successor(struct rows *r, struct hash256 key, struct hash256 next)
{
    r->p[r->n++] = (struct store_successor){key, next};
}

/* Rows of the ledger's changed books; `before` = their first keys then. An emptied book gets what
 * follows in the whole list, or the end: both are seen in the wild. */
static void add_books(struct model *m, const struct hash256 *before, struct rows *r)
{
    for (size_t i = 0; i < MODEL_N_BOOKS; i++) {
        struct hash256 first = after(m, &m->books[i]);
        if (hash256_eq(&first, &before[i]))
            continue;
        if (same_book(&first, &m->books[i]))
            add_successor(r, m->books[i], first);
        else if (same_book(&before[i], &m->books[i]))
            add_successor(r, m->books[i], model_random(&m->rng, 2) ? first : last_key());
    }
}

struct slice model_prefix(enum store_index index, uint32_t owner)
{
    static uint8_t bytes[STORE_N_INDEXES][MODEL_N_OWNERS + 1][INDEX_MAX_PREFIX];
    uint8_t *p = bytes[index][owner];
    /* neighbours differ in the last byte only; the last owner is all FF, so that nothing is after
     * it */
    memset(p, owner + 1 == MODEL_N_OWNERS ? 0xFF : 0x11, INDEX_MAX_PREFIX);
    if (owner + 1 < MODEL_N_OWNERS)
        p[index_shape(index)->prefix_bytes - 1] = (uint8_t)(0x11 + owner);
    return slice_of(p, index_shape(index)->prefix_bytes);
}

static struct slice random_value(struct model *m, enum store_index index, struct arena *a)
{
    int32_t n = index_shape(index)->value_bytes;
    if (n < 0)
        return model_random(&m->rng, 2) ? random_blob(m, a) : SLICE_EMPTY;
    uint8_t *value = arena_alloc(a, (size_t)n);
    random_bytes(&m->rng, value, (size_t)n);
    if (index == STORE_INDEX_NFT_STATE)
        value[20] &= 1; /* burned or not */
    return slice_of(value, (size_t)n);
}

static struct store_index_row random_row(struct model *m, struct arena *a)
{
    enum store_index index = (enum store_index)(1 + model_random(&m->rng, STORE_N_INDEXES - 1));
    const struct index_shape *shape = index_shape(index);
    uint8_t *suffix = arena_zalloc(a, shape->suffix_bytes);
    if (shape->newest_first)
        bits_store32(suffix, m->seq);
    else
        random_bytes(&m->rng, suffix, 4);
    /* the ends of the range, too */
    uint64_t place = model_random(&m->rng, 8);
    memset(suffix + 4, place == 0 ? 0xFF : (int)place - 1, shape->suffix_bytes - 4);
    return (struct store_index_row){
        index, model_prefix(index, (uint32_t)model_random(&m->rng, MODEL_N_OWNERS)),
        slice_of(suffix, shape->suffix_bytes), random_value(m, index, a)};
}

static void add_rows(struct model *m, struct arena *a, struct store_ledger *l)
{
    struct store_index_row *rows = arena_array(a, struct store_index_row, 16);
    l->n_index_rows = model_random(&m->rng, 16);
    for (size_t i = 0; i < l->n_index_rows; i++)
        rows[i] = random_row(m, a);
    l->index_rows = rows;
}

struct names {
    const struct hash256 *keys;
    size_t n;
};

/* TransactionIndex, AffectedNodes of ModifiedNodes, TransactionResult. */
static struct slice make_meta(struct arena *a, uint32_t index, struct names names)
{
    uint8_t *p = arena_alloc(a, 16 + 40 * names.n), *at = p;
    *at++ = 0x20, *at++ = 0x1C;
    bits_store32(at, index);
    at += 4;
    *at++ = 0xF8;
    for (size_t i = 0; i < names.n; i++) {
        static const uint8_t head[] = {0xE5, 0x11, 0x00, 0x61, 0x56};
        memcpy(at, head, sizeof head);
        memcpy(at + sizeof head, names.keys[i].b, 32);
        at += sizeof head + 32;
        *at++ = 0xE1;
    }
    *at++ = 0xF1, *at++ = 0x03, *at++ = 0x10, *at++ = 0x00;
    return slice_of(p, (size_t)(at - p));
}

/* Transactions that together name `named`; each key perhaps twice, and some that the ledger leaves
 * alone. */
static void add_txs(struct model *m, struct arena *a, struct names named, struct store_ledger *l)
{
    struct store_tx *txs = arena_array(a, struct store_tx, MAX_TXS);
    struct hash256 *hashes = arena_array(a, struct hash256, MAX_TXS);
    l->n_txs = (named.n > 0) + model_random(&m->rng, MAX_TXS - 1);
    for (size_t i = 0; i < l->n_txs; i++) {
        struct hash256 *keys = arena_array(a, struct hash256, named.n + 2);
        struct names mine = {keys, 0};
        for (size_t k = 0; k < named.n; k++)
            if (k % l->n_txs == i || model_random(&m->rng, 4) == 0)
                keys[mine.n++] = named.keys[k];
        keys[mine.n++] = m->keys[model_random(&m->rng, MODEL_N_KEYS)];
        txs[i].pos = (struct store_tx_pos){l->header.seq, (uint32_t)(i * i * 100)};
        txs[i] = (struct store_tx){.pos = txs[i].pos, .tx = random_blob(m, a)};
        txs[i].meta = make_meta(a, txs[i].pos.index, mine);
        hashes[i] = digest_tx_id(txs[i].tx);
    }
    l->txs = txs;
    l->tx_hashes = hashes;
}

static struct store_ledger ledger_of(struct model *m)
{
    struct store_ledger l = {
        .header = {.seq = m->seq, .drops = model_random(&m->rng, 0), .close_time = m->seq * 4}};
    random_bytes(&m->rng, l.header.parent_hash.b, 32);
    random_bytes(&m->rng, l.header.hash.b, 32);
    return l;
}

/* Parts of a load may come from several threads in any order: a row that two of them have must say
 * the same in both, as the rows of real states do. */
static struct slice shaped(enum store_index index, struct hash256 from, struct arena *a)
{
    int32_t n = index_shape(index)->value_bytes;
    if (index == STORE_INDEX_NFT_STATE)
        from.b[20] &= 1;
    return arena_dup(a, slice_of(from.b, n < 0 ? from.b[0] % 32 : (size_t)n));
}

static void agree_on_values(struct arena *a, struct store_index_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct slice key[] = {rows[i].prefix, rows[i].suffix};
        struct hash256 value = hash_sha512half(key, 2);
        if (store_index_of_txs(rows[i].index))
            store_tx_value(&value, 7, (uint8_t *)(uintptr_t)rows[i].value.p);
        else
            rows[i].value = shaped(rows[i].index, value, a);
    }
}

struct store_ledger model_part(struct model *m, uint32_t chain, struct arena *a)
{
    struct store_ledger l = {0};
    struct store_object *objects = arena_array(a, struct store_object, MODEL_N_KEYS);
    struct rows rows = {arena_array(a, struct store_successor, MODEL_N_KEYS), 0};
    size_t per_chain = MODEL_N_KEYS / MODEL_N_CHAINS;
    for (size_t i = chain * per_chain; i < (chain + 1) * per_chain; i++) {
        if (!m->live[i])
            continue;
        objects[l.n_objects++] =
            (struct store_object){m->keys[i], random_object(m, &m->keys[i], a)};
        add_successor(&rows, m->keys[i], live_from(m, i + 1));
    }
    l.objects = objects;
    l.successors = rows.p;
    l.n_successors = rows.n;
    add_rows(m, a, &l);
    agree_on_values(a, (struct store_index_row *)l.index_rows, l.n_index_rows);
    return l;
}

struct store_ledger model_first(struct model *m, struct arena *a)
{
    struct store_ledger l = ledger_of(m);
    struct rows rows = {arena_array(a, struct store_successor, MAX_ROWS), 0};
    add_successor(&rows, HASH256_ZERO, live_from(m, 0));
    add_books(m, (struct hash256[MODEL_N_BOOKS]){0}, &rows);
    l.successors = rows.p;
    l.n_successors = rows.n;
    add_txs(m, a, (struct names){NULL, 0}, &l);
    add_rows(m, a, &l);
    return l;
}

static void change_objects(struct model *m, struct arena *a, struct store_ledger *l, bool *changed)
{
    struct store_object *objects = arena_array(a, struct store_object, MODEL_N_KEYS);
    /* now and then a whole book goes, so that there are long runs of dead keys */
    size_t doomed = model_random(&m->rng, 4 * MODEL_N_BOOKS);
    for (size_t i = 0; i < MODEL_N_KEYS; i++) {
        bool purge =
            doomed < MODEL_N_BOOKS && m->live[i] && same_book(&m->keys[i], &m->books[doomed]);
        if (!purge && model_random(&m->rng, 12) > 0)
            continue;
        bool was = m->live[i];
        m->live[i] = !purge && (!was || model_random(&m->rng, 2));
        changed[i] = was != m->live[i];
        objects[l->n_objects++] = (struct store_object){
            m->keys[i], m->live[i] ? random_object(m, &m->keys[i], a) : SLICE_EMPTY};
    }
    l->objects = objects;
}

static void split_names(struct model *m, struct arena *a, struct store_ledger *l,
                        struct names *ret_named)
{
    struct hash256 *named = arena_array(a, struct hash256, MODEL_N_KEYS);
    struct hash256 *unnamed = arena_array(a, struct hash256, MODEL_N_KEYS);
    size_t n_named = 0;
    for (size_t i = 0; i < l->n_objects; i++) {
        if (model_random(&m->rng, 5) == 0)
            unnamed[l->n_unnamed++] = l->objects[i].key;
        else
            named[n_named++] = l->objects[i].key;
    }
    l->unnamed = unnamed;
    *ret_named = (struct names){named, n_named};
}

static void add_successors(struct model *m, struct arena *a, const bool *changed,
                           const struct hash256 *firsts, struct store_ledger *l)
{
    struct rows rows = {arena_array(a, struct store_successor, MAX_ROWS), 0};
    for (size_t i = 0; i < MODEL_N_KEYS; i++) {
        if (!changed[i])
            continue;
        struct hash256 next = live_from(m, i + 1);
        add_successor(&rows, live_below(m, i), m->live[i] ? m->keys[i] : next);
        if (m->live[i])
            add_successor(&rows, m->keys[i], next);
    }
    add_books(m, firsts, &rows);
    l->successors = rows.p;
    l->n_successors = rows.n;
}

struct store_ledger model_next(struct model *m, struct arena *a)
{
    struct hash256 firsts[MODEL_N_BOOKS];
    bool changed[MODEL_N_KEYS] = {false};
    struct names named;
    m->seq++;
    struct store_ledger l = ledger_of(m);
    for (size_t i = 0; i < MODEL_N_BOOKS; i++)
        firsts[i] = after(m, &m->books[i]);
    change_objects(m, a, &l, changed);
    split_names(m, a, &l, &named);
    add_successors(m, a, changed, firsts, &l);
    add_txs(m, a, named, &l);
    add_rows(m, a, &l);
    return l;
}

void model_load(struct model *m, struct store *s)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    ASSERT_OK(store_load_begin(s, m->seq, MODEL_N_CHAINS));
    for (uint32_t chain = 0; chain < MODEL_N_CHAINS; chain++) {
        struct store_ledger l = model_part(m, chain, a);
        size_t half = l.n_objects / 2; /* in two pages */
        ASSERT_OK(store_load_add(s, chain, l.objects, half, l.successors, half, NULL, 0));
        ASSERT_OK(store_load_add(s, chain, l.objects + half, l.n_objects - half,
                                 l.successors + half, l.n_successors - half, l.index_rows,
                                 l.n_index_rows));
    }
    struct store_ledger first = model_first(m, a);
    ASSERT_OK(store_load_commit(s, &first));
}

void model_write(struct model *m, struct store *s, uint32_t n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    while (n > 0) {
        struct store_ledger ledgers[4];
        uint32_t k = (uint32_t)MIN(1 + m->seq % 4, n);
        for (uint32_t i = 0; i < k; i++)
            ledgers[i] = model_next(m, a);
        ASSERT_OK(store_write(s, ledgers, k));
        n -= k;
    }
}

struct hash256 model_some_key(const struct model *m, uint64_t *rng)
{
    struct hash256 key = m->keys[model_random(rng, MODEL_N_KEYS)];
    switch (model_random(rng, 8)) {
    case 0: random_bytes(rng, key.b, 32); break;
    case 1: key = m->books[model_random(rng, MODEL_N_BOOKS)]; break;
    case 2: /* just after or far after a key of the model, in its book */
        key.b[31] = (uint8_t)(key.b[31] + 1 + model_random(rng, 40));
        break;
    case 3: key = model_random(rng, 2) ? HASH256_ZERO : last_key(); break;
    default: break;
    }
    return key;
}

static uint32_t some_seq(const struct model *m, uint64_t *rng)
{
    return MODEL_FIRST + (uint32_t)model_random(rng, m->seq - MODEL_FIRST + 1);
}

static void compare_objects(const struct model *m, struct store *a, struct store *b, uint64_t *rng,
                            struct arena *ar)
{
    enum { N = 70 };
    struct hash256 *keys = arena_array(ar, struct hash256, N);
    struct slice got_a[N], got_b[N];
    uint32_t seqs_a[N], seqs_b[N], seq = some_seq(m, rng);
    size_t n = model_random(rng, N);
    for (size_t i = 0; i < n; i++)
        keys[i] = model_some_key(m, rng);
    ASSERT_OK(store_objects_get(a, seq, keys, n, ar, got_a, seqs_a));
    ASSERT_OK(store_objects_get(b, seq, keys, n, ar, got_b, seqs_b));
    for (size_t i = 0; i < n; i++) {
        ASSERT(slice_eq(got_a[i], got_b[i]));
        ASSERT_INT(seqs_a[i], seqs_b[i]);
    }
}

static void compare_next(const struct model *m, struct store *a, struct store *b, uint64_t *rng)
{
    struct hash256 key = model_some_key(m, rng), next_a = {0}, next_b = {0};
    uint32_t seq = some_seq(m, rng);
    err ea = store_next(a, seq, &key, &next_a), eb = store_next(b, seq, &key, &next_b);
    if (ea.code != eb.code || !hash256_eq(&next_a, &next_b))
        test_fail(__FILE__, __LINE__,
                  "next at %u of %02X%02X..%02X: %s %02X%02X..%02X, %s %02X%02X..%02X (%s)", seq,
                  key.b[0], key.b[1], key.b[31], err_name(ea), next_a.b[0], next_a.b[1],
                  next_a.b[31], err_name(eb), next_b.b[0], next_b.b[1], next_b.b[31], err_text());
}

static struct store_scan random_scan(struct store *b, uint64_t *rng, struct arena *ar)
{
    struct store_scan scan = {.index =
                                  (enum store_index)(1 + model_random(rng, STORE_N_INDEXES - 1)),
                              .inclusive = model_random(rng, 2),
                              .backward = model_random(rng, 2),
                              .limit = 1 + (uint32_t)model_random(rng, 300)};
    scan.prefix = model_prefix(scan.index, (uint32_t)model_random(rng, MODEL_N_OWNERS));
    struct store_scan all = scan;
    struct store_rows got;
    all.limit = 10000;
    ASSERT_OK(store_scan(b, &all, ar, &got));
    if (got.n > 0 && model_random(rng, 4) > 0) { /* from a row, or from the beginning of one */
        scan.from = got.rows[model_random(rng, got.n)].suffix;
        scan.from.n = model_random(rng, 2) ? scan.from.n : model_random(rng, scan.from.n);
    }
    return scan;
}

/* What a backend need not know may be missing in a. */
static void compare_locators(const struct store_entry *a, const struct store_entry *b)
{
    struct store_tx_locator la, lb;
    ASSERT_OK(store_tx_locator_of(a, &la));
    ASSERT_OK(store_tx_locator_of(b, &lb));
    ASSERT_INT(lb.pos.ledger_seq, la.pos.ledger_seq);
    ASSERT_INT(lb.pos.index, la.pos.index);
    ASSERT(hash256_is_zero(&la.hash) || hash256_eq(&la.hash, &lb.hash));
    ASSERT(!la.has_type || la.type == lb.type);
}

static void compare_rows(enum store_index index, const struct store_rows *a,
                         const struct store_rows *b)
{
    ASSERT_INT(b->n, a->n);
    for (size_t i = 0; i < a->n; i++) {
        ASSERT(slice_eq(a->rows[i].suffix, b->rows[i].suffix));
        if (store_index_of_txs(index))
            compare_locators(&a->rows[i], &b->rows[i]);
        else
            ASSERT(slice_eq(a->rows[i].value, b->rows[i].value));
    }
}

static void compare_scan(struct store *a, struct store *b, uint64_t *rng, struct arena *ar)
{
    enum { N = 20 };
    struct store_scan scans[N] = {0};
    struct store_rows got_a[N], got_b;
    size_t n = model_random(rng, N);
    for (size_t i = 0; i < n; i++)
        scans[i] = random_scan(b, rng, ar);
    ASSERT_OK(store_scan_many(a, scans, n, ar, got_a));
    for (size_t i = 0; i < n; i++) {
        ASSERT_OK(store_scan(b, &scans[i], ar, &got_b));
        compare_rows(scans[i].index, &got_a[i], &got_b);
    }
}

static void compare_page(const struct model *m, struct store *a, struct store *b, uint64_t *rng,
                         struct arena *ar)
{
    enum { N = MODEL_N_KEYS + 1 };
    struct hash256 after = model_some_key(m, rng);
    struct store_object *got_a = arena_array(ar, struct store_object, N);
    struct store_object *got_b = arena_array(ar, struct store_object, N);
    size_t n_a, n_b, n = model_random(rng, 2) ? N : model_random(rng, N);
    uint32_t seq = some_seq(m, rng);
    bool with_data = model_random(rng, 3) > 0;
    ASSERT_OK(store_page(a, seq, &after, n, with_data, ar, got_a, &n_a));
    ASSERT_OK(store_page(b, seq, &after, n, with_data, ar, got_b, &n_b));
    ASSERT_INT(n_b, n_a);
    for (size_t i = 0; i < n_a; i++)
        ASSERT(hash256_eq(&got_a[i].key, &got_b[i].key) && slice_eq(got_a[i].data, got_b[i].data) &&
               (got_a[i].data.n > 0) == with_data);
}

static void compare_tx(const struct store_tx *a, const struct store_tx *b)
{
    ASSERT_INT(b->pos.ledger_seq, a->pos.ledger_seq);
    ASSERT_INT(b->pos.index, a->pos.index);
    ASSERT(slice_eq(a->tx, b->tx) && slice_eq(a->meta, b->meta));
    struct hash256 ha = store_tx_hash(a), hb = store_tx_hash(b);
    ASSERT(hash256_eq(&ha, &hb));
}

static void compare_some_txs(struct store *a, struct store *b, const struct store_txs_query *q,
                             struct arena *ar)
{
    struct store_tx *got_a, *got_b;
    size_t n_a, n_b;
    ASSERT_OK(store_ledger_txs(a, q, ar, &got_a, &n_a));
    ASSERT_OK(store_ledger_txs(b, q, ar, &got_b, &n_b));
    ASSERT_INT(n_b, n_a);
    for (size_t i = 0; i < n_a && !q->hashes_only; i++)
        compare_tx(&got_a[i], &got_b[i]);
    for (size_t i = 0; i < n_a && q->hashes_only; i++)
        ASSERT(hash256_eq(&got_a[i].hash, &got_b[i].hash) && got_a[i].tx.n == 0);
}

/* Each transaction of a ledger by its place, by its hash; types. */
static void compare_each_tx(struct store *a, struct store *b, uint32_t seq, struct arena *ar)
{
    struct store_txs_query all = {.first = seq, .last = seq};
    struct store_tx_locator at[MAX_TXS] = {0};
    struct store_tx *txs, got[MAX_TXS], found;
    uint16_t types_a[MAX_TXS], types_b[MAX_TXS];
    size_t n;
    ASSERT_OK(store_ledger_txs(b, &all, ar, &txs, &n));
    for (size_t i = 0; i < n; i++) {
        struct hash256 id = digest_tx_id(txs[i].tx);
        at[n - 1 - i] = (struct store_tx_locator){.pos = txs[i].pos, .hash = id};
        ASSERT_OK(store_tx_find(a, &id, ar, &found));
        compare_tx(&found, &txs[i]);
    }
    ASSERT_OK(store_txs_get(a, at, n, ar, got));
    ASSERT_OK(store_tx_types(a, at, n, types_a));
    ASSERT_OK(store_tx_types(b, at, n, types_b));
    for (size_t i = 0; i < n; i++) {
        compare_tx(&got[i], &txs[n - 1 - i]);
        ASSERT_INT(types_b[i], types_a[i]);
    }
}

static void compare_txs(const struct model *m, struct store *a, struct store *b, uint64_t *rng,
                        struct arena *ar)
{
    uint32_t x = some_seq(m, rng), y = some_seq(m, rng);
    uint32_t indexes[] = {100, 0, 7, 400, 0};
    struct store_txs_query some = {.first = MIN(x, y),
                                   .last = MAX(x, y),
                                   .backward = model_random(rng, 2),
                                   .skip = (uint32_t)model_random(rng, 2) * 9,
                                   .limit = (uint32_t)model_random(rng, 60)};
    compare_each_tx(a, b, x, ar);
    compare_some_txs(a, b, &some, ar);
    some = (struct store_txs_query){.first = x, .last = x, .hashes_only = true};
    compare_some_txs(a, b, &some, ar);
    some = (struct store_txs_query){x, x, .indexes = indexes, .n_indexes = ARRAY_LEN(indexes)};
    compare_some_txs(a, b, &some, ar);
}

static void compare_ledger(const struct model *m, struct store *a, struct store *b, uint64_t *rng,
                           struct arena *ar)
{
    uint32_t seq = some_seq(m, rng), found;
    struct ledger_header ha, hb;
    struct hash256 *keys_a, *keys_b;
    size_t n_a, n_b;
    ASSERT_OK(store_header_get(a, seq, &ha));
    ASSERT_OK(store_header_get(b, seq, &hb));
    ASSERT(hash256_eq(&ha.hash, &hb.hash) && ha.drops == hb.drops && ha.seq == seq);
    ASSERT_OK(store_seq_by_hash(a, &ha.hash, &found));
    ASSERT_INT(seq, found);
    ASSERT_OK(store_diff(a, seq, ar, &keys_a, &n_a));
    ASSERT_OK(store_diff(b, seq, ar, &keys_b, &n_b));
    ASSERT_INT(n_b, n_a);
    for (size_t i = 0; i < n_a; i++)
        ASSERT(hash256_eq(&keys_a[i], &keys_b[i]));
}

static void compare_once(const struct model *m, struct store *a, struct store *b, uint64_t *seed,
                         struct arena *ar)
{
    compare_objects(m, a, b, seed, ar);
    for (int k = 0; k < 8; k++)
        compare_next(m, a, b, seed);
    compare_page(m, a, b, seed, ar);
    compare_txs(m, a, b, seed, ar);
    compare_ledger(m, a, b, seed, ar);
}

void model_compare_past(const struct model *m, struct store *a, struct store *b, uint64_t seed,
                        uint32_t n_samples)
{
    CLEANUP(arena_freep) struct arena *ar = arena_new(0);
    for (uint32_t i = 0; i < n_samples; i++) {
        compare_once(m, a, b, &seed, ar);
        arena_clear(ar);
    }
}

void model_compare(const struct model *m, struct store *a, struct store *b, uint64_t seed,
                   uint32_t n_samples)
{
    CLEANUP(arena_freep) struct arena *ar = arena_new(0);
    for (uint32_t i = 0; i < n_samples; i++) {
        compare_once(m, a, b, &seed, ar);
        compare_scan(a, b, &seed, ar);
        arena_clear(ar);
    }
}
