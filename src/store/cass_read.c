/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/hex.h"
#include "base/mem.h"
#include "store/cass_impl.h"

#include <stdlib.h>

ERR cass_damaged(const char *table, struct slice key, const char *what)
{
    char hex[65] = "";
    hex_encode(slice_of(key.p, MIN(key.n, (size_t)32)), hex);
    return FAIL(ERR_CORRUPT, "database: table %s, key %s: %s", table, hex, what);
}

struct cql_call *cass_calls(struct arena *a, size_t n)
{
    return memset(arena_array(a, struct cql_call, n + 1), 0, (n + 1) * sizeof(struct cql_call));
}

void cass_call(struct cass *c, struct cql_call *call, enum cass_statement stmt, struct arena *a,
               uint16_t n_values, const struct buf *values, struct slice key)
{
    call->stmt = stmt;
    call->n_values = n_values;
    call->values = arena_dup(a, buf_slice(values));
    call->key = arena_dup(a, key);
    call->arena = a;
    call->params.consistency = c->read_consistency;
}

YIELDS ERR cass_run(struct cass *c, struct cql_call *calls, size_t n)
{
    int64_t deadline = MIN(fiber_deadline(), clock_now_ns() + c->read_timeout_ns);
    atomic_fetch_add_explicit(&c->n_reads, 1, memory_order_relaxed);
    err e = cql_call_run(c->cluster, calls, n, deadline);
    if (e.code ==
        ERR_STATUS) /* refused: not what the caller asked, but what we asked of the database */
        return FAIL(ERR_IO, "%s", err_text());
    return e;
}

YIELDS ERR cass_each_row(struct cass *c, struct cql_call *call, uint32_t n_columns,
                         int32_t page_size, cass_row_fn each, void *arg)
{
    struct cql_value v[8];
    struct buf state = {0};
    err e = OK;
    call->params.page_size = page_size;
    do {
        call->params.paging_state = buf_slice(&state);
        e = cass_run(c, call, 1);
        while (!err_failed(e) && cql_rows_next(&call->result, v, n_columns))
            e = each(arg, v);
        if (!err_failed(e) && call->result.at.failed)
            e = FAIL(ERR_CORRUPT, "database: a row has %u columns, expected %u",
                     call->result.n_columns, n_columns);
        buf_clear(&state);
        buf_put_slice(&state, call->result.paging_state);
    } while (!err_failed(e) && state.n);
    buf_deinit(&state);
    return e;
}

/* One row by a number or a hash. */
static YIELDS err get_one(struct cass *c, enum cass_statement stmt, struct slice key,
                          bool is_number, struct arena *a, struct cql_value *ret)
{
    CLEANUP(buf_deinit) struct buf values = {0};
    struct cql_call *call = cass_calls(a, 1);
    cql_value_put_blob(&values, key); /* a bigint has the same form */
    cass_call(c, call, stmt, a, 1, &values, key);
    TRY(cass_run(c, call, 1));
    return cql_call_first_row(call, ret, 1);
}

static bool is_held(struct cass *c, uint32_t seq)
{
    return seq >= cass_first(c) && seq <= cass_last(c) && seq > 0;
}

/* Also of a ledger that the range does not hold (yet). */
YIELDS ERR cass_read_header(struct cass *c, uint32_t seq, struct ledger_header *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct cql_value v = {0};
    uint8_t key[8];
    if (cass_memo_header(c, seq, ret))
        return OK;
    uint32_t epoch = cass_memo_header_epoch(c, seq);
    bits_store64(key, seq);
    err e = get_one(c, CASS_GET_HEADER, slice_of(key, 8), true, a, &v);
    if (e.code == ERR_NOT_FOUND)
        return cass_damaged("ledgers", slice_of(key, 8), "no header, though the range holds it");
    TRY(e);
    struct ledger_header header;
    if (!digest_header_decode(v.bytes, &header) || header.seq != seq)
        return cass_damaged("ledgers", slice_of(key, 8), "not a header of this ledger");
    struct hash256 hash = digest_ledger(&header);
    if (!c->unverified && !hash256_eq(&hash, &header.hash))
        return cass_damaged("ledgers", slice_of(key, 8), "its hash is not that of its fields");
    cass_memo_put_header(c, epoch, &header);
    *ret = header;
    return OK;
}

