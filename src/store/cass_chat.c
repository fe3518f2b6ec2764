/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/cass_impl.h"

/* Rows of the table live two seconds: who is in it is alive. */
YIELDS ERR cass_chat_count_others(struct cass *c, uint32_t *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf none = {0};
    struct cql_call *call = cass_calls(a, 1);
    struct cql_value v[2];
    *ret = 0;
    cass_call(c, call, CASS_CHAT_GET, a, 0, &none, SLICE_EMPTY);
    TRY(cass_run(c, call, 1));
    while (cql_rows_next(&call->result, v, 2))
        if (v[0].bytes.n != 16 || memcmp(v[0].bytes.p, c->node_id, 16) != 0)
            ++*ret;
    return OK;
}
