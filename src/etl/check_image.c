/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/check_image.h"

#include "base/bits.h"
#include "base/mem.h"
#include "xrpl/keylet.h"
#include "xrpl/sto_put.h"

#define RECENT 256 /* hashes in the list of recent ledgers, and ledgers to an entry of a page */

/* --- lists of hashes: each ledger adds its parent's, and no metadata says so --- */

/* Does the ledger add its parent to the object under this key? */
static bool adds_parent(const struct check *c, const struct hash256 *key, bool *ret_recent)
{
    struct hash256 recent = keylet_hashes_recent(), page = keylet_hashes(c->header.seq - 1);
    *ret_recent = hash256_eq(key, &recent);
    return *ret_recent || (hash256_eq(key, &page) && (c->header.seq - 1) % RECENT == 0);
}

static void put_id(struct buf *b, field_id id)
{
    buf_advance(b, sto_put_id(id, buf_reserve(b, 3)));
}

static void put_hashes(struct check *c, struct buf *b, struct slice held, bool recent)
{
    if (recent && held.n >= RECENT * 32)
        held = slice_from(held, held.n - (RECENT - 1) * 32);
    put_id(b, FIELD_Hashes);
    buf_advance(b, sto_put_length(held.n + 32, buf_reserve(b, 3)));
    buf_put_slice(b, held);
    buf_put(b, c->header.parent_hash.b, 32);
}

static bool add_parent(struct check *c, struct slice was, bool recent, struct slice *ret)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    struct sto_iter it = sto_iter_of(was);
    for (struct sto_field f; sto_next(&it, &f);) {
        if (f.id == FIELD_Hashes) {
            put_hashes(c, &b, f.value, recent);
        } else if (f.id == FIELD_LastLedgerSequence) {
            put_id(&b, f.id);
            buf_put_be32(&b, c->header.seq - 1);
        } else {
            buf_put_slice(&b, f.whole);
        }
    }
    *ret = arena_dup(c->arena, buf_slice(&b));
    return !it.failed && b.n > 0;
}

/* --- what metadata says --- */

/* The ledger's words on an object, in order. */
struct words {
    struct txmeta_node *nodes;
    const struct hash256 **txs;
    size_t n;
};

static struct words words_of(struct check *c, const struct hash256 *key)
{
    struct words w = {.nodes = arena_array(c->arena, struct txmeta_node, c->n_txs + 1),
                      .txs = arena_array(c->arena, const struct hash256 *, c->n_txs + 1)};
    for (size_t i = 0; i < c->n_txs; i++) {
        struct txmeta_iter it = txmeta_iter_of(c->txs[i].meta);
        for (struct txmeta_node node; txmeta_next(&it, &node);) {
            if (!hash256_eq(&node.key, key))
                continue;
            w.nodes[w.n] = node;
            w.txs[w.n++] = &c->txs[i].hash;
            break; /* a transaction has one word on it */
        }
    }
    return w;
}

static struct slice version_of(struct check *c, uint32_t seq, const struct hash256 *key)
{
    struct slice held = SLICE_EMPTY;
    err_ignore(store_objects_get(c->s, seq, key, 1, c->arena, &held, NULL));
    return held;
}

enum txmeta_image check_image_after(struct check *c, const struct hash256 *key, struct slice *ret)
{
    struct words w = words_of(c, key);
    enum txmeta_image sure = TXMETA_IMAGE_FOLLOWS;
    struct slice image = version_of(c, c->header.seq - 1, key);
    bool recent;
    if (w.n == 0)
        return adds_parent(c, key, &recent) && image.n && add_parent(c, image, recent, ret)
                   ? TXMETA_IMAGE_FOLLOWS
                   : TXMETA_IMAGE_NONE;
    for (size_t i = 0; i < w.n; i++) {
        enum txmeta_image one =
            txmeta_image_after(&w.nodes[i], w.txs[i], c->header.seq, image, c->arena, &image);
        sure = MIN(sure, one);
    }
    *ret = image;
    return sure;
}

enum txmeta_image check_image_before(struct check *c, const struct hash256 *key, struct slice *ret)
{
    struct words w = words_of(c, key);
    enum txmeta_image sure = w.n ? TXMETA_IMAGE_LIKELY : TXMETA_IMAGE_NONE;
    struct slice image = version_of(c, c->header.seq, key);
    for (size_t i = w.n; i-- > 0;) {
        enum txmeta_image one = txmeta_image_before(&w.nodes[i], image, c->arena, &image);
        sure = MIN(sure, one);
    }
    *ret = image;
    return sure;
}

/* --- keys that no metadata names --- */

/* Does the list of recent hashes end with the ledger's parent? */
static bool ends_with_parent(const struct check *c, struct slice object)
{
    struct slice hashes;
    return sto_get(object, FIELD_Hashes, &hashes) && hashes.n >= 32 &&
           memcmp(hashes.p + hashes.n - 32, c->header.parent_hash.b, 32) == 0;
}

static bool mend_unnamed(struct check *c, const struct hash256 *recent)
{
    const struct store_ledger *l = check_mend_fetched(c, c->header.seq);
    struct hash256 page = keylet_hashes(c->header.seq - 1), own[2] = {*recent, page};
    struct store_ledger put = {.header = c->header, .unnamed = own, .n_unnamed = 1};
    put.n_unnamed += (c->header.seq - 1) % RECENT == 0;
    if (put.n_unnamed == 2 && hash256_cmp(&page, recent) < 0) {
        own[0] = page;
        own[1] = *recent;
    }
    if (l && hash256_eq(&l->header.hash, &c->header.hash) && l->n_unnamed > 0) {
        put.unnamed = l->unnamed;
        put.n_unnamed = l->n_unnamed;
    }
    struct store_repair rows = {.put = &put, .has_header = true, .at = c->header.seq};
    return check_mend(c, &rows);
}

ERR check_image_unnamed(struct check *c, const struct hash256 *keys, size_t n)
{
    struct hash256 recent = keylet_hashes_recent();
    struct slice object = SLICE_EMPTY;
    if (c->s->ops->unordered || !check_looks_at(c, &recent) || hash256_in(keys, n, &recent))
        return OK;
    TRY(store_objects_get(c->s, c->header.seq, &recent, 1, c->arena, &object, NULL));
    if (object.n == 0)
        return OK; /* a chain that has none */
    if (!ends_with_parent(c, object))
        check_say(c, check_mend_object(c, &recent, NULL),
                  "ledger %u: the list of recent hashes has no version of it", c->header.seq);
    check_say(c, mend_unnamed(c, &recent),
              "ledger %u: what it changed beside its metadata is not noted", c->header.seq);
    return OK;
}
