/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_message.h"

#include "cql/cql_frame.h"

#include <stdlib.h>

#define VALUES 0x01
#define NO_METADATA 0x02
#define PAGE_SIZE 0x04
#define PAGING_STATE 0x08
#define SERIAL 0x10
#define TIMESTAMP 0x20

static void put_string(struct buf *out, const char *s)
{
    struct slice text = slice_str(s);
    buf_put_be16(out, (uint16_t)text.n);
    buf_put_slice(out, text);
}

static void put_long_string(struct buf *out, const char *s)
{
    cql_value_put_blob(out, slice_str(s));
}

static void put_short_bytes(struct buf *out, struct slice s)
{
    buf_put_be16(out, (uint16_t)s.n);
    buf_put_slice(out, s);
}

void cql_message_put_options(struct buf *out, uint8_t version)
{
    cql_frame_end(out, cql_frame_begin(out, version, CQL_OP_OPTIONS));
}

void cql_message_put_startup(struct buf *out, uint8_t version, bool lz4)
{
    size_t at = cql_frame_begin(out, version, CQL_OP_STARTUP);
    buf_put_be16(out, lz4 ? 3 : 2);
    put_string(out, "CQL_VERSION");
    put_string(out, "3.0.0");
    put_string(out, "DRIVER_NAME");
    put_string(out, "kleio");
    if (lz4) {
        put_string(out, "COMPRESSION");
        put_string(out, "lz4");
    }
    cql_frame_end(out, at);
}

void cql_message_put_auth(struct buf *out, uint8_t version, const char *user, const char *password)
{
    size_t at = cql_frame_begin(out, version, CQL_OP_AUTH_RESPONSE);
    buf_put_be32(out, (uint32_t)(strlen(user) + strlen(password) + 2));
    buf_put_u8(out, 0);
    buf_put_str(out, user);
    buf_put_u8(out, 0);
    buf_put_str(out, password);
    cql_frame_end(out, at);
}

void cql_message_put_register(struct buf *out, uint8_t version)
{
    size_t at = cql_frame_begin(out, version, CQL_OP_REGISTER);
    buf_put_be16(out, 3);
    put_string(out, "TOPOLOGY_CHANGE");
    put_string(out, "STATUS_CHANGE");
    put_string(out, "SCHEMA_CHANGE");
    cql_frame_end(out, at);
}

/* Version 5 has four bytes of flags. */
static void put_flags(struct buf *out, uint8_t version, uint32_t flags)
{
    if (version >= 5)
        buf_put_be32(out, flags);
    else
        buf_put_u8(out, (uint8_t)flags);
}

static uint32_t flags_of(const struct cql_message_params *p)
{
    return (p->page_size ? PAGE_SIZE : 0) | (p->paging_state.n ? PAGING_STATE : 0) |
           (p->serial ? SERIAL : 0) | (p->timestamp_us ? TIMESTAMP : 0) |
           (p->no_metadata ? NO_METADATA : 0);
}

static void put_params(struct buf *out, uint8_t version, uint16_t n_values, struct slice values,
                       const struct cql_message_params *p)
{
    buf_put_be16(out, (uint16_t)p->consistency);
    put_flags(out, version, flags_of(p) | (n_values ? VALUES : 0));
    if (n_values) {
        buf_put_be16(out, n_values);
        buf_put_slice(out, values);
    }
    if (p->page_size)
        buf_put_be32(out, (uint32_t)p->page_size);
    if (p->paging_state.n)
        cql_value_put_blob(out, p->paging_state);
    if (p->serial)
        buf_put_be16(out, (uint16_t)p->serial);
    if (p->timestamp_us)
        buf_put_be64(out, (uint64_t)p->timestamp_us);
}

void cql_message_put_query(struct buf *out, uint8_t version, const char *text, uint16_t n_values,
                           struct slice values, const struct cql_message_params *p)
{
    size_t at = cql_frame_begin(out, version, CQL_OP_QUERY);
    put_long_string(out, text);
    put_params(out, version, n_values, values, p);
    cql_frame_end(out, at);
}

void cql_message_put_prepare(struct buf *out, uint8_t version, const char *text)
{
    size_t at = cql_frame_begin(out, version, CQL_OP_PREPARE);
    put_long_string(out, text);
    if (version >= 5)
        buf_put_be32(out, 0);
    cql_frame_end(out, at);
}

