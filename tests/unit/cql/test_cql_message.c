/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_message.h"

#include "base/mem.h"
#include "cql/cql_frame.h"
#include "unit/cql/vectors.h"
#include "unit/test.h"

static void make(struct buf *out, const char *kind, uint8_t version)
{
    CLEANUP(buf_deinit) struct buf values = {0};
    uint8_t id1[16], id2[16], id3[16];
    memset(id1, 1, 16);
    memset(id2, 2, 16);
    memset(id3, 3, 16);
    if (strcmp(kind, "query") == 0) {
        struct cql_message_params p = {.consistency = CQL_CONSISTENCY_QUORUM};
        cql_message_put_query(out, version, "SELECT a FROM b.c", 0, SLICE_EMPTY, &p);
    } else if (strcmp(kind, "execute") == 0) {
        struct cql_message_params p = {.consistency = CQL_CONSISTENCY_LOCAL_QUORUM,
                                       .serial = CQL_CONSISTENCY_SERIAL,
                                       .page_size = 500,
                                       .paging_state = SLICE_LIT("state")};
        cql_value_put_blob(&values, SLICE_LIT("key"));
        cql_value_put_null(&values);
        cql_value_put_blob(&values, SLICE_EMPTY);
        cql_value_put_bigint(&values, 7);
        cql_message_put_execute(out, version, slice_of(id1, 16), slice_of(id2, 16), 4,
                                buf_slice(&values), &p);
    } else {
        struct cql_message_params p = {.consistency = CQL_CONSISTENCY_QUORUM};
        size_t at = cql_message_batch_begin(out, version, 2);
        cql_value_put_blob(&values, SLICE_LIT("a"));
        cql_value_put_blob(&values, SLICE_LIT("b"));
        cql_message_batch_put(out, slice_of(id1, 16), 2, buf_slice(&values));
        buf_clear(&values);
        cql_value_put_blob(&values, SLICE_LIT("c"));
        cql_message_batch_put(out, slice_of(id3, 16), 1, buf_slice(&values));
        cql_message_batch_end(out, at, version, &p);
    }
    cql_frame_set_stream(out->p, 7);
}

TEST(requests_are_those_of_another_driver)
{
    struct vectors v = vectors_open();
    char kind[16];
    int n = 0;
    while (vectors_next(&v, kind)) {
        if (strcmp(kind, "token") == 0 || strcmp(kind, "segments") == 0)
            continue;
        CLEANUP(buf_deinit) struct buf frame = {0};
        uint8_t version = (uint8_t)vectors_number(&v);
        make(&frame, kind, version);
        if (!slice_eq(vectors_bytes(&v), buf_slice(&frame)))
            test_fail(__FILE__, __LINE__, "%s of version %u differs", kind, version);
        n++;
    }
    ASSERT_INT(6, n);
    vectors_close(&v);
}

static void put_text(struct buf *b, const char *s)
{
    buf_put_be16(b, (uint16_t)strlen(s));
    buf_put_str(b, s);
}

TEST(supported_options_are_understood)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    struct cql_message_supported got;
    buf_put_be16(&b, 3);
    put_text(&b, "COMPRESSION");
    buf_put_be16(&b, 2);
    put_text(&b, "snappy");
    put_text(&b, "lz4");
    put_text(&b, "PROTOCOL_VERSIONS");
    buf_put_be16(&b, 2);
    put_text(&b, "4/v4");
    put_text(&b, "5/v5");
    put_text(&b, "SCYLLA_NR_SHARDS");
    buf_put_be16(&b, 1);
    put_text(&b, "12");
    ASSERT(cql_message_get_supported(buf_slice(&b), &got));
    ASSERT(got.has_lz4 && got.has_v5 && got.n_shards == 12);
    for (size_t n = 0; n < b.n; n++) /* every shorter one is damaged */
        ASSERT(!cql_message_get_supported(slice_of(b.p, n), &got));
}

/* Two columns (list<int>, tuple<bigint, bigint>), two rows, one of them with a NULL. */
static void put_rows(struct buf *b, uint32_t flags, uint32_t n_rows)
{
    buf_put_be32(b, CQL_RESULT_ROWS);
    buf_put_be32(b, flags);
    buf_put_be32(b, 2);
    if (flags & 2)
        cql_value_put_blob(b, SLICE_LIT("more"));
    if (!(flags & 4)) {
        put_text(b, "ks");
        put_text(b, "t");
        put_text(b, "a");
        buf_put_be16(b, 0x0020);
        buf_put_be16(b, 0x0009);
        put_text(b, "b");
        buf_put_be16(b, 0x0031);
        buf_put_be16(b, 2);
        buf_put_be16(b, 0x0002);
        buf_put_be16(b, 0x0002);
    }
    buf_put_be32(b, n_rows);
    cql_value_put_blob(b, SLICE_EMPTY);
    cql_value_put_pair(b, 5, 6);
    cql_value_put_null(b);
    cql_value_put_pair(b, 7, 8);
}

TEST(rows_come_with_and_without_their_columns)
{
    for (uint32_t flags = 0; flags < 8; flags++) {
        CLEANUP(buf_deinit) struct buf b = {0};
        struct cql_rows rows;
        struct cql_value v[2];
        enum cql_result_kind kind;
        uint32_t x, y;
        if (!(flags & 4) && !(flags & 1))
            continue; /* columns with a table each: the server never does it for one table */
        put_rows(&b, flags, 2);
        ASSERT(cql_message_get_result(buf_slice(&b), &kind, &rows));
        ASSERT_INT(2, rows.n_rows);
        ASSERT_INT(flags & 2 ? 4 : 0, rows.paging_state.n);
        ASSERT(cql_rows_next(&rows, v, 2));
        ASSERT(!v[0].null && v[0].bytes.n == 0);
        ASSERT(cql_value_pair(v[1], &x, &y) && x == 5 && y == 6);
        ASSERT(cql_rows_next(&rows, v, 2));
        ASSERT(v[0].null && !cql_value_pair(v[0], &x, &y));
        ASSERT(!cql_rows_next(&rows, v, 2) && !rows.at.failed);
        ASSERT(cql_message_get_result(buf_slice(&b), &kind, &rows));
        ASSERT(!cql_rows_next(&rows, v, 1) && rows.at.failed); /* other columns than expected */
    }
}

TEST(more_rows_than_there_are_bytes_is_damage)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    struct cql_rows rows;
    enum cql_result_kind kind;
    put_rows(&b, 4, 0x7FFFFFFF);
    ASSERT(!cql_message_get_result(buf_slice(&b), &kind, &rows));
    for (size_t n = 0; n < 16; n++)
        ASSERT(!cql_message_get_result(slice_of(b.p, n), &kind, &rows) || n >= 4);
}

TEST(errors_have_a_code_and_a_text)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    struct cql_message_error e;
    buf_put_be32(&b, CQL_ERROR_UNPREPARED);
    put_text(&b, "what?");
    ASSERT(cql_message_get_error(buf_slice(&b), &e));
    ASSERT_INT(CQL_ERROR_UNPREPARED, e.code);
    ASSERT_SLICE("what?", e.text);
    ASSERT(!cql_message_get_error(slice_of(b.p, 7), &e));
    ASSERT_STR("unprepared", cql_message_error_name(e.code));
}
