/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/method.h"

static err run(struct call *c)
{
    uint32_t first, last;
    if (!ledgers_range(c->ledgers, &first, &last))
        return rpc_error(c, RPC_NOT_READY, NULL);
    jw_kv_u64(c->w, "ledger_index_min", first);
    jw_kv_u64(c->w, "ledger_index_max", last);
    jw_kv_bool(c->w, "validated", true);
    return OK;
}

const struct method ledger_range_method = {
    .name = "ledger_range",
    .run = run,
    .doc = "The oldest and the newest ledger held.",
};
