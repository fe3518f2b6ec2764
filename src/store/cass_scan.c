/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the indexes. A scan's `from`, a suffix or the beginning of one, becomes the bounds of key
 * columns; all scans are sent at once. */
#include "base/bits.h"
#include "base/mem.h"
#include "store/cass_impl.h"
#include "store/index.h"

#include <stdlib.h>

#define MAX_U32 4294967296ll /* above every number of a ledger or place */

/* Statements of an index: rows of the first column set, and (issuer) of what comes after it. */
static const struct form {
    enum cass_statement up, down, up_more, down_more;
    const char *table;
} forms[STORE_N_INDEXES] = {
    [STORE_INDEX_ACCOUNT_TX] = {CASS_ACCOUNT_TX_UP, CASS_ACCOUNT_TX_DOWN, .table = "account_tx"},
    [STORE_INDEX_NFT_TX] = {CASS_NFT_TX_UP, CASS_NFT_TX_DOWN, .table = "nf_token_transactions"},
    [STORE_INDEX_NFT_STATE] = {CASS_NFT_UP, CASS_NFT_DOWN, .table = "nf_tokens"},
    [STORE_INDEX_NFT_URI] = {CASS_NFT_URI_UP, CASS_NFT_URI_DOWN, .table = "nf_token_uris"},
    [STORE_INDEX_NFT_ISSUER] = {CASS_NFT_ISSUER_UP, CASS_NFT_ISSUER_DOWN, CASS_NFT_ISSUER_UP_MORE,
                                CASS_NFT_ISSUER_DOWN_MORE, "issuer_nf_tokens_v2"},
    [STORE_INDEX_MPT_HOLDER] = {CASS_MPT_HOLDER_UP, CASS_MPT_HOLDER_DOWN,
                                .table = "mp_token_holders"},
    [STORE_INDEX_MPT_TX] = {CASS_MPT_TX_UP, CASS_MPT_TX_DOWN,
                            .table = "mptoken_issuance_transactions"},
    [STORE_INDEX_ACCOUNT_MPT_TX] = {CASS_ACCOUNT_MPT_TX_UP, CASS_ACCOUNT_MPT_TX_DOWN,
                                    .table = "account_mptoken_issuance_transactions"},
};

const char *cass_index_table(enum store_index index)
{
    return forms[index].table;
}

/* The bound that `from` means, as bytes of a whole suffix, included or not. A part of a suffix is
 * before all that begin with it. */
struct bound {
    uint8_t suffix[INDEX_MAX_SUFFIX];
    size_t n;
    bool is_open; /* no bound */
    bool inclusive;
};

static struct bound bound_of(const struct store_scan *s)
{
    struct bound b = {.n = index_shape(s->index)->suffix_bytes, .is_open = s->from.n == 0};
    if (s->from.n)
        memcpy(b.suffix, s->from.p, s->from.n);
    b.inclusive = s->from.n < b.n ? !s->backward : s->inclusive;
    return b;
}

/* One prefix and its columns, for statement values. */
static uint16_t put_prefix(struct buf *values, const struct store_scan *s, struct buf *key)
{
    if (s->index != STORE_INDEX_ACCOUNT_MPT_TX) {
        cql_value_put_blob(values, s->prefix);
        buf_put_slice(key, s->prefix);
        return 1;
    }
    struct slice account = slice_of(s->prefix.p, 20), issuance = slice_from(s->prefix, 20);
    cql_value_put_blob(values, issuance);
    cql_value_put_blob(values, account);
    buf_put_be16(key, 24);
    buf_put_slice(key, issuance);
    buf_put_u8(key, 0);
    buf_put_be16(key, 20);
    buf_put_slice(key, account);
    buf_put_u8(key, 0);
    return 2;
}

/* (ledger, place), up to the newest complete ledger: rows of one that is being written are not
 * there yet. */
static uint16_t put_pairs(struct cass *c, struct buf *values, const struct store_scan *s,
                          const struct bound *b)
{
    int64_t last = cass_last(c), seq = bits_load32(b->suffix), place = bits_load32(b->suffix + 4);
    if (!s->backward) {
        if (b->is_open)
            cql_value_put_pair(values, 0, 0);
        else
            cql_value_put_pair(values, seq, place + !b->inclusive);
        cql_value_put_pair(values, last, MAX_U32);
        return 2;
    }
    if (b->is_open || seq > last)
        cql_value_put_pair(values, last, MAX_U32);
    else
        cql_value_put_pair(values, seq, place - !b->inclusive);
    return 1;
}

