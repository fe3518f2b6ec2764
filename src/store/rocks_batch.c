/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_batch.h"

#include "store/rocks_codec.h"
#include "store/rocks_hashes.h"
#include "store/rocks_meta.h"
#include "store/rocks_status.h"

#include <stdio.h>

struct rocks_batch rocks_batch_of(struct rocks *r)
{
    return (struct rocks_batch){r, rocksdb_writebatch_create()};
}

void rocks_batch_deinit(struct rocks_batch *b)
{
    if (b->wb)
        rocksdb_writebatch_destroy(b->wb);
    b->wb = NULL;
}

void rocks_batch_put(struct rocks_batch *b, enum rocks_cf cf, const struct rocks_key *key,
                     struct slice value)
{
    rocksdb_writebatch_put_cf(b->wb, b->r->cf[cf], (const char *)key->b, key->n,
                              value.n ? (const char *)value.p : "", value.n);
}

/* One value of several pieces, without joining them first. */
static void put_pieces(struct rocks_batch *b, enum rocks_cf cf, const struct rocks_key *key,
                       const struct slice *pieces, size_t n)
{
    const char *p[4] = {0};
    size_t sizes[4] = {0};
    const char *key_p = (const char *)key->b;
    for (size_t i = 0; i < n; i++) {
        p[i] = pieces[i].n ? (const char *)pieces[i].p : "";
        sizes[i] = pieces[i].n;
    }
    rocksdb_writebatch_putv_cf(b->wb, b->r->cf[cf], 1, &key_p, &key->n, (int)n, p, sizes);
}

void rocks_batch_put_meta(struct rocks_batch *b, const char *name, struct slice value)
{
    rocksdb_writebatch_put_cf(b->wb, b->r->cf[ROCKS_CF_META], name, strlen(name),
                              value.n ? (const char *)value.p : "", value.n);
}

void rocks_batch_put_ranges(struct rocks_batch *b, const struct range_set *ranges)
{
    uint8_t bytes[RANGE_SET_MAX_BYTES];
    size_t n = range_set_encode(ranges, bytes);
    rocks_batch_put_meta(b, ".ranges", slice_of(bytes, n));
}

static void put_object(struct rocks_batch *b, uint32_t seq, const struct store_object *o)
{
    CLEANUP(buf_deinit) struct buf packed = {0};
    struct rocks_key key = rocks_key_versioned(&o->key, seq);
    uint8_t kind = rocks_codec_object_kind(o->data);
    struct slice payload = o->data;
    if (rocks_hashes_is_key(&o->key) && rocks_hashes_pack(b->r, seq, o->data, &packed)) {
        kind = ROCKS_OBJECT_HASHES;
        payload = buf_slice(&packed);
    }
    put_pieces(b, ROCKS_CF_OBJECT, &key, (struct slice[]){slice_of(&kind, 1), payload}, 2);
}

void rocks_batch_put_objects(struct rocks_batch *b, uint32_t seq,
                             const struct store_object *objects, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_object(b, seq, &objects[i]);
}

void rocks_batch_put_successors(struct rocks_batch *b, uint32_t seq,
                                const struct store_successor *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rocks_key key = rocks_key_versioned(&rows[i].key, seq);
        rocks_batch_put(b, ROCKS_CF_SUCCESSOR, &key, hash256_slice(&rows[i].next));
    }
}

ERR rocks_batch_put_index_rows(struct rocks_batch *b, const struct store_index_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        TRY(index_check_row(&rows[i]));
        struct rocks_key key = rocks_codec_index_key(rows[i].index, rows[i].prefix, rows[i].suffix);
        rocks_batch_put(b, rocks_codec_index_cf(rows[i].index), &key,
                        rocks_codec_index_value(rows[i].index, rows[i].value));
    }
    return OK;
}

void rocks_batch_put_tx(struct rocks_batch *b, const struct store_tx *tx,
                        const struct hash256 *hash)
{
    struct rocks_key key = rocks_key_tx(tx->pos.ledger_seq, tx->pos.index);
    struct rocks_key hash_key = rocks_codec_txhash_key(hash, tx->pos);
    CLEANUP(buf_deinit) struct buf packed = {0};
    uint8_t head[ROCKS_CODEC_TX_HEAD];
    bool smaller = rocks_meta_pack(tx->meta, &packed) && packed.n < tx->meta.n;
    struct slice meta = smaller ? buf_slice(&packed) : tx->meta;
    size_t head_n = rocks_codec_put_tx_head(head, tx->tx.n, smaller ? tx->meta.n : 0);
    put_pieces(b, ROCKS_CF_TX, &key, (struct slice[]){slice_of(head, head_n), tx->tx, meta}, 3);
    rocks_batch_put(b, ROCKS_CF_TXHASH, &hash_key, SLICE_EMPTY);
}

void rocks_batch_put_header(struct rocks_batch *b, const struct store_ledger *l)
{
    uint8_t header[LEDGER_HEADER_BYTES], seq[4];
    struct rocks_key seq_key = rocks_key_seq(l->header.seq), hash_key = {.n = 0};
    rocks_key_put(&hash_key, l->header.hash.b, 32);
    digest_header_encode(&l->header, header);
    bits_store32(seq, l->header.seq);
    put_pieces(
        b, ROCKS_CF_HEADER, &seq_key,
        (struct slice[]){slice_of(header, sizeof header), slice_of(l->unnamed, 32 * l->n_unnamed)},
        2);
    rocks_batch_put(b, ROCKS_CF_HASH, &hash_key, slice_of(seq, 4));
}

void rocks_batch_put_ledger(struct rocks_batch *b, const struct store_ledger *l)
{
    rocks_batch_put_header(b, l);
    for (size_t i = 0; i < l->n_txs; i++)
        rocks_batch_put_tx(b, &l->txs[i], &l->tx_hashes[i]);
}

void rocks_batch_delete(struct rocks_batch *b, enum rocks_cf cf, const struct rocks_key *key)
{
    rocksdb_writebatch_delete_cf(b->wb, b->r->cf[cf], (const char *)key->b, key->n);
}

static ERR commit(struct rocks_batch *b, const rocksdb_writeoptions_t *opts)
{
    char *text = NULL;
    if (atomic_load(&b->r->failed))
        return FAIL(ERR_IO, "store: %s: an earlier write failed; to be opened again", b->r->path);
    rocksdb_write(b->r->db, opts, b->wb, &text);
    rocksdb_writebatch_clear(b->wb);
    if (text) {
        snprintf(b->r->failure, sizeof b->r->failure, "%s", text);
        atomic_store(&b->r->failed, true);
    }
    return rocks_status(b->r->path, "write", text);
}

ERR rocks_batch_commit(struct rocks_batch *b)
{
    return commit(b, b->r->write_synced);
}

ERR rocks_batch_commit_unlogged(struct rocks_batch *b)
{
    return commit(b, b->r->write_unlogged);
}
