/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a ledger, statement by statement (etl-db 3.5, 4.3, 4.6). */
#include "base/bits.h"
#include "base/mem.h"
#include "base/table.h"
#include "store/cass_impl.h"
#include "store/index.h"

static struct slice put_bigint_key(struct buf *b, uint8_t key[8], uint64_t v)
{
    cql_value_put_bigint(b, (int64_t)v);
    bits_store64(key, v);
    return slice_of(key, 8);
}

/* Keys of one ledger are one partition: in batches. */
static YIELDS void put_diff(struct cass *c, uint32_t seq, const struct store_object *objects,
                            size_t n)
{
    struct cass_batch batch = {.pump = &c->pump};
    uint8_t key[8];
    for (size_t i = 0; i < n; i++) {
        struct buf *b = cass_batch_values(&batch);
        struct slice partition = put_bigint_key(b, key, seq);
        cql_value_put_blob(b, hash256_slice(&objects[i].key));
        cass_batch_add(&batch, CASS_PUT_DIFF, 2, partition);
    }
    cass_batch_end(&batch);
}

YIELDS void cass_rows_objects(struct cass *c, uint32_t seq, const struct store_object *objects,
                              size_t n, bool with_diff)
{
    for (size_t i = 0; i < n; i++) {
        struct buf *b = cass_pump_values(&c->pump);
        cql_value_put_blob(b, hash256_slice(&objects[i].key));
        cql_value_put_bigint(b, seq);
        cql_value_put_blob(b, objects[i].data);
        cass_pump_send(&c->pump, CASS_PUT_OBJECT, 3, hash256_slice(&objects[i].key));
    }
    if (with_diff)
        put_diff(c, seq, objects, n);
}

YIELDS void cass_rows_successors(struct cass *c, uint32_t seq, const struct store_successor *rows,
                                 size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct buf *b = cass_pump_values(&c->pump);
        cql_value_put_blob(b, hash256_slice(&rows[i].key));
        cql_value_put_bigint(b, seq);
        cql_value_put_blob(b, hash256_slice(&rows[i].next));
        cass_pump_send(&c->pump, CASS_PUT_SUCCESSOR, 3, hash256_slice(&rows[i].key));
    }
}

/* The part of an index row that finds it: key columns. */

static void put_pair(struct buf *b, struct slice suffix)
{
    cql_value_put_pair(b, bits_load32(suffix.p), bits_load32(suffix.p + 4));
}

/* Rows of the initial state say ledger 0: in the tables they stand at the first ledger. */
static void put_seq(struct buf *b, uint32_t first, struct slice suffix)
{
    uint32_t seq = bits_load32(suffix.p);
    cql_value_put_bigint(b, seq ? seq : first);
}

/* A composite partition key is hashed with lengths and ends. */
static struct slice mpt_account_key(uint8_t out[50], const struct store_index_row *r)
{
    bits_store16(out, 24);
    memcpy(out + 2, r->prefix.p + 20, 24);
    out[26] = 0;
    bits_store16(out + 27, 20);
    memcpy(out + 29, r->prefix.p, 20);
    out[49] = 0;
    return slice_of(out, 50);
}

static YIELDS void put_tx_row(struct cass *c, const struct store_index_row *r,
                              enum cass_statement stmt)
{
    struct buf *b = cass_pump_values(&c->pump);
    cql_value_put_blob(b, r->prefix);
    put_pair(b, r->suffix);
    cql_value_put_blob(b, slice_of(r->value.p, 32));
    cass_pump_send(&c->pump, stmt, 3, r->prefix);
}

