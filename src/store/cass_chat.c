/* SPDX-License-Identifier: Apache-2.0 */
/* nodes_chat: each server's message; rows live two seconds, so who is in it is alive. */
#include "base/mem.h"
#include "store/cass_impl.h"

const uint8_t *cass_node_id(const struct cass *c)
{
    return c->node_id;
}

YIELDS ERR cass_chat_get(struct cass *c, struct arena *a, struct cass_chat_row **ret, size_t *ret_n)
{
    CLEANUP(buf_deinit) struct buf none = {0};
    struct cql_call *call = cass_calls(a, 1);
    struct cql_value v[2];
    size_t n = 0;
    cass_call(c, call, CASS_CHAT_GET, a, 0, &none, SLICE_EMPTY);
    TRY(cass_run(c, call, 1));
    struct cass_chat_row *rows = arena_array(a, struct cass_chat_row, call->result.n_rows + 1);
    while (cql_rows_next(&call->result, v, 2)) {
        if (v[0].bytes.n != 16)
            return cass_damaged("nodes_chat", v[0].bytes, "not an id");
        memcpy(rows[n].id, v[0].bytes.p, 16);
        rows[n++].message = v[1].bytes;
    }
    *ret = rows;
    *ret_n = n;
    return OK;
}

YIELDS ERR cass_chat_put(struct cass *c, struct slice message)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf values = {0};
    struct cql_call *call = cass_calls(a, 1);
    cql_value_put_blob(&values, message);
    cql_value_put_blob(&values, slice_of(c->node_id, 16));
    cass_call(c, call, CASS_CHAT_PUT, a, 2, &values, slice_of(c->node_id, 16));
    call->is_write = true;
    call->params.consistency = c->write_consistency;
    return cass_run(c, call, 1);
}

YIELDS ERR cass_chat_count_others(struct cass *c, uint32_t *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct cass_chat_row *rows;
    size_t n;
    *ret = 0;
    TRY(cass_chat_get(c, a, &rows, &n));
    for (size_t i = 0; i < n; i++)
        *ret += memcmp(rows[i].id, c->node_id, 16) != 0;
    return OK;
}
