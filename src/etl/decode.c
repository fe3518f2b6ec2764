/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/decode.h"

#include "base/hex.h"
#include "base/mem.h"
#include "etl/rows.h"
#include "rippled/fetch.h"
#include "xrpl/digest.h"
#include "xrpl/txmeta.h"

#include <stdlib.h>

/* What we build of a reply is some times its size; a reply that wants more is made to exhaust us.
 */
#define BUDGET_FACTOR 16
#define BUDGET_EXTRA ((size_t)1 << 20)

struct mismatch {
    char expected[65];
    char found[65];
};

static struct mismatch mismatch_of(const struct hash256 *expected, const struct hash256 *found)
{
    struct mismatch m = {0};
    hex_encode(hash256_slice(expected), m.expected);
    hex_encode(hash256_slice(found), m.found);
    return m;
}

static struct arena *arena_for(struct fetch_reply *reply)
{
    return arena_new(BUDGET_FACTOR * reply->bytes.n + BUDGET_EXTRA);
}

static void free_reply(void *reply)
{
    fetch_reply_free(reply);
}

static err too_large(void)
{
    return FAIL(ERR_VERIFY, "etl: the reply has too many elements for its size");
}

static err check_header(const struct fetch_reply *reply, struct ledger_header *ret)
{
    if (!digest_header_decode(reply->ledger.header, ret))
        return FAIL(ERR_VERIFY, "header of %zu bytes", reply->ledger.header.n);
    struct hash256 computed = digest_ledger(ret);
    if (hash256_eq(&computed, &ret->hash))
        return OK;
    struct mismatch m = mismatch_of(&ret->hash, &computed);
    return FAIL(ERR_VERIFY, "header hash: expected %s, computed %s", m.expected, m.found);
}

/* Transactions. */

struct decoded_tx {
    struct store_tx tx;
    struct hash256 id;
};

static int by_index(const void *x, const void *y)
{
    const struct decoded_tx *a = x, *b = y;
    return (a->tx.pos.index > b->tx.pos.index) - (a->tx.pos.index < b->tx.pos.index);
}

static int by_leaf_key(const void *x, const void *y)
{
    const struct digest_leaf *a = x, *b = y;
    return hash256_cmp(&a->key, &b->key);
}

static err read_txs(const struct fetch_reply *reply, uint32_t seq, struct arena *a,
                    struct decoded_tx **ret, size_t *ret_n)
{
    struct proto_tx t;
    size_t n = 0;
    struct cursor count = cursor_of(reply->ledger.txs), c = count;
    while (proto_next_tx(&count, &t))
        n++;
    struct decoded_tx *txs = arena_try(a, sizeof(*txs) * (n + 1));
    if (!txs)
        return too_large();
    for (size_t i = 0; proto_next_tx(&c, &t); i++) {
        txs[i].id = digest_tx_id(t.tx);
        txs[i].tx = (struct store_tx){
            .pos = {seq, txmeta_index(t.meta)}, .tx = t.tx, .meta = t.meta, .hash = txs[i].id};
    }
    if (c.failed)
        return FAIL(ERR_PARSE, "malformed list of transactions");
    *ret = txs;
    *ret_n = n;
    return OK;
}

static err check_tx_root(const struct decoded_tx *txs, size_t n, const struct hash256 *expected,
                         struct arena *a)
{
    struct digest_leaf *leaves = arena_try(a, sizeof(*leaves) * (n + 1));
    if (!leaves)
        return too_large();
    for (size_t i = 0; i < n; i++) {
        leaves[i].key = txs[i].id;
        leaves[i].hash = digest_tx_leaf(txs[i].tx.tx, txs[i].tx.meta, &txs[i].id);
    }
    qsort(leaves, n, sizeof(*leaves), by_leaf_key);
    for (size_t i = 1; i < n; i++)
        if (hash256_eq(&leaves[i - 1].key, &leaves[i].key))
            return FAIL(ERR_VERIFY, "a transaction comes twice");
    struct hash256 computed = digest_tree_root(leaves, n);
    if (hash256_eq(&computed, expected))
        return OK;
    struct mismatch m = mismatch_of(expected, &computed);
    return FAIL(ERR_VERIFY, "transaction root: expected %s, computed %s", m.expected, m.found);
}

static err split_txs(const struct decoded_tx *txs, size_t n, struct decode_ledger *d)
{
    struct store_tx *out = arena_try(d->arena, sizeof(*out) * (n + 1));
    struct hash256 *ids = arena_try(d->arena, sizeof(*ids) * (n + 1));
    if (!out || !ids)
        return too_large();
    for (size_t i = 0; i < n; i++) {
        /* positions are keys of the store: two transactions at one would be one of them lost */
        if (i > 0 && txs[i - 1].tx.pos.index == txs[i].tx.pos.index)
            return FAIL(ERR_VERIFY, "two transactions with index %u", txs[i].tx.pos.index);
        out[i] = txs[i].tx;
        ids[i] = txs[i].id;
    }
    d->ledger.txs = out;
    d->ledger.tx_hashes = ids;
    d->ledger.n_txs = n;
    return OK;
}

