/* SPDX-License-Identifier: Apache-2.0 */
/* What a database node sends. First byte: lowest bit segments, next LZ4, the others how the input
 * is cut. Bodies go through every reader, whatever their opcode. */
#include "fuzz.h"

#include "base/arena.h"
#include "cql/cql_frame.h"
#include "cql/cql_message.h"
#include "cql/cql_topology.h"

#include <assert.h>

#define MAX_BYTES 100000

static void read_body(struct slice body, struct arena *a)
{
    struct cql_message_error e;
    struct cql_message_supported s;
    struct cql_message_prepared p;
    struct cql_topology_replication r;
    enum cql_result_kind kind;
    struct cql_rows rows;
    struct cql_value v[8];
    uint32_t n = 0;
    cql_message_get_error(body, &e);
    cql_message_get_supported(body, &s);
    assert(s.n_shards <= CQL_MESSAGE_MAX_SHARDS && (s.n_shards == 0 || s.shard < s.n_shards));
    cql_message_get_prepared(body, 4, &p);
    cql_message_get_prepared(body, 5, &p);
    cql_topology_get_replication(body, a, &r);
    if (cql_message_get_result(body, &kind, &rows) && kind == CQL_RESULT_ROWS &&
        rows.n_columns <= 8)
        while (cql_rows_next(&rows, v, rows.n_columns))
            n++;
    assert(n <= body.n / 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    struct cql_decoder d;
    struct slice in = slice_of(p + 1, n - 1);
    size_t step = (size_t)(p[0] >> 2) + 1;
    struct arena *a = arena_new(0);
    bool stop = false;
    cql_decoder_init(&d, MAX_BYTES);
    d.lz4 = p[0] & 2;
    if (p[0] & 1)
        cql_decoder_set_segmented(&d);
    read_body(in, a);
    while (in.n && !stop) {
        size_t piece = in.n < step ? in.n : step;
        memcpy(cql_decoder_reserve(&d, piece), in.p, piece);
        cql_decoder_advance(&d, piece);
        in = slice_from(in, piece);
        for (bool have = true; have && !stop;) {
            struct cql_frame f;
            stop = err_failed(cql_decoder_next(&d, &f, &have));
            if (stop || !have)
                break;
            assert(f.body.n <= MAX_BYTES);
            read_body(f.body, a);
        }
        assert(d.plain.cap <= 2 * MAX_BYTES + 1024);
    }
    cql_decoder_deinit(&d);
    arena_free(a);
    return 0;
}
