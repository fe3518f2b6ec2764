/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests and responses. */
#pragma once
#include "base/arena.h"
#include "base/cursor.h"
#include "base/err.h"
#include "cql/cql_value.h"

enum cql_consistency {
    CQL_CONSISTENCY_ANY = 0,
    CQL_CONSISTENCY_ONE = 1,
    CQL_CONSISTENCY_TWO = 2,
    CQL_CONSISTENCY_THREE = 3,
    CQL_CONSISTENCY_QUORUM = 4,
    CQL_CONSISTENCY_ALL = 5,
    CQL_CONSISTENCY_LOCAL_QUORUM = 6,
    CQL_CONSISTENCY_EACH_QUORUM = 7,
    CQL_CONSISTENCY_SERIAL = 8,
    CQL_CONSISTENCY_LOCAL_SERIAL = 9,
    CQL_CONSISTENCY_LOCAL_ONE = 10,
};

/* What goes with a statement's values. */
struct cql_message_params {
    enum cql_consistency consistency;
    enum cql_consistency serial; /* 0 = the server's default */
    int32_t page_size;           /* 0 = everything in one page */
    struct slice paging_state;   /* of the page before; empty = the first */
    int64_t timestamp_us;        /* of writes; 0 = the server's clock */
    bool no_metadata;            /* rows come without their columns' names and types */
};

/* Each appends a frame; `version` is 4 or 5. `values` are n values one after the other
 * (cql_value_put_*). */
void cql_message_put_options(struct buf *out, uint8_t version);
void cql_message_put_startup(struct buf *out, uint8_t version, bool lz4);
/* SASL PLAIN. */
void cql_message_put_auth(struct buf *out, uint8_t version, const char *user, const char *password);
void cql_message_put_register(struct buf *out, uint8_t version);
void cql_message_put_query(struct buf *out, uint8_t version, const char *text, uint16_t n_values,
                           struct slice values, const struct cql_message_params *p);
void cql_message_put_prepare(struct buf *out, uint8_t version, const char *text);
/* `result_id` is only sent in version 5. */
void cql_message_put_execute(struct buf *out, uint8_t version, struct slice id,
                             struct slice result_id, uint16_t n_values, struct slice values,
                             const struct cql_message_params *p);
/* An unlogged batch: begin, one put for each row, end. */
size_t cql_message_batch_begin(struct buf *out, uint8_t version, uint16_t n_rows);
void cql_message_batch_put(struct buf *out, struct slice id, uint16_t n_values,
                           struct slice values);
void cql_message_batch_end(struct buf *out, size_t at, uint8_t version,
                           const struct cql_message_params *p);

enum cql_error_code {
    CQL_ERROR_SERVER = 0x0000,
    CQL_ERROR_PROTOCOL = 0x000A,
    CQL_ERROR_CREDENTIALS = 0x0100,
    CQL_ERROR_UNAVAILABLE = 0x1000,
    CQL_ERROR_OVERLOADED = 0x1001,
    CQL_ERROR_BOOTSTRAPPING = 0x1002,
    CQL_ERROR_TRUNCATE = 0x1003,
    CQL_ERROR_WRITE_TIMEOUT = 0x1100,
    CQL_ERROR_READ_TIMEOUT = 0x1200,
    CQL_ERROR_READ_FAILURE = 0x1300,
    CQL_ERROR_FUNCTION_FAILURE = 0x1400,
    CQL_ERROR_WRITE_FAILURE = 0x1500,
    CQL_ERROR_CDC_WRITE_FAILURE = 0x1600,
    CQL_ERROR_CAS_UNCERTAIN = 0x1700,
    CQL_ERROR_SYNTAX = 0x2000,
    CQL_ERROR_UNAUTHORIZED = 0x2100,
    CQL_ERROR_INVALID = 0x2200,
    CQL_ERROR_CONFIG = 0x2300,
    CQL_ERROR_EXISTS = 0x2400,
    CQL_ERROR_UNPREPARED = 0x2500,
};

struct cql_message_error {
    uint32_t code;
    struct slice text; /* the server's; not to be trusted with control characters */
};
bool cql_message_get_error(struct slice body, struct cql_message_error *ret);
/* Name of a code, for texts ("read timeout"). */
const char *cql_message_error_name(uint32_t code);

/* What a node offers. */
struct cql_message_supported {
    bool has_lz4;
    bool has_v5;
    uint32_t n_shards; /* Scylla; else 0 */
    uint32_t shard;    /* that this connection belongs to */
    uint32_t ignore_msb;
    uint16_t shard_port, shard_port_tls; /* where our own port tells the shard; 0 = there is none */
};
#define CQL_MESSAGE_MAX_SHARDS 4096
bool cql_message_get_supported(struct slice body, struct cql_message_supported *ret);

enum cql_result_kind {
    CQL_RESULT_VOID = 1,
    CQL_RESULT_ROWS = 2,
    CQL_RESULT_KEYSPACE = 3,
    CQL_RESULT_PREPARED = 4,
    CQL_RESULT_SCHEMA = 5,
};

/* Rows of a response; walk them with cql_rows_next. */
struct cql_rows {
    uint32_t n_columns;
    uint32_t n_rows;
    uint32_t n_taken;           /* given out so far */
    struct slice paging_state;  /* empty: there are no more pages */
    struct slice new_result_id; /* version 5: the columns changed; else empty */
    struct cursor at;
};
/* Any RESULT. *ret_kind always; `rows` for ROWS. False: damaged. */
bool cql_message_get_result(struct slice body, enum cql_result_kind *ret_kind,
                            struct cql_rows *ret_rows);
/* Values of the next row into v[0..n_columns). False: no more rows, or damaged (then
 * rows->at.failed). */
bool cql_rows_next(struct cql_rows *rows, struct cql_value *v, uint32_t n_columns);

struct cql_message_prepared {
    struct slice id;
    struct slice result_id; /* version 5 */
    uint32_t n_values;
};
bool cql_message_get_prepared(struct slice body, uint8_t version, struct cql_message_prepared *ret);