static err decode_txs(const struct fetch_reply *reply, struct decode_ledger *d)
{
    struct decoded_tx *txs = NULL;
    size_t n = 0;
    TRY(read_txs(reply, d->ledger.header.seq, d->arena, &txs, &n));
    TRY(check_tx_root(txs, n, &d->ledger.header.tx_hash, d->arena));
    qsort(txs, n, sizeof(*txs), by_index);
    return split_txs(txs, n, d);
}

/* Metadata that we cannot read is verified all the same: an unknown form must not stop the ledger.
 */
static void index_txs(struct decode_ledger *d)
{
    struct rows rows = {.a = d->arena};
    for (size_t i = 0; i < d->ledger.n_txs; i++)
        if (err_failed(rows_add_tx(&rows, &d->ledger.txs[i])))
            d->n_odd++;
    rows_settle(&rows);
    d->ledger.index_rows = rows.v;
    d->ledger.n_index_rows = rows.n;
}

/* Objects. */

static int by_key(const void *x, const void *y)
{
    return memcmp(x, y, 32); /* a struct hash256, or a struct store_object, which begins with one */
}

static err read_objects(struct slice list, struct arena *a, struct store_object **ret,
                        size_t *ret_n)
{
    struct proto_object o;
    size_t n = 0;
    struct cursor count = cursor_of(list), c = count;
    while (proto_next_object(&count, &o))
        n++;
    struct store_object *objects = arena_try(a, sizeof(*objects) * (n + 1));
    if (!objects)
        return too_large();
    for (size_t i = 0; proto_next_object(&c, &o); i++) {
        if (o.key.n != 32)
            return FAIL(ERR_VERIFY, "an object's key of %zu bytes", o.key.n);
        objects[i] = (struct store_object){hash256_of(o.key.p), o.data};
    }
    if (c.failed)
        return FAIL(ERR_PARSE, "malformed list of objects");
    *ret = objects;
    *ret_n = n;
    return OK;
}

static bool ascend(const struct store_object *objects, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (hash256_cmp(&objects[i - 1].key, &objects[i].key) >= 0)
            return false;
    return true;
}

static err decode_objects(const struct fetch_reply *reply, struct decode_ledger *d)
{
    struct store_object *objects = NULL;
    size_t n = 0;
    if (!reply->ledger.objects_included)
        return FAIL(ERR_VERIFY, "the reply has no state difference");
    TRY(read_objects(reply->ledger.objects, d->arena, &objects, &n));
    if (!ascend(objects, n))
        qsort(objects, n, sizeof(*objects), by_key);
    if (!ascend(objects, n))
        return FAIL(ERR_VERIFY, "an object comes twice");
    d->ledger.objects = objects;
    d->ledger.n_objects = n;
    return OK;
}

/* The store reads these names again one day: only metadata that every version reads alike counts.
 */
static struct txmeta_iter names_of(const struct store_tx *tx)
{
    return txmeta_iter_of(sto_is_plain(tx->meta) ? tx->meta : SLICE_EMPTY);
}

static size_t count_nodes(const struct decode_ledger *d)
{
    size_t n = 0;
    struct txmeta_node node;
    for (size_t i = 0; i < d->ledger.n_txs; i++) {
        struct txmeta_iter it = names_of(&d->ledger.txs[i]);
        while (txmeta_next(&it, &node))
            n++;
    }
    return n;
}

/* Ascending, possibly repeated. */
static struct hash256 *named_keys(const struct decode_ledger *d, size_t n)
{
    struct hash256 *keys = arena_try(d->arena, sizeof(*keys) * (n + 1));
    struct txmeta_node node;
    size_t at = 0;
    if (!keys)
        return NULL;
    for (size_t i = 0; i < d->ledger.n_txs; i++) {
        struct txmeta_iter it = names_of(&d->ledger.txs[i]);
        while (at < n && txmeta_next(&it, &node))
            keys[at++] = node.key;
    }
    qsort(keys, n, sizeof(*keys), by_key);
    return keys;
}

/* Keys of the difference that no metadata names (skip lists, negative UNL): two sorted lists,
 * walked together. */