static YIELDS void put_one(struct cass *c, uint32_t first, const struct store_index_row *r)
{
    uint8_t key[50];
    struct buf *b = cass_pump_values(&c->pump);
    switch (r->index) {
    case STORE_INDEX_NFT_STATE:
        cql_value_put_blob(b, r->prefix);
        put_seq(b, first, r->suffix);
        cql_value_put_blob(b, slice_of(r->value.p, 20));
        cql_value_put_bool(b, r->value.p[20]);
        cass_pump_send(&c->pump, CASS_PUT_NFT, 4, r->prefix);
        break;
    case STORE_INDEX_NFT_URI:
        cql_value_put_blob(b, r->prefix);
        put_seq(b, first, r->suffix);
        cql_value_put_blob(b, r->value);
        cass_pump_send(&c->pump, CASS_PUT_NFT_URI, 3, r->prefix);
        break;
    case STORE_INDEX_NFT_ISSUER:
        cql_value_put_blob(b, r->prefix);
        cql_value_put_bigint(b, bits_load32(r->suffix.p));
        cql_value_put_blob(b, slice_from(r->suffix, 4));
        cass_pump_send(&c->pump, CASS_PUT_NFT_ISSUER, 3, r->prefix);
        break;
    case STORE_INDEX_ACCOUNT_MPT_TX:
        cql_value_put_blob(b, slice_from(r->prefix, 20));
        cql_value_put_blob(b, slice_of(r->prefix.p, 20));
        put_pair(b, r->suffix);
        cql_value_put_blob(b, slice_of(r->value.p, 32));
        cass_pump_send(&c->pump, CASS_PUT_ACCOUNT_MPT_TX, 4, mpt_account_key(key, r));
        break;
    case STORE_INDEX_MPT_TX: put_tx_row(c, r, CASS_PUT_MPT_TX); break;
    default: break;
    }
}

/* Account rows of one transaction, links of tokens and holders go in batches. */
static YIELDS void batch_one(struct cass_batch *batch, const struct store_index_row *r)
{
    struct buf *b = cass_batch_values(batch);
    cql_value_put_blob(b, r->prefix);
    if (r->index == STORE_INDEX_MPT_HOLDER) {
        cql_value_put_blob(b, r->suffix);
        cass_batch_add(batch, CASS_PUT_MPT_HOLDER, 2, r->prefix);
        return;
    }
    put_pair(b, r->suffix);
    cql_value_put_blob(b, slice_of(r->value.p, 32));
    cass_batch_add(batch,
                   r->index == STORE_INDEX_ACCOUNT_TX ? CASS_PUT_ACCOUNT_TX : CASS_PUT_NFT_TX, 3,
                   r->prefix);
}

static YIELDS void drop_one(struct cass *c, uint32_t first, const struct store_index_row *r)
{
    static const enum cass_statement drops[STORE_N_INDEXES] = {
        [STORE_INDEX_ACCOUNT_TX] = CASS_DROP_ACCOUNT_TX,
        [STORE_INDEX_NFT_TX] = CASS_DROP_NFT_TX,
        [STORE_INDEX_NFT_STATE] = CASS_DROP_NFT,
        [STORE_INDEX_NFT_URI] = CASS_DROP_NFT_URI,
        [STORE_INDEX_NFT_ISSUER] = CASS_DROP_NFT_ISSUER,
        [STORE_INDEX_MPT_HOLDER] = CASS_DROP_MPT_HOLDER,
        [STORE_INDEX_MPT_TX] = CASS_DROP_MPT_TX,
        [STORE_INDEX_ACCOUNT_MPT_TX] = CASS_DROP_ACCOUNT_MPT_TX};
    uint8_t key[50];
    struct buf *b = cass_pump_values(&c->pump);
    struct slice partition = r->prefix;
    uint16_t n = 2;
    if (r->index == STORE_INDEX_ACCOUNT_MPT_TX) {
        cql_value_put_blob(b, slice_from(r->prefix, 20));
        cql_value_put_blob(b, slice_of(r->prefix.p, 20));
        partition = mpt_account_key(key, r);
        n = 3;
    } else {
        cql_value_put_blob(b, r->prefix);
    }
    if (store_index_of_txs(r->index)) {
        put_pair(b, r->suffix);
    } else if (r->index == STORE_INDEX_NFT_ISSUER) {
        cql_value_put_bigint(b, bits_load32(r->suffix.p));
        cql_value_put_blob(b, slice_from(r->suffix, 4));
        n = 3;
    } else if (r->index == STORE_INDEX_MPT_HOLDER) {
        cql_value_put_blob(b, r->suffix);
    } else {
        put_seq(b, first, r->suffix);
    }
    cass_pump_send(&c->pump, drops[r->index], n, partition);
}

static bool is_batched(enum store_index index)
{
    return index == STORE_INDEX_ACCOUNT_TX || index == STORE_INDEX_NFT_TX ||
           index == STORE_INDEX_MPT_HOLDER;
}