static uint16_t put_seqs(struct cass *c, struct buf *values, const struct store_scan *s,
                         const struct bound *b)
{
    int64_t last = cass_last(c), seq = bits_load32(b->suffix);
    if (!s->backward) {
        cql_value_put_bigint(values, b->is_open ? 0 : seq + !b->inclusive);
        cql_value_put_bigint(values, last);
        return 2;
    }
    cql_value_put_bigint(values, b->is_open || seq > last ? last : seq - !b->inclusive);
    return 1;
}

/* A blob bound that is included, from one that may not be: the next one, of more bytes, or the one
 * before. */
static void put_blob_bound(struct buf *values, struct slice at, bool backward, bool inclusive)
{
    uint8_t bytes[INDEX_MAX_SUFFIX + 1] = {0};
    memcpy(bytes, at.p, at.n);
    if (inclusive) {
        cql_value_put_blob(values, at);
    } else if (!backward) { /* at + 00 is the first above it */
        cql_value_put_blob(values, slice_of(bytes, at.n + 1));
    } else { /* at - 1: all blobs of the column have one length */
        size_t i = at.n;
        while (i > 0 && bytes[--i]-- == 0)
            ;
        bool none = true;
        for (size_t k = 0; k < at.n; k++)
            none &= at.p[k] == 0;
        cql_value_put_blob(values, none ? SLICE_EMPTY : slice_of(bytes, at.n));
    }
}

static uint16_t put_holder(struct buf *values, const struct store_scan *s, const struct bound *b)
{
    static const uint8_t most[20] = {[0 ... 19] = 0xFF};
    if (b->is_open)
        cql_value_put_blob(values, s->backward ? slice_of(most, 20) : SLICE_EMPTY);
    else
        put_blob_bound(values, slice_of(b->suffix, 20), s->backward, b->inclusive);
    return 1;
}

static uint16_t put_issuer(struct buf *values, const struct store_scan *s, const struct bound *b)
{
    static const uint8_t most[32] = {[0 ... 31] = 0xFF};
    int64_t taxon = b->is_open ? (s->backward ? UINT32_MAX : 0) : bits_load32(b->suffix);
    cql_value_put_bigint(values, taxon);
    if (b->is_open)
        cql_value_put_blob(values, s->backward ? slice_of(most, 32) : SLICE_EMPTY);
    else
        put_blob_bound(values, slice_of(b->suffix + 4, 32), s->backward, b->inclusive);
    return 2;
}

static void make_call(struct cass *c, struct cql_call *call, const struct store_scan *s,
                      struct arena *a)
{
    CLEANUP(buf_deinit) struct buf values = {0}, key = {0};
    struct bound b = bound_of(s);
    uint16_t n = put_prefix(&values, s, &key);
    if (store_index_of_txs(s->index))
        n = (uint16_t)(n + put_pairs(c, &values, s, &b));
    else if (s->index == STORE_INDEX_NFT_ISSUER)
        n = (uint16_t)(n + put_issuer(&values, s, &b));
    else if (s->index == STORE_INDEX_MPT_HOLDER)
        n = (uint16_t)(n + put_holder(&values, s, &b));
    else
        n = (uint16_t)(n + put_seqs(c, &values, s, &b));
    cql_value_put_int(&values, (int32_t)MIN(s->limit, (uint32_t)INT32_MAX));
    cass_call(c, call, s->backward ? forms[s->index].down : forms[s->index].up, a,
              (uint16_t)(n + 1), &values, buf_slice(&key));
}

/* The taxons after (or before) the one that the bound is in: a second query, which Keyspaces
 * understands, too. */
static void make_more(struct cass *c, struct cql_call *call, const struct store_scan *s,
                      struct arena *a)
{
    CLEANUP(buf_deinit) struct buf values = {0};
    struct bound b = bound_of(s);
    cql_value_put_blob(&values, s->prefix);
    cql_value_put_bigint(&values,
                         b.is_open ? (s->backward ? UINT32_MAX : 0) : bits_load32(b.suffix));
    cql_value_put_int(&values, (int32_t)MIN(s->limit, (uint32_t)INT32_MAX));
    cass_call(c, call, s->backward ? forms[s->index].down_more : forms[s->index].up_more, a, 3,
              &values, s->prefix);
}

/* A row's columns as suffix and value. */

static struct slice put_u32(struct arena *a, uint32_t v, struct slice rest)
{
    uint8_t *p = arena_alloc(a, 4 + rest.n);
    bits_store32(p, v);
    if (rest.n)
        memcpy(p + 4, rest.p, rest.n);
    return slice_of(p, 4 + rest.n);
}

