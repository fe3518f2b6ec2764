/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/tx_span.h"

#include "base/mem.h"

static bool is_given(const struct param_i32 *p)
{
    return p->set && p->v != -1;
}

/* Negative numbers become huge, as in the reference. */
static err narrow(struct call *c, const struct tx_span_args *args, bool strict,
                  struct tx_rows *rows)
{
    uint32_t first = rows->low, last = rows->high;
    uint32_t min = (uint32_t)args->min.v, max = (uint32_t)args->max.v;
    if (is_given(&args->min)) {
        if (strict && (min > last || min < first))
            return rpc_error(c, RPC_LGR_IDX_MALFORMED, "ledgerSeqMinOutOfRange");
        rows->low = MAX(rows->low, min);
    }
    if (is_given(&args->max)) {
        if (strict && (max > last || max < first))
            return rpc_error(c, RPC_LGR_IDX_MALFORMED, "ledgerSeqMaxOutOfRange");
        rows->high = MIN(rows->high, max);
    }
    return OK;
}

err tx_span_select(struct call *c, const struct tx_span_args *args, enum tx_span_rule rule,
                   struct tx_rows *rows)
{
    bool by_version = rule == TX_SPAN_BY_VERSION, strict = !by_version || c->api_version >= 2;
    if (!ledgers_range(c->ledgers, &rows->low, &rows->high))
        return rpc_error(c, RPC_NOT_READY, NULL);
    TRY(narrow(c, args, strict, rows));
    if (rows->low > rows->high)
        return rpc_error(c, strict && by_version ? RPC_INVALID_LGR_RANGE : RPC_LGR_IDXS_INVALID,
                         NULL);
    bool named = by_version ? c->ledger.index_given : c->ledger.index_is_seq;
    if (!c->ledger.hash_given && !named)
        return OK;
    if (is_given(&args->min) || is_given(&args->max))
        return strict ? rpc_error(c, RPC_INVALID_PARAMS, "containsLedgerSpecifierAndRange") : OK;
    TRY(call_open_ledger(c));
    rows->low = rows->high = view_seq(c->view);
    return OK;
}

void tx_span_begin_history(const struct tx_span_args *args, struct tx_rows *rows)
{
    struct store_tx_pos marked = {args->marker_ledger.v, args->marker_seq.v};
    tx_rows_start(rows, args->marker ? &marked : NULL);
    rows->inclusive = rows->forward;
}

void tx_span_put_history_marker(struct call *c, const struct tx_rows *rows)
{
    if (rows->more)
        tx_rows_put_marker(c, (struct store_tx_pos){rows->from.ledger_seq,
                                                    rows->from.index + (rows->forward ? 1 : 0)});
}
