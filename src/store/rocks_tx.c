/* SPDX-License-Identifier: Apache-2.0 */
/* Reading headers and transactions. */
#include "store/rocks_codec.h"
#include "store/rocks_iter.h"
#include "store/rocks_memo.h"
#include "store/rocks_meta.h"
#include "store/rocks_ops.h"
#include "store/rocks_status.h"
#include "store/rocks_tx.h"
#include "xrpl/sto.h"

#define TXS_PER_STEP 64

struct header_read {
    struct rocks_read rd;
    uint32_t seq;
    const struct hash256 *hash;
    struct ledger_header *ret;
    uint32_t *ret_seq;
};

static err header_step(struct rocks_read *rd)
{
    struct header_read *h = container_of(rd, struct header_read, rd);
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct rocks_key key = rocks_key_seq(h->seq);
    TRY(rocks_read_get(rd, ROCKS_CF_HEADER, &key, &v));
    if (v.pin == NULL)
        return FAIL(ERR_NOT_FOUND, "store: ledger %u is not held", h->seq);
    if (v.bytes.n < LEDGER_HEADER_BYTES ||
        !digest_header_decode(slice_of(v.bytes.p, LEDGER_HEADER_BYTES), h->ret))
        return FAIL(ERR_CORRUPT, "store: %s: header of ledger %u: %zu bytes", rd->r->path, h->seq,
                    v.bytes.n);
    return OK;
}

err rocks_tx_header_get(struct store *s, uint32_t seq, struct ledger_header *ret)
{
    struct header_read h = {.rd = {rocks_of(s), false, header_step}, .seq = seq, .ret = ret};
    if (!atomic_load(&h.rd.r->ready))
        return FAIL(ERR_NOT_FOUND, "store: empty");
    return rocks_read_run(&h.rd);
}

static err hash_step(struct rocks_read *rd)
{
    struct header_read *h = container_of(rd, struct header_read, rd);
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct rocks_key key = {.n = 0};
    rocks_key_put(&key, h->hash->b, 32);
    TRY(rocks_read_get(rd, ROCKS_CF_HASH, &key, &v));
    if (v.pin == NULL)
        return FAIL(ERR_NOT_FOUND, "store: no ledger with this hash");
    if (v.bytes.n != 4)
        return FAIL(ERR_CORRUPT, "store: %s: ledger hash row of %zu bytes", rd->r->path, v.bytes.n);
    *h->ret_seq = bits_load32(v.bytes.p);
    return OK;
}

err rocks_tx_seq_by_hash(struct store *s, const struct hash256 *ledger_hash, uint32_t *ret_seq)
{
    struct header_read h = {
        .rd = {rocks_of(s), false, hash_step}, .hash = ledger_hash, .ret_seq = ret_seq};
    if (!atomic_load(&h.rd.r->ready))
        return FAIL(ERR_NOT_FOUND, "store: empty");
    return rocks_read_run(&h.rd);
}

#define META_MAX_BYTES ((uint64_t)64 << 20) /* no metadata is near it */

static ERR damaged(const struct rocks *r, struct store_tx_pos pos)
{
    return FAIL(ERR_CORRUPT, "store: %s: transaction %u:%u is damaged", r->path, pos.ledger_seq,
                pos.index);
}

ERR rocks_tx_only(const struct rocks *r, struct slice row, struct store_tx *tx)
{
    struct rocks_codec_tx split;
    if (!rocks_codec_split_tx(row, &split))
        return damaged(r, tx->pos);
    tx->tx = split.tx;
    return OK;
}

/* The row as it would be with nothing packed, in `a`. */
static ERR plain_row(const struct rocks *r, struct store_tx_pos pos, struct slice row,
                     struct arena *a, struct slice *ret)
{
    struct rocks_codec_tx split;
    uint8_t head[ROCKS_CODEC_TX_HEAD];
    if (!rocks_codec_split_tx(row, &split) || split.meta_n > META_MAX_BYTES)
        return damaged(r, pos);
    if (split.meta_n == 0) {
        *ret = arena_dup(a, row);
        return OK;
    }
    size_t head_n = rocks_codec_put_tx_head(head, split.tx.n, 0), n = head_n + split.tx.n;
    uint8_t *p = arena_alloc(a, n + (size_t)split.meta_n);
    memcpy(p, head, head_n);
    memcpy(p + head_n, split.tx.p, split.tx.n);
    *ret = slice_of(p, n + (size_t)split.meta_n);
    return rocks_meta_unpack(split.meta, p + n, (size_t)split.meta_n) ? OK : damaged(r, pos);
}

static ERR split_plain(const struct rocks *r, struct slice plain, struct store_tx *tx)
{
    struct rocks_codec_tx split;
    if (!rocks_codec_split_tx(plain, &split))
        return damaged(r, tx->pos);
    tx->tx = split.tx;
    tx->meta = split.meta;
    return OK;
}

ERR rocks_tx_unpack(const struct rocks *r, struct slice row, struct arena *a, struct store_tx *tx)
{
    struct slice plain;
    TRY(plain_row(r, tx->pos, row, a, &plain));
    return split_plain(r, plain, tx);
}

/* ret->pin is NULL when there is none. */
static ERR read_row(const struct rocks_read *rd, struct store_tx_pos pos, struct rocks_value *ret)
{
    struct rocks_key key = rocks_key_tx(pos.ledger_seq, pos.index);
    return rocks_read_get(rd, ROCKS_CF_TX, &key, ret);
}

static ERR missing(const struct rocks_read *rd, struct store_tx_pos pos)
{
    return FAIL(ERR_CORRUPT, "store: %s: no transaction at %u:%u", rd->r->path, pos.ledger_seq,
                pos.index);
}

