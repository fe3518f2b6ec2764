/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_entry: one object of the ledger, named in one of many ways (rpc-a 21). */
#include "rpc/methods/ledger_entry_params.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

/* The last state of an object that was deleted at or before the ledger; opens the ledger before the
 * deletion. */
static err read_deleted(struct call *c, const struct hash256 *key, struct slice *ret,
                        uint32_t *ret_deleted)
{
    uint32_t seq;
    err e = view_object_seq(c->view, key, &seq);
    if (!err_failed(e))
        e = call_open_seq(c, seq - 1);
    if (!err_failed(e))
        e = call_get(c, key, ret);
    if (e.code == ERR_NOT_FOUND || c->fault.code == RPC_LGR_NOT_FOUND ||
        (!err_failed(e) && ret->n == 0))
        return rpc_error(c, RPC_ENTRY_NOT_FOUND, NULL);
    *ret_deleted = seq;
    return e;
}

static err put_entry(struct call *c, const struct ledger_entry_target *target, struct slice object,
                     bool binary)
{
    if (binary) {
        jw_kv_hex(c->w, "node_binary", object);
        return OK;
    }
    jw_key(c->w, "node");
    return render_entry(c->w, object, &target->key);
}

static err run(struct call *c)
{
    struct ledger_entry_args *args = c->args;
    struct ledger_entry_target target;
    struct slice object;
    uint32_t deleted = 0;
    TRY(ledger_entry_keys_target(c, args, &target));
    TRY(call_open_ledger(c));
    call_put_ledger(c); /* before read_deleted opens another one */
    TRY(call_get(c, &target.key, &object));
    if (object.n == 0 && !args->include_deleted)
        return rpc_error(c, RPC_ENTRY_NOT_FOUND, NULL);
    if (object.n == 0)
        TRY(read_deleted(c, &target.key, &object, &deleted));
    if (target.type && sto_entry_type(object) != target.type)
        return rpc_error(c, RPC_UNEXPECTED_LEDGER_TYPE, NULL);
    call_put_hash(c, "index", &target.key);
    if (deleted)
        jw_kv_u64(c->w, "deleted_ledger_index", deleted);
    return put_entry(c, &target, object, args->binary);
}

const struct method ledger_entry_method = {
    .name = "ledger_entry",
    .params = ledger_entry_params_table,
    .args_bytes = sizeof(struct ledger_entry_args),
    .deprecated = (const char *const[]){"ledger", NULL},
    .run = run,
    .doc = "One object of the ledger's state, by its key or by what it is.",
};
