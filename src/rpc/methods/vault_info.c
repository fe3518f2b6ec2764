/* SPDX-License-Identifier: Apache-2.0 */
/* vault_info: a vault and the issuance of its shares (rpc-b A.16). */
#include "rpc/method.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

struct args {
    struct param_hash256 vault_id;
    struct param_account owner;
    struct param_u32 seq;
};

static const struct param params[] = {
    PARAM_HASH256("vault_id", struct args, vault_id, .bad = {RPC_MALFORMED_REQUEST, NULL},
                  .doc = "Key of the vault"),
    PARAM_ADDRESS("owner", struct args, owner, .bad = {RPC_MALFORMED_REQUEST, "OwnerNotHexString"},
                  .doc = "Its owner, with `seq` instead of `vault_id`"),
    PARAM_U32("seq", struct args, seq, .bad = {RPC_MALFORMED_REQUEST, NULL},
              .doc = "Sequence of the transaction that made it"),
    PARAM_LEDGER,
    PARAM_END,
};

static err find_key(struct call *c, const struct args *args, struct hash256 *ret)
{
    struct slice root;
    if (args->vault_id.set) {
        *ret = args->vault_id.v;
        return OK;
    }
    TRY(call_account_root(c, &args->owner.v, RPC_ENTRY_NOT_FOUND, &root));
    *ret = keylet_vault(&args->owner.v, args->seq.v);
    return OK;
}

static err read_vault(struct call *c, const struct hash256 *key, struct slice *ret)
{
    TRY(call_get(c, key, ret));
    if (ret->n == 0 || sto_entry_type(*ret) != ENTRY_Vault)
        return rpc_error(c, RPC_ENTRY_NOT_FOUND, "vault object not found.");
    return OK;
}

static err read_shares(struct call *c, struct slice vault, struct hash256 *ret_key,
                       struct slice *ret)
{
    struct slice id;
    *ret = SLICE_EMPTY;
    if (sto_get(vault, FIELD_ShareMPTID, &id) && id.n == sizeof(struct mpt_id)) {
        struct mpt_id mpt;
        memcpy(&mpt, id.p, sizeof mpt);
        *ret_key = keylet_mpt_issuance(&mpt);
        TRY(call_get(c, ret_key, ret));
    }
    if (ret->n == 0)
        return rpc_error(c, RPC_ENTRY_NOT_FOUND, "issuance object not found.");
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct hash256 key, shares_key;
    struct slice vault, shares;
    bool by_owner = args->owner.set && args->seq.set;
    bool any_of_owner = args->owner.set || args->seq.set;
    if (args->vault_id.set ? any_of_owner : !by_owner)
        return rpc_error(c, RPC_MALFORMED_REQUEST, NULL);
    TRY(call_open_ledger(c));
    TRY(find_key(c, args, &key));
    TRY(read_vault(c, &key, &vault));
    TRY(read_shares(c, vault, &shares_key, &shares));
    call_put_ledger(c);
    jw_key(c->w, "vault");
    jw_obj_begin(c->w);
    TRY(render_entry_members(c->w, vault, &key));
    jw_key(c->w, "shares");
    TRY(render_entry(c->w, shares, &shares_key));
    jw_obj_end(c->w);
    return OK;
}

const struct method vault_info_method = {
    .name = "vault_info",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "A vault and the issuance of its shares.",
};
