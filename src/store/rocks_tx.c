/* SPDX-License-Identifier: Apache-2.0 */
/* Reading headers and transactions. */
#include "store/rocks_codec.h"
#include "store/rocks_iter.h"
#include "store/rocks_ops.h"
#include "store/rocks_status.h"

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

struct txs_read {
    struct rocks_read rd;
    const struct store_tx_pos *pos;
    size_t n, n_done;
    struct store_tx *txs;
    size_t cap; /* for a whole ledger */
    struct arena *arena;
};

static ERR split(struct rocks *r, struct slice row, struct store_tx *tx)
{
    if (!rocks_codec_split_tx(row, &tx->tx, &tx->meta))
        return FAIL(ERR_CORRUPT, "store: %s: transaction %u:%u is damaged", r->path,
                    tx->pos.ledger_seq, tx->pos.index);
    return OK;
}

static ERR get_one(const struct rocks_read *rd, struct store_tx_pos pos, struct arena *a,
                   struct store_tx *ret)
{
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct rocks_key key = rocks_key_tx(pos.ledger_seq, pos.index);
    ret->pos = pos;
    TRY(rocks_read_get(rd, ROCKS_CF_TX, &key, &v));
    if (v.pin == NULL)
        return FAIL(ERR_CORRUPT, "store: %s: no transaction at %u:%u", rd->r->path, pos.ledger_seq,
                    pos.index);
    TRY(split(rd->r, arena_dup(a, v.bytes), ret));
    return rocks_read_check_budget(a);
}

static err txs_step(struct rocks_read *rd)
{
    struct txs_read *t = container_of(rd, struct txs_read, rd);
    for (size_t i = 0; i < TXS_PER_STEP && t->n_done < t->n; i++, t->n_done++)
        TRY(get_one(rd, t->pos[t->n_done], t->arena, &t->txs[t->n_done]));
    return t->n_done < t->n ? (err){ROCKS_MORE} : OK;
}

static void make_room(struct txs_read *t)
{
    if (t->n_done < t->cap)
        return;
    t->cap = t->cap ? 2 * t->cap : 64;
    struct store_tx *more = arena_array(t->arena, struct store_tx, t->cap);
    if (t->n_done)
        memcpy(more, t->txs, t->n_done * sizeof *more);
    t->txs = more;
}

static ERR take_row(struct txs_read *t, const struct rocks_iter *it)
{
    struct slice key = rocks_iter_key(it);
    if (key.n != 8)
        return FAIL(ERR_CORRUPT, "store: %s: transaction key of %zu bytes", t->rd.r->path, key.n);
    make_room(t);
    struct store_tx *tx = &t->txs[t->n_done];
    tx->pos = (struct store_tx_pos){bits_load32(key.p), bits_load32(key.p + 4)};
    TRY(split(t->rd.r, arena_dup(t->arena, rocks_iter_value(it)), tx));
    t->n_done++;
    return rocks_read_check_budget(t->arena);
}

/* Goes on after the transaction it has last. */
static err ledger_step(struct rocks_read *rd)
{
    struct txs_read *t = container_of(rd, struct txs_read, rd);
    uint32_t seq = t->pos->ledger_seq;
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, ROCKS_ITER_TX);
    struct rocks_key from = rocks_key_tx(seq, t->n_done ? t->txs[t->n_done - 1].pos.index + 1 : 0);
    bool valid;
    TRY(rocks_iter_seek(&it, &from, &valid));
    for (size_t i = 0; valid; i++) {
        struct slice key = rocks_iter_key(&it);
        if (key.n < 4 || bits_load32(key.p) != seq)
            break;
        if (i == TXS_PER_STEP)
            return (err){ROCKS_MORE};
        TRY(take_row(t, &it));
        TRY(rocks_iter_step(&it, false, &valid));
    }
    return OK;
}

static ERR get_ledger(struct txs_read *t)
{
    struct range_set ranges = rocks_ranges(t->rd.r);
    if (!range_set_has(&ranges, t->pos->ledger_seq))
        return FAIL(ERR_NOT_FOUND, "store: ledger %u is not held", t->pos->ledger_seq);
    t->rd.step = ledger_step;
    return rocks_read_run(&t->rd);
}

static ERR get_positions(struct txs_read *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->pos[i].index == STORE_TX_ALL)
            return FAIL(ERR_INVALID, "store: a whole ledger among several positions");
    if (t->n > 0 && !atomic_load(&t->rd.r->ready))
        return FAIL(ERR_CORRUPT, "store: empty, but asked for a transaction");
    t->txs = arena_array(t->arena, struct store_tx, t->n);
    t->rd.step = txs_step;
    return t->n > 0 ? rocks_read_run(&t->rd) : OK;
}

err rocks_tx_get(struct store *s, const struct store_tx_pos *pos, size_t n, struct arena *a,
                 struct store_tx **ret, size_t *ret_n)
{
    struct txs_read t = {.rd = {rocks_of(s), false, NULL}, .pos = pos, .n = n, .arena = a};
    if (n == 1 && pos->index == STORE_TX_ALL)
        TRY(get_ledger(&t));
    else
        TRY(get_positions(&t));
    *ret = t.txs;
    *ret_n = t.n_done;
    return OK;
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
    struct store_tx_pos pos;
    struct arena_pos mark = arena_mark(f->arena);
    if (!rocks_codec_txhash_pos(rocks_iter_key(it), &pos))
        return FAIL(ERR_CORRUPT, "store: %s: transaction hash row is damaged", f->rd.r->path);
    TRY(get_one(&f->rd, pos, f->arena, &tx));
    struct hash256 id = digest_tx_id(tx.tx);
    *ret_found = hash256_eq(&id, f->hash);
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