err cass_header_get(struct store *s, uint32_t seq, struct ledger_header *ret)
{
    struct cass *c = cass_of(s);
    if (!is_held(c, seq))
        return FAIL(ERR_NOT_FOUND, "store: ledger %u is not held", seq);
    return cass_read_header(c, seq, ret);
}

err cass_seq_by_hash(struct store *s, const struct hash256 *hash, uint32_t *ret)
{
    struct cass *c = cass_of(s);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct cql_value v = {0};
    uint32_t seq;
    if (cass_last(c) == 0)
        return FAIL(ERR_NOT_FOUND, "store: no ledger with this hash");
    err e = get_one(c, CASS_GET_HASH, hash256_slice(hash), false, a, &v);
    if (e.code == ERR_NOT_FOUND)
        return FAIL(ERR_NOT_FOUND, "store: no ledger with this hash");
    TRY(e);
    if (!cql_value_u32(v, &seq))
        return cass_damaged("ledger_hashes", hash256_slice(hash), "no sequence");
    if (!is_held(c, seq))
        return FAIL(ERR_NOT_FOUND, "store: no ledger with this hash");
    *ret = seq;
    return OK;
}

/* Objects. */

void cass_object_call(struct cass *c, struct cql_call *call, uint32_t seq,
                      const struct hash256 *key, enum cass_statement stmt, struct arena *a)
{
    uint8_t values[48];
    struct buf b = {.p = values, .cap = sizeof values};
    cql_value_put_blob(&b, hash256_slice(key));
    cql_value_put_bigint(&b, seq);
    cass_call(c, call, stmt, a, 2, &b, hash256_slice(key));
}

/* *ret_seq: UINT32_MAX = there is no version. */
ERR cass_object_of(struct cass *c, struct cql_call *call, struct slice *ret, uint32_t *ret_seq)
{
    struct cql_value v[2];
    err e = cql_call_first_row(call, v, 2);
    *ret = SLICE_EMPTY;
    *ret_seq = UINT32_MAX;
    if (e.code == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    if (v[0].null || !cql_value_u32(v[1], ret_seq))
        return cass_damaged("objects", call->key, "a column is empty");
    *ret = v[0].bytes;
    if (*ret_seq == cass_first(c))
        *ret_seq = 0;
    return OK;
}

err cass_objects_get(struct store *s, uint32_t seq, const struct hash256 *keys, size_t n,
                     struct arena *a, struct slice *ret, uint32_t *ret_seqs)
{
    struct cass *c = cass_of(s);
    bool empty = cass_last(c) == 0;
    struct cql_call *calls = empty ? NULL : cass_calls(a, n);
    for (size_t i = 0; !empty && i < n; i++)
        cass_object_call(c, &calls[i], seq, &keys[i], CASS_GET_OBJECT, a);
    if (!empty)
        TRY(cass_run(c, calls, n));
    for (size_t i = 0; i < n; i++) {
        uint32_t at = UINT32_MAX;
        ret[i] = SLICE_EMPTY;
        if (!empty)
            TRY(cass_object_of(c, &calls[i], &ret[i], &at));
        if (ret_seqs)
            ret_seqs[i] = at;
    }
    return OK;
}

struct keys {
    struct buf b;
};

static err take_key(void *arg, const struct cql_value *v)
{
    struct keys *k = arg;
    if (v[0].bytes.n != 32)
        return FAIL(ERR_CORRUPT, "database: table diff: a key of %zu bytes", v[0].bytes.n);
    buf_put_slice(&k->b, v[0].bytes);
    return OK;
}

err cass_diff(struct store *s, uint32_t seq, struct arena *a, struct hash256 **ret, size_t *ret_n)
{
    struct cass *c = cass_of(s);
    CLEANUP(buf_deinit) struct buf values = {0};
    struct keys keys = {{0}};
    uint8_t key[8];
    if (!is_held(c, seq))
        return FAIL(ERR_NOT_FOUND, "store: ledger %u is not held", seq);
    bits_store64(key, seq);
    cql_value_put_bigint(&values, seq);
    struct cql_call *call = cass_calls(a, 1);
    cass_call(c, call, CASS_GET_DIFF, a, 1, &values, slice_of(key, 8));
    err e = cass_each_row(c, call, 1, 5000, take_key, &keys);
    if (!err_failed(e)) {
        *ret = (struct hash256 *)(uintptr_t)arena_dup(a, buf_slice(&keys.b)).p;
        *ret_n = keys.b.n / 32;
    }
    buf_deinit(&keys.b);
    return e;
}