static err find_unnamed(struct decode_ledger *d)
{
    size_t n_named = count_nodes(d), n = 0, at = 0;
    struct hash256 *named = named_keys(d, n_named);
    struct hash256 *unnamed = arena_try(d->arena, sizeof(*unnamed) * (d->ledger.n_objects + 1));
    if (!named || !unnamed)
        return too_large();
    for (size_t i = 0; i < d->ledger.n_objects; i++) {
        const struct hash256 *key = &d->ledger.objects[i].key;
        while (at < n_named && hash256_cmp(&named[at], key) < 0)
            at++;
        if (at == n_named || !hash256_eq(&named[at], key))
            unnamed[n++] = *key;
    }
    d->ledger.unnamed = unnamed;
    d->ledger.n_unnamed = n;
    return OK;
}

static err decode_parts(const struct fetch_reply *reply, bool with_objects, struct decode_ledger *d,
                        const char **ret_what)
{
    *ret_what = "header";
    TRY(check_header(reply, &d->ledger.header));
    *ret_what = "transactions";
    TRY(decode_txs(reply, d));
    *ret_what = "objects";
    if (with_objects) {
        TRY(decode_objects(reply, d));
        TRY(find_unnamed(d));
    }
    index_txs(d);
    *ret_what = "reply";
    return arena_over_budget(d->arena) ? too_large() : OK;
}

ERR decode_ledger(struct fetch_reply *reply, bool with_objects, struct decode_ledger **ret,
                  const char **ret_what)
{
    CLEANUP(decode_ledger_freep) struct decode_ledger *d = xcalloc(1, sizeof(*d));
    d->arena = arena_for(reply);
    arena_adopt(d->arena, reply, free_reply);
    d->source = reply->source;
    TRY(decode_parts(reply, with_objects, d, ret_what));
    d->n_bytes = reply->bytes.cap + arena_used(d->arena);
    *ret = TAKE_PTR(d);
    return OK;
}

struct decode_ledger *decode_ledger_free(struct decode_ledger *d)
{
    if (d)
        arena_free(d->arena);
    free(d);
    return NULL;
}

void decode_ledger_freep(struct decode_ledger **d)
{
    *d = decode_ledger_free(*d);
}

/* Pages. */

static err check_page_keys(const struct decode_page *p, const struct hash256 *after)
{
    if (!ascend(p->objects, p->n_objects))
        return FAIL(ERR_VERIFY, "the keys of a page do not ascend");
    if (after && p->n_objects && hash256_cmp(&p->objects[0].key, after) <= 0)
        return FAIL(ERR_VERIFY, "a page begins before what was asked for");
    for (size_t i = 0; i < p->n_objects; i++)
        if (p->objects[i].data.n == 0)
            return FAIL(ERR_VERIFY, "an object without bytes");
    return OK;
}

/* The next page begins after the marker: the last key that can be before the first key not sent. */
static err find_end(const struct fetch_reply *reply, const struct hash256 *after,
                    const struct hash256 *upto, struct decode_page *p)
{
    size_t n = p->n_objects;
    struct slice marker = reply->data.marker;
    while (upto && n && hash256_cmp(&p->objects[n - 1].key, upto) > 0)
        n--;
    p->is_end = marker.n == 0 || n < p->n_objects;
    if (marker.n)
        p->last = hash256_of(marker.p);
    if (upto && marker.n && hash256_cmp(&p->last, upto) >= 0)
        p->is_end = true;
    if (!p->is_end && p->n_objects == 0)
        return FAIL(ERR_VERIFY, "a page without objects that is not the last");
    if (!p->is_end && hash256_cmp(&p->last, &p->objects[p->n_objects - 1].key) < 0)
        return FAIL(ERR_VERIFY, "a page whose marker is before its end");
    if (!p->is_end && after && hash256_cmp(&p->last, after) <= 0)
        return FAIL(ERR_VERIFY, "a page that does not lead on");
    p->n_objects = n;
    return OK;
}

ERR decode_page(struct fetch_reply *reply, const struct hash256 *after, const struct hash256 *upto,
                struct decode_page **ret)
{
    CLEANUP(decode_page_freep) struct decode_page *p = xcalloc(1, sizeof(*p));
    p->arena = arena_for(reply);
    arena_adopt(p->arena, reply, free_reply);
    p->source = reply->source;
    TRY(read_objects(reply->data.objects, p->arena, &p->objects, &p->n_objects));
    TRY(check_page_keys(p, after));
    TRY(find_end(reply, after, upto, p));
    struct rows rows = {.a = p->arena};
    for (size_t i = 0; i < p->n_objects; i++)
        rows_add_object(&rows, &p->objects[i]);
    p->rows = rows.v;
    p->n_rows = rows.n;
    if (arena_over_budget(p->arena))
        return too_large();
    p->n_bytes = reply->bytes.cap + arena_used(p->arena);
    *ret = TAKE_PTR(p);
    return OK;
}

struct decode_page *decode_page_free(struct decode_page *p)
{
    if (p)
        arena_free(p->arena);
    free(p);
    return NULL;
}

void decode_page_freep(struct decode_page **p)
{
    *p = decode_page_free(*p);
}
