/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/check_image.h"

#include "base/bits.h"
#include "base/mem.h"
#include "xrpl/keylet.h"

#define RECENT 256 /* hashes in the list of recent ledgers, and ledgers to an entry of a page */

/* --- lists of hashes: each ledger adds its parent's, and no metadata says so --- */

/* Does the ledger add its parent to the object under this key? */
static bool adds_parent(const struct check *c, const struct hash256 *key, bool *ret_recent)
{
    struct hash256 recent = keylet_hashes_recent(), page = keylet_hashes(c->header.seq - 1);
    *ret_recent = hash256_eq(key, &recent);
    return *ret_recent || (hash256_eq(key, &page) && (c->header.seq - 1) % RECENT == 0);
}

static void put_hashes(struct check *c, struct buf *b, struct slice held, bool recent)
{
    if (recent && held.n >= RECENT * 32)
        held = slice_from(held, held.n - (RECENT - 1) * 32);
    size_t n = held.n + 32;
    buf_put(b, "\x02\x13", 2); /* Hashes */
    if (n <= 192) {
        buf_put_u8(b, (uint8_t)n);
    } else {
        buf_put_u8(b, (uint8_t)(193 + (n - 193) / 256));
        buf_put_u8(b, (uint8_t)((n - 193) % 256));
    }
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
            buf_put(&b, "\x20\x1B", 2);
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