void cql_message_put_execute(struct buf *out, uint8_t version, struct slice id,
                             struct slice result_id, uint16_t n_values, struct slice values,
                             const struct cql_message_params *p)
{
    size_t at = cql_frame_begin(out, version, CQL_OP_EXECUTE);
    put_short_bytes(out, id);
    if (version >= 5)
        put_short_bytes(out, result_id);
    put_params(out, version, n_values, values, p);
    cql_frame_end(out, at);
}

size_t cql_message_batch_begin(struct buf *out, uint8_t version, uint16_t n_rows)
{
    size_t at = cql_frame_begin(out, version, CQL_OP_BATCH);
    buf_put_u8(out, 1); /* unlogged */
    buf_put_be16(out, n_rows);
    return at;
}

void cql_message_batch_put(struct buf *out, struct slice id, uint16_t n_values, struct slice values)
{
    buf_put_u8(out, 1); /* prepared */
    put_short_bytes(out, id);
    buf_put_be16(out, n_values);
    buf_put_slice(out, values);
}

void cql_message_batch_end(struct buf *out, size_t at, uint8_t version,
                           const struct cql_message_params *p)
{
    buf_put_be16(out, (uint16_t)p->consistency);
    put_flags(out, version, (p->serial ? SERIAL : 0) | (p->timestamp_us ? TIMESTAMP : 0));
    if (p->serial)
        buf_put_be16(out, (uint16_t)p->serial);
    if (p->timestamp_us)
        buf_put_be64(out, (uint64_t)p->timestamp_us);
    cql_frame_end(out, at);
}

static struct slice get_string(struct cursor *c)
{
    return cursor_take(c, cursor_be16(c));
}

bool cql_message_get_error(struct slice body, struct cql_message_error *ret)
{
    struct cursor c = cursor_of(body);
    ret->code = cursor_be32(&c);
    ret->text = get_string(&c);
    return !c.failed;
}

const char *cql_message_error_name(uint32_t code)
{
    switch (code) {
    case CQL_ERROR_SERVER: return "server error";
    case CQL_ERROR_PROTOCOL: return "protocol error";
    case CQL_ERROR_CREDENTIALS: return "bad credentials";
    case CQL_ERROR_UNAVAILABLE: return "too few replicas are up";
    case CQL_ERROR_OVERLOADED: return "overloaded";
    case CQL_ERROR_BOOTSTRAPPING: return "bootstrapping";
    case CQL_ERROR_TRUNCATE: return "truncate error";
    case CQL_ERROR_WRITE_TIMEOUT: return "write timeout";
    case CQL_ERROR_READ_TIMEOUT: return "read timeout";
    case CQL_ERROR_READ_FAILURE: return "read failure";
    case CQL_ERROR_FUNCTION_FAILURE: return "function failure";
    case CQL_ERROR_WRITE_FAILURE: return "write failure";
    case CQL_ERROR_CDC_WRITE_FAILURE: return "write failure (change data capture)";
    case CQL_ERROR_CAS_UNCERTAIN: return "outcome of a lightweight transaction is not known";
    case CQL_ERROR_SYNTAX: return "syntax error";
    case CQL_ERROR_UNAUTHORIZED: return "unauthorized";
    case CQL_ERROR_INVALID: return "invalid request";
    case CQL_ERROR_CONFIG: return "configuration error";
    case CQL_ERROR_EXISTS: return "exists already";
    case CQL_ERROR_UNPREPARED: return "unprepared";
    default: return "unknown error";
    }
}

static uint32_t number_of(struct slice s)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n && i < 10 && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    return v > UINT32_MAX ? 0 : (uint32_t)v;
}