/* Of rows with the same key the last counts (a token that changes hands twice in a ledger).
 * Statements in flight have no order: the others must not be sent. */
struct seen {
    struct table *table;
    uint8_t key[1 + INDEX_MAX_PREFIX + INDEX_MAX_SUFFIX];
};

static const void *key_of(struct seen *s, const struct store_index_row *r)
{
    memset(s->key, 0, sizeof s->key);
    s->key[0] = (uint8_t)r->index;
    memcpy(s->key + 1, r->prefix.p, r->prefix.n);
    memcpy(s->key + 1 + INDEX_MAX_PREFIX, r->suffix.p, r->suffix.n);
    return s->key;
}

struct batches {
    struct cass_batch accounts, tokens, holders;
    struct slice tx; /* place of the one whose accounts are being collected */
};

static YIELDS void put_row(struct cass *c, uint32_t first, const struct store_index_row *r,
                           struct batches *b)
{
    if (!is_batched(r->index)) {
        put_one(c, first, r);
    } else if (r->index == STORE_INDEX_ACCOUNT_TX) {
        if (!slice_eq(b->tx, r->suffix))
            cass_batch_end(&b->accounts);
        b->tx = r->suffix;
        batch_one(&b->accounts, r);
    } else {
        batch_one(r->index == STORE_INDEX_NFT_TX ? &b->tokens : &b->holders, r);
    }
}

YIELDS void cass_rows_index(struct cass *c, uint32_t first, const struct store_index_row *rows,
                            size_t n, bool drop)
{
    CLEANUP(mem_freep) struct batches *b = xcalloc(1, sizeof *b);
    struct seen seen = {.table = table_new(sizeof seen.key)};
    b->accounts.pump = b->tokens.pump = b->holders.pump = &c->pump;
    for (size_t i = 0; i < n; i++)
        table_put(seen.table, key_of(&seen, &rows[i]), (void *)(uintptr_t)&rows[i]);
    for (size_t i = 0; i < n; i++) {
        if (table_get(seen.table, key_of(&seen, &rows[i])) != &rows[i])
            continue;
        if (drop)
            drop_one(c, first, &rows[i]);
        else
            put_row(c, first, &rows[i], b);
    }
    cass_batch_end(&b->accounts);
    cass_batch_end(&b->tokens);
    cass_batch_end(&b->holders);
    table_free(seen.table);
}

YIELDS void cass_rows_txs(struct cass *c, const struct store_ledger *l)
{
    struct cass_batch batch = {.pump = &c->pump};
    uint8_t key[8];
    for (size_t i = 0; i < l->n_txs; i++) {
        struct slice hash = hash256_slice(&l->tx_hashes[i]);
        struct buf *b = cass_pump_values(&c->pump);
        cql_value_put_blob(b, hash);
        cql_value_put_bigint(b, l->header.seq);
        cql_value_put_bigint(b, l->header.close_time);
        cql_value_put_blob(b, l->txs[i].tx);
        cql_value_put_blob(b, l->txs[i].meta);
        cass_pump_send(&c->pump, CASS_PUT_TX, 5, hash);
        b = cass_batch_values(&batch);
        struct slice partition = put_bigint_key(b, key, l->header.seq);
        cql_value_put_blob(b, hash);
        cass_batch_add(&batch, CASS_PUT_LEDGER_TX, 2, partition);
    }
    cass_batch_end(&batch);
}

YIELDS void cass_rows_header(struct cass *c, const struct ledger_header *h)
{
    uint8_t header[LEDGER_HEADER_BYTES], key[8];
    digest_header_encode(h, header);
    struct buf *b = cass_pump_values(&c->pump);
    struct slice partition = put_bigint_key(b, key, h->seq);
    cql_value_put_blob(b, slice_of(header, sizeof header));
    cass_pump_send(&c->pump, CASS_PUT_HEADER, 2, partition);
    b = cass_pump_values(&c->pump);
    cql_value_put_blob(b, hash256_slice(&h->hash));
    cql_value_put_bigint(b, h->seq);
    cass_pump_send(&c->pump, CASS_PUT_HASH, 2, hash256_slice(&h->hash));
}
