/* SPDX-License-Identifier: Apache-2.0 */
/* Small named values, in a table of our own, and what is said there of indexes: which ledgers' rows
 * they lack. */
#include "base/mem.h"
#include "store/cass_impl.h"
#include "store/index.h"

#include <stdio.h>
#include <stdlib.h>

static YIELDS err get(struct cass *c, const char *name, struct arena *a, struct slice *ret)
{
    CLEANUP(buf_deinit) struct buf values = {0};
    struct cql_call *call = cass_calls(a, 1);
    struct cql_value v;
    if (!c->has_meta)
        return FAIL(ERR_NOT_FOUND, "store: meta \"%s\": not set", name);
    cql_value_put_blob(&values, slice_str(name));
    cass_call(c, call, CASS_GET_META, a, 1, &values, slice_str(name));
    TRY(cass_run(c, call, 1));
    err e = cql_call_first_row(call, &v, 1);
    if (e.code == ERR_NOT_FOUND)
        return FAIL(ERR_NOT_FOUND, "store: meta \"%s\": not set", name);
    TRY(e);
    *ret = v.bytes;
    return OK;
}

static YIELDS err put(struct cass *c, enum cass_statement stmt, const char *name,
                      struct slice value)
{
    CLEANUP(buf_deinit) struct buf values = {0};
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct cql_call *call = cass_calls(a, 1);
    cql_value_put_blob(&values, slice_str(name));
    cql_value_put_blob(&values, value);
    cass_call(c, call, stmt, a, 2, &values, slice_str(name));
    call->is_write = true;
    call->patient = true;
    call->params.consistency = c->write_consistency;
    return cql_call_run(c->cluster, call, 1, clock_now_ns() + c->write_timeout_ns);
}

static err check_name(const char *name)
{
    if (name[0] == 0 || name[0] == '.')
        return FAIL(ERR_INVALID, "store: meta name \"%s\"", name);
    return OK;
}

/* Of servers that may only read a keyspace without our table: the same for all of them. */
static YIELDS err derived_id(struct cass *c, struct arena *a, struct slice *ret)
{
    struct ledger_header first = {0};
    if (cass_last(c))
        TRY(cass_header_get(&c->base, cass_first(c), &first));
    struct slice parts[] = {SLICE_LIT("kleio dataset"), slice_str(c->name),
                            hash256_slice(&first.hash)};
    struct hash256 id = hash_sha512half(parts, 3);
    *ret = arena_dup(a, slice_of(id.b, 16));
    return OK;
}

err cass_meta_get(struct store *s, const char *name, struct arena *a, struct slice *ret)
{
    struct cass *c = cass_of(s);
    TRY(check_name(name));
    err e = get(c, name, a, ret);
    if (e.code == ERR_NOT_FOUND && strcmp(name, "dataset_id") == 0 && c->read_only)
        return derived_id(c, a, ret);
    return e;
}

err cass_meta_put(struct store *s, const char *name, struct slice value)
{
    struct cass *c = cass_of(s);
    TRY(check_name(name));
    if (c->read_only)
        return FAIL(ERR_UNSUPPORTED, "store: opened read only");
    return put(c, CASS_PUT_META, name, value);
}

ERR cass_meta_put_new(struct cass *c, const char *name, struct slice value)
{
    return put(c, CASS_PUT_META_NEW, name, value);
}

/* Lacks. The indexes that came after the first of Clio's keyspaces. */

static bool is_young(enum store_index index)
{
    return index == STORE_INDEX_MPT_TX || index == STORE_INDEX_ACCOUNT_MPT_TX;
}

static const char *lack_name(enum store_index index, char out[32])
{
    snprintf(out, 32, ".lacks_%d", (int)index);
    return out;
}

YIELDS ERR cass_lack_set(struct cass *c, enum store_index index, uint32_t last)
{
    char name[32];
    uint8_t value[4];
    bits_store32(value, last);
    return put(c, CASS_PUT_META, lack_name(index, name), slice_of(value, 4));
}

YIELDS ERR cass_lack_none(struct cass *c)
{
    TRY(cass_lack_set(c, STORE_INDEX_MPT_TX, 0));
    return cass_lack_set(c, STORE_INDEX_ACCOUNT_MPT_TX, 0);
}

/* Somebody else wrote what is there, perhaps without these rows: they are written again, which
 * changes nothing where they are. */
YIELDS ERR cass_lack_init(struct cass *c)
{
    char name[32];
    uint8_t value[4];
    bits_store32(value, cass_last(c));
    if (cass_last(c) == 0)
        return OK;
    TRY(cass_meta_put_new(c, lack_name(STORE_INDEX_MPT_TX, name), slice_of(value, 4)));
    return cass_meta_put_new(c, lack_name(STORE_INDEX_ACCOUNT_MPT_TX, name), slice_of(value, 4));
}

err cass_index_lack(struct store *s, enum store_index index, struct store_range *ret, size_t *ret_n)
{
    struct cass *c = cass_of(s);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    char name[32];
    struct slice value;
    if (index_shape(index) == NULL)
        return FAIL(ERR_INVALID, "store: no index %d", (int)index);
    *ret_n = 0;
    if (!is_young(index) || cass_last(c) == 0)
        return OK;
    err e = get(c, lack_name(index, name), a, &value);
    uint32_t last = cass_last(c); /* nobody says: all of them, perhaps */
    if (e.code != ERR_NOT_FOUND) {
        TRY(e);
        if (value.n != 4)
            return FAIL(ERR_CORRUPT, "database: table kleio_meta, %s: %zu bytes", name, value.n);
        last = bits_load32(value.p);
    }
    if (last >= cass_first(c)) {
        *ret = (struct store_range){cass_first(c), last};
        *ret_n = 1;
    }
    return OK;
}