static uint16_t port_of(struct slice s)
{
    uint32_t port = number_of(s);
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* *other: shards are found in a way that we do not know. */
static void take_option(struct cql_message_supported *ret, struct slice key, struct slice value,
                        bool *other)
{
    if (slice_is(key, "COMPRESSION") && slice_is(value, "lz4"))
        ret->has_lz4 = true;
    else if (slice_is(key, "PROTOCOL_VERSIONS") && slice_is(value, "5/v5"))
        ret->has_v5 = true;
    else if (slice_is(key, "SCYLLA_NR_SHARDS"))
        ret->n_shards = number_of(value);
    else if (slice_is(key, "SCYLLA_SHARD"))
        ret->shard = number_of(value);
    else if (slice_is(key, "SCYLLA_SHARDING_IGNORE_MSB"))
        ret->ignore_msb = number_of(value);
    else if (slice_is(key, "SCYLLA_SHARD_AWARE_PORT"))
        ret->shard_port = port_of(value);
    else if (slice_is(key, "SCYLLA_SHARD_AWARE_PORT_SSL"))
        ret->shard_port_tls = port_of(value);
    else if (slice_is(key, "SCYLLA_PARTITIONER"))
        *other |= !slice_is(value, "org.apache.cassandra.dht.Murmur3Partitioner");
    else if (slice_is(key, "SCYLLA_SHARDING_ALGORITHM"))
        *other |= !slice_is(value, "biased-token-round-robin");
}

bool cql_message_get_supported(struct slice body, struct cql_message_supported *ret)
{
    struct cursor c = cursor_of(body);
    bool other = false;
    *ret = (struct cql_message_supported){0};
    for (uint16_t n = cursor_be16(&c); n > 0 && !c.failed; n--) {
        struct slice key = get_string(&c);
        for (uint16_t m = cursor_be16(&c); m > 0 && !c.failed; m--)
            take_option(ret, key, get_string(&c), &other);
    }
    if (other || ret->n_shards > CQL_MESSAGE_MAX_SHARDS || ret->shard >= ret->n_shards ||
        ret->ignore_msb > 63)
        ret->n_shards = ret->shard = 0;
    return !c.failed;
}

#define HAS_GLOBAL_SPEC 0x01
#define HAS_MORE_PAGES 0x02
#define HAS_NO_METADATA 0x04
#define HAS_NEW_METADATA 0x08

/* A type names its parts: as many more types to skip. Not recursive: a peer chooses the depth. */
static void skip_type(struct cursor *c)
{
    for (uint32_t left = 1, n = 0; left > 0 && !c->failed; left--, n++) {
        if (n > 4096)
            cursor_fail(c);
        switch (cursor_be16(c)) {
        case 0x0000: get_string(c); break; /* custom */
        case 0x0020:
        case 0x0022: left += 1; break;              /* list, set */
        case 0x0021: left += 2; break;              /* map */
        case 0x0031: left += cursor_be16(c); break; /* tuple */
        case 0x0030: cursor_fail(c); break;         /* user type: none of our tables has one */
        default: break;
        }
    }
}

static void skip_columns(struct cursor *c, uint32_t n, bool global)
{
    if (global) {
        get_string(c);
        get_string(c);
    }
    for (; n > 0 && !c->failed; n--) {
        if (!global) {
            get_string(c);
            get_string(c);
        }
        get_string(c);
        skip_type(c);
    }
}

static void get_rows(struct cursor *c, struct cql_rows *ret)
{
    uint32_t flags = cursor_be32(c);
    ret->n_columns = cursor_be32(c);
    if (flags & HAS_MORE_PAGES)
        ret->paging_state = cql_value_get(c).bytes;
    if (flags & HAS_NEW_METADATA)
        ret->new_result_id = get_string(c);
    if (!(flags & HAS_NO_METADATA))
        skip_columns(c, ret->n_columns, flags & HAS_GLOBAL_SPEC);
    ret->n_rows = cursor_be32(c);
    /* each value takes four bytes at least */
    if (ret->n_columns == 0 || ret->n_columns > 4096 ||
        (uint64_t)ret->n_rows * ret->n_columns * 4 > cursor_left(c))
        cursor_fail(c);
    ret->at = *c;
}

bool cql_message_get_result(struct slice body, enum cql_result_kind *ret_kind,
                            struct cql_rows *ret_rows)
{
    struct cursor c = cursor_of(body);
    *ret_rows = (struct cql_rows){0};
    *ret_kind = cursor_be32(&c);
    if (*ret_kind == CQL_RESULT_ROWS)
        get_rows(&c, ret_rows);
    return !c.failed;
}

bool cql_rows_next(struct cql_rows *rows, struct cql_value *v, uint32_t n_columns)
{
    if (rows->n_taken >= rows->n_rows || rows->at.failed)
        return false;
    if (rows->n_columns != n_columns) {
        cursor_fail(&rows->at);
        return false;
    }
    for (uint32_t i = 0; i < n_columns; i++)
        v[i] = cql_value_get(&rows->at);
    rows->n_taken++;
    return !rows->at.failed;
}

bool cql_message_get_prepared(struct slice body, uint8_t version, struct cql_message_prepared *ret)
{
    struct cursor c = cursor_of(body);
    *ret = (struct cql_message_prepared){0};
    if (cursor_be32(&c) != CQL_RESULT_PREPARED)
        return false;
    ret->id = get_string(&c);
    if (version >= 5)
        ret->result_id = get_string(&c);
    cursor_be32(&c); /* flags */
    ret->n_values = cursor_be32(&c);
    return !c.failed && ret->id.n > 0;
}