static bool tx_row(const struct cql_value v[3], struct arena *a, struct store_entry *ret)
{
    uint32_t seq, place;
    if (v[0].bytes.n != 32 || !cql_value_pair(v[1], &seq, &place))
        return false;
    uint8_t *p = arena_alloc(a, 8);
    bits_store32(p, seq);
    bits_store32(p + 4, place);
    *ret = (struct store_entry){slice_of(p, 8), v[0].bytes};
    return true;
}

static bool nft_row(const struct cql_value v[3], struct arena *a, struct store_entry *ret)
{
    uint32_t seq;
    bool burned;
    if (!cql_value_u32(v[0], &seq) || v[1].bytes.n != 20 || !cql_value_bool(v[2], &burned))
        return false;
    uint8_t *value = arena_alloc(a, 21);
    memcpy(value, v[1].bytes.p, 20);
    value[20] = burned;
    *ret = (struct store_entry){put_u32(a, seq, SLICE_EMPTY), slice_of(value, 21)};
    return true;
}

static bool take_row(enum store_index index, const struct cql_value v[3], struct arena *a,
                     struct store_entry *ret)
{
    uint32_t number;
    switch (index) {
    case STORE_INDEX_NFT_STATE: return nft_row(v, a, ret);
    case STORE_INDEX_NFT_URI:
        if (!cql_value_u32(v[0], &number) || v[1].null)
            return false;
        *ret = (struct store_entry){put_u32(a, number, SLICE_EMPTY), v[1].bytes};
        return true;
    case STORE_INDEX_NFT_ISSUER:
        if (!cql_value_u32(v[0], &number) || v[1].bytes.n != 32)
            return false;
        *ret = (struct store_entry){put_u32(a, number, v[1].bytes), SLICE_EMPTY};
        return true;
    case STORE_INDEX_MPT_HOLDER:
        *ret = (struct store_entry){v[0].bytes, SLICE_EMPTY};
        return v[0].bytes.n == 20;
    default: return tx_row(v, a, ret);
    }
}

static uint32_t n_columns(enum store_index index)
{
    return index == STORE_INDEX_NFT_STATE ? 3 : index == STORE_INDEX_MPT_HOLDER ? 1 : 2;
}

static err take_rows(const struct store_scan *s, struct cql_call *call, struct arena *a,
                     struct store_rows *ret)
{
    struct cql_value v[3];
    while (ret->n < s->limit && cql_rows_next(&call->result, v, n_columns(s->index)))
        if (!take_row(s->index, v, a, &ret->rows[ret->n++]))
            return cass_damaged(forms[s->index].table, call->key,
                                "a row is not of the form it must have");
    return call->result.at.failed
               ? FAIL(ERR_CORRUPT, "database: table %s: damaged rows", forms[s->index].table)
               : OK;
}

/* An index whose tables an older Clio did not make has no rows. */
static bool has_tables(struct cass *c, enum store_index index)
{
    return cass_last(c) &&
           (c->has_mpt || (index != STORE_INDEX_MPT_TX && index != STORE_INDEX_ACCOUNT_MPT_TX));
}

err cass_scan(struct store *store, const struct store_scan *scans, size_t n, struct arena *a,
              struct store_rows *ret)
{
    struct cass *c = cass_of(store);
    size_t n_calls = 0;
    for (size_t i = 0; i < n; i++)
        TRY(index_check_scan(&scans[i]));
    struct cql_call *calls = n ? cass_calls(a, 2 * n) : NULL;
    for (size_t i = 0; i < n; i++) {
        if (!has_tables(c, scans[i].index))
            continue;
        make_call(c, &calls[n_calls++], &scans[i], a);
        if (forms[scans[i].index].up_more)
            make_more(c, &calls[n_calls++], &scans[i], a);
    }
    if (n_calls)
        TRY(cass_run(c, calls, n_calls));
    n_calls = 0;
    for (size_t i = 0; i < n; i++) {
        ret[i] = (struct store_rows){0};
        if (!has_tables(c, scans[i].index))
            continue;
        size_t parts = forms[scans[i].index].up_more ? 2 : 1, n_rows = 0;
        for (size_t k = 0; k < parts; k++)
            n_rows += calls[n_calls + k].result.n_rows;
        ret[i].rows = arena_array(a, struct store_entry, n_rows + 1);
        for (size_t k = 0; k < parts; k++)
            TRY(take_rows(&scans[i], &calls[n_calls++], a, &ret[i]));
    }
    return OK;
}
