/* SPDX-License-Identifier: Apache-2.0 */
/* transaction_entry: a transaction of one given ledger (rpc-b A.14). */
#include "rpc/method.h"
#include "rpc/tx_json.h"

struct args {
    struct param_hash256 tx_hash;
};

static const struct param params[] = {
    PARAM_HASH256("tx_hash", struct args, tx_hash, .required = true,
                  .missing = {RPC_FIELD_NOT_FOUND_TRANSACTION, NULL},
                  .doc = "Hash of the transaction"),
    PARAM_LEDGER,
    PARAM_END,
};

static err not_found(struct call *c)
{
    c->fault = (struct call_fault){.code = RPC_TXN_NOT_FOUND,
                                   .token = "transactionNotFound",
                                   .message = "Transaction not found."};
    return (err){ERR_INVALID};
}

static err find(struct call *c, const struct hash256 *hash, struct store_tx *ret)
{
    err e = store_tx_find(view_store(c->view), hash, c->arena, ret);
    if (e.code == ERR_NOT_FOUND || (!err_failed(e) && ret->pos.ledger_seq != view_seq(c->view)))
        return not_found(c);
    return e;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct store_tx tx;
    TRY(call_open_ledger(c));
    TRY(find(c, &args->tx_hash.v, &tx));
    bool v1 = c->api_version < 2;
    const struct ledger_header *h = view_header(c->view);
    struct txmeta_show show = {
        .api_version = c->api_version, .ledger_seq = h->seq, .close_time = h->close_time};
    struct tx_json_extra extra = {.hash = v1};
    jw_key(c->w, "tx_json");
    TRY(tx_json_put_tx(c->w, &tx, &args->tx_hash.v, &show, &extra));
    jw_key(c->w, v1 ? "metadata" : "meta");
    TRY(txmeta_render_meta(c->w, tx.tx, tx.meta, &show));
    if (!v1) {
        call_put_hash(c, "hash", &args->tx_hash.v);
        tx_json_put_time_iso(c->w, h->close_time);
    }
    call_put_ledger(c);
    return OK;
}

const struct method transaction_entry_method = {
    .name = "transaction_entry",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "A transaction, looked for in one ledger.",
};
