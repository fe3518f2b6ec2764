/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that do not change, kept in memory: transactions, the hashes of a ledger's transactions,
 * headers. A database is a network away, and pages of popular accounts and the newest ledgers are
 * asked for again and again.
 *
 * Another server, or `kleio check --repair`, may mend a row that was wrong. So what is kept is true
 * for HORIZON ledgers from the newest one when it was read, and then read again. */
#include "base/bits.h"
#include "base/cursor.h"
#include "store/cass_impl.h"
#include "store/memo.h"
#include "xrpl/txmeta.h"

#define HORIZON 256

/* First byte of a key. */
enum { OF_TX = 't', OF_LEDGER_TXS = 'l', OF_HEADER = 'h', OF_VERIFIED = 'v' };

struct key {
    uint8_t b[33];
    size_t n;
};

static struct key hash_key(const struct hash256 *hash)
{
    struct key k = {.b = {OF_TX}, .n = 33};
    memcpy(k.b + 1, hash->b, 32);
    return k;
}

static struct key ledger_key(uint8_t of, uint32_t seq)
{
    struct key k = {.b = {of}, .n = 5};
    bits_store32(k.b + 1, seq);
    return k;
}

static struct slice slice_of_key(const struct key *k)
{
    return slice_of(k->b, k->n);
}

static bool get(struct cass *c, const struct key *k, struct arena *a, struct slice *ret)
{
    uint32_t low, last = cass_last(c);
    bool found = c->memo && last && memo_get(c->memo, slice_of_key(k), last, a, ret, &low);
    if (c->memo_hits)
        counter_inc(found ? c->memo_hits : c->memo_misses);
    return found;
}

static void put(struct cass *c, uint32_t epoch, const struct key *k, struct slice value)
{
    uint32_t last = cass_last(c);
    if (c->memo && last)
        memo_put(c->memo, epoch, slice_of_key(k), last, last + HORIZON, value);
}

/* Transactions: ledger, length of the transaction, transaction, metadata. */

bool cass_memo_tx(struct cass *c, const struct hash256 *hash, struct arena *a, struct store_tx *ret)
{
    struct key k = hash_key(hash);
    struct slice v;
    if (!get(c, &k, a, &v))
        return false;
    uint32_t seq = bits_load32(v.p), n = bits_load32(v.p + 4);
    if (seq < cass_first(c) || seq > cass_last(c))
        return false;
    struct slice meta = slice_from(v, 8 + n);
    *ret = (struct store_tx){
        .pos = {seq, txmeta_index(meta)}, .tx = slice_of(v.p + 8, n), .meta = meta, .hash = *hash};
    return true;
}

uint32_t cass_memo_tx_epoch(struct cass *c, const struct hash256 *hash)
{
    struct key k = hash_key(hash);
    return c->memo ? memo_epoch(c->memo, slice_of_key(&k)) : 0;
}

void cass_memo_put_tx(struct cass *c, uint32_t epoch, const struct store_tx *tx)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    struct key k = hash_key(&tx->hash);
    if (!c->memo || tx->tx.n + tx->meta.n > MEMO_MAX_BYTES)
        return;
    buf_reserve(&b, 8 + tx->tx.n + tx->meta.n);
    buf_put_be32(&b, tx->pos.ledger_seq);
    buf_put_be32(&b, (uint32_t)tx->tx.n);
    buf_put_slice(&b, tx->tx);
    buf_put_slice(&b, tx->meta);
    put(c, epoch, &k, buf_slice(&b));
}

/* Hashes of a ledger, one after the other. */

bool cass_memo_hashes(struct cass *c, uint32_t seq, struct arena *a, struct hash256 **ret,
                      size_t *ret_n)
{
    struct key k = ledger_key(OF_LEDGER_TXS, seq);
    struct slice v;
    if (!get(c, &k, a, &v))
        return false;
    *ret = (struct hash256 *)(uintptr_t)v.p;
    *ret_n = v.n / 32;
    return true;
}

uint32_t cass_memo_hashes_epoch(struct cass *c, uint32_t seq)
{
    struct key k = ledger_key(OF_LEDGER_TXS, seq);
    return c->memo ? memo_epoch(c->memo, slice_of_key(&k)) : 0;
}

void cass_memo_put_hashes(struct cass *c, uint32_t epoch, uint32_t seq,
                          const struct hash256 *hashes, size_t n)
{
    struct key k = ledger_key(OF_LEDGER_TXS, seq);
    put(c, epoch, &k, slice_of(hashes, n * sizeof *hashes));
}

/* Its transactions led to the root in its header. */

bool cass_memo_verified(struct cass *c, uint32_t seq)
{
    struct key k = ledger_key(OF_VERIFIED, seq);
    uint32_t low, last = cass_last(c);
    struct slice v;
    return c->memo && last && memo_get(c->memo, slice_of_key(&k), last, NULL, &v, &low);
}

void cass_memo_put_verified(struct cass *c, uint32_t seq)
{
    struct key k = ledger_key(OF_VERIFIED, seq);
    if (c->memo)
        put(c, memo_epoch(c->memo, slice_of_key(&k)), &k, SLICE_EMPTY);
}

/* Headers, as they stand in their table. */

bool cass_memo_header(struct cass *c, uint32_t seq, struct ledger_header *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct key k = ledger_key(OF_HEADER, seq);
    struct slice v;
    return get(c, &k, a, &v) && digest_header_decode(v, ret);
}

uint32_t cass_memo_header_epoch(struct cass *c, uint32_t seq)
{
    struct key k = ledger_key(OF_HEADER, seq);
    return c->memo ? memo_epoch(c->memo, slice_of_key(&k)) : 0;
}

void cass_memo_put_header(struct cass *c, uint32_t epoch, const struct ledger_header *header)
{
    struct key k = ledger_key(OF_HEADER, header->seq);
    uint8_t value[LEDGER_HEADER_BYTES];
    digest_header_encode(header, value);
    put(c, epoch, &k, slice_of(value, sizeof value));
}

/* What was just written is what is asked for next. */
void cass_memo_put_ledger(struct cass *c, const struct store_ledger *l)
{
    if (!c->memo)
        return;
    for (size_t i = 0; i < l->n_txs; i++) {
        struct store_tx tx = l->txs[i];
        tx.hash = l->tx_hashes[i];
        cass_memo_put_tx(c, cass_memo_tx_epoch(c, &tx.hash), &tx);
    }
    cass_memo_put_header(c, cass_memo_header_epoch(c, l->header.seq), &l->header);
}

void cass_memo_clear(struct cass *c)
{
    if (c->memo)
        memo_clear(c->memo);
}