ERR rocks_tx_read(const struct rocks_read *rd, struct store_tx_pos pos, struct arena *a,
                  struct store_tx *ret, bool *ret_found)
{
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct slice row;
    *ret = (struct store_tx){.pos = pos};
    *ret_found = pos.index != STORE_TX_INDEX_UNKNOWN;
    if (!*ret_found)
        return OK;
    if (!rocks_memo_tx(rd->r, pos, a, &row)) {
        uint32_t epoch = rocks_memo_tx_epoch(rd->r, pos);
        TRY(read_row(rd, pos, &v));
        *ret_found = v.pin != NULL;
        if (v.pin == NULL)
            return OK;
        TRY(plain_row(rd->r, pos, v.bytes, a, &row));
        rocks_memo_put_tx(rd->r, epoch, pos, row);
    }
    TRY(split_plain(rd->r, row, ret));
    return rocks_read_check_budget(a);
}

struct txs_read {
    struct rocks_read rd;
    const struct store_tx_locator *at;
    size_t n, n_done;
    struct store_tx *ret;
    uint16_t *ret_types; /* instead */
    struct arena *arena;
};

static ERR get_one(const struct rocks_read *rd, const struct store_tx_locator *at, struct arena *a,
                   struct store_tx *ret)
{
    bool found;
    TRY(rocks_tx_read(rd, at->pos, a, ret, &found));
    return found ? OK : missing(rd, at->pos);
}

/* Without copying the row. */
static ERR get_type(const struct rocks_read *rd, const struct store_tx_locator *at, uint16_t *ret)
{
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct store_tx tx = {.pos = at->pos};
    if (at->has_type) {
        *ret = at->type;
        return OK;
    }
    TRY(read_row(rd, at->pos, &v));
    if (v.pin == NULL)
        return missing(rd, at->pos);
    TRY(rocks_tx_only(rd->r, v.bytes, &tx));
    *ret = sto_tx_type(tx.tx);
    return OK;
}

static err txs_step(struct rocks_read *rd)
{
    struct txs_read *t = container_of(rd, struct txs_read, rd);
    for (size_t i = 0; i < TXS_PER_STEP && t->n_done < t->n; i++, t->n_done++) {
        const struct store_tx_locator *at = &t->at[t->n_done];
        if (t->ret_types)
            TRY(get_type(rd, at, &t->ret_types[t->n_done]));
        else
            TRY(get_one(rd, at, t->arena, &t->ret[t->n_done]));
    }
    return t->n_done < t->n ? (err){ROCKS_MORE} : OK;
}

static ERR run_txs(struct txs_read *t)
{
    if (t->n > 0 && !atomic_load(&t->rd.r->ready))
        return FAIL(ERR_CORRUPT, "store: empty, but asked for a transaction");
    return t->n > 0 ? rocks_read_run(&t->rd) : OK;
}

err rocks_tx_get(struct store *s, const struct store_tx_locator *at, size_t n, struct arena *a,
                 struct store_tx *ret)
{
    struct txs_read t = {
        .rd = {rocks_of(s), false, txs_step}, .at = at, .n = n, .arena = a, .ret = ret};
    return run_txs(&t);
}

err rocks_tx_types(struct store *s, const struct store_tx_locator *at, size_t n, uint16_t *ret)
{
    struct txs_read t = {.rd = {rocks_of(s), false, txs_step}, .at = at, .n = n, .ret_types = ret};
    size_t known = 0;
    while (known < n && at[known].has_type) {
        ret[known] = at[known].type;
        known++;
    }
    t.n_done = known;
    return known < n ? run_txs(&t) : OK;
}

struct find_read {
    struct rocks_read rd;
    const struct hash256 *hash;
    struct arena *arena;
    struct store_tx *ret;
};

/* The row's transaction, if it is the one: the first bytes of the hash are only a hint. */
static ERR try_row(struct find_read *f, const struct rocks_iter *it, bool *ret_found)
{
    struct store_tx tx;
    struct store_tx_locator at = {.has_type = false};
    struct arena_pos mark = arena_mark(f->arena);
    if (!rocks_codec_txhash_pos(rocks_iter_key(it), &at.pos))
        return FAIL(ERR_CORRUPT, "store: %s: transaction hash row is damaged", f->rd.r->path);
    TRY(get_one(&f->rd, &at, f->arena, &tx));
    tx.hash = digest_tx_id(tx.tx);
    *ret_found = hash256_eq(&tx.hash, f->hash);
    if (*ret_found)
        *f->ret = tx;
    else
        arena_rewind(f->arena, mark);
    return OK;
}

static err find_step(struct rocks_read *rd)
{
    struct find_read *f = container_of(rd, struct find_read, rd);
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, ROCKS_ITER_TXHASH);
    struct rocks_key from = {.n = 0};
    bool valid, found = false;
    rocks_key_put(&from, f->hash->b, ROCKS_TXHASH_PREFIX);
    TRY(rocks_iter_seek(&it, &from, &valid));
    while (valid && memcmp(rocks_iter_key(&it).p, from.b, from.n) == 0) {
        TRY(try_row(f, &it, &found));
        if (found)
            return OK;
        TRY(rocks_iter_step(&it, false, &valid));
    }
    return FAIL(ERR_NOT_FOUND, "store: no transaction with this hash");
}

err rocks_tx_find(struct store *s, const struct hash256 *tx_hash, struct arena *a,
                  struct store_tx *ret)
{
    struct find_read f = {{rocks_of(s), false, find_step}, tx_hash, a, ret};
    if (!atomic_load(&f.rd.r->ready))
        return FAIL(ERR_NOT_FOUND, "store: empty");
    return rocks_read_run(&f.rd);
}
