/* SPDX-License-Identifier: Apache-2.0 */
/* account_info: an account's root object, its flags in words, and its signer list (rpc-a 4). */
#include "base/mem.h"
#include "rpc/method.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"

struct args {
    struct param_account account;
    struct param_account ident;
    bool signer_lists;
};

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .doc = "Address or public key of the account"),
    PARAM_ACCOUNT("ident", struct args, ident, .doc = "Older name of `account`"),
    PARAM_LEDGER,
    PARAM_LOOSE_BOOL("signer_lists", struct args, signer_lists, .until = 1,
                     .doc = "Return the account's signer list, too"),
    PARAM_BOOL("signer_lists", struct args, signer_lists, .since = 2,
               .doc = "Return the account's signer list, too"),
    PARAM_END,
};

/* All of them, always: amendments that brought some are retired, and of chains that were born later
 * no Amendments object names them. */
static const struct flag {
    const char *name;
    uint32_t bit;
} flags[] = {
    {"defaultRipple", 0x00800000},
    {"depositAuth", 0x01000000},
    {"disableMasterKey", 0x00100000},
    {"disallowIncomingXRP", 0x00080000},
    {"globalFreeze", 0x00400000},
    {"noFreeze", 0x00200000},
    {"passwordSpent", 0x00010000},
    {"requireAuthorization", 0x00040000},
    {"requireDestinationTag", 0x00020000},
    {"disallowIncomingNFTokenOffer", 0x04000000},
    {"disallowIncomingCheck", 0x08000000},
    {"disallowIncomingPayChan", 0x10000000},
    {"disallowIncomingTrustline", 0x20000000},
    {"allowTrustLineClawback", 0x80000000},
    {"allowTrustLineLocking", 0x40000000},
};

static void put_flags(struct call *c, uint32_t set)
{
    jw_key(c->w, "account_flags");
    jw_obj_begin(c->w);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        jw_key(c->w, flags[i].name);
        jw_bool(c->w, (set & flags[i].bit) != 0);
    }
    jw_obj_end(c->w);
}

static void put_pseudo_account(struct call *c, struct slice root)
{
    static const struct {
        field_id field;
        const char *type;
    } kinds[] = {
        {FIELD_AMMID, "AMM"}, {FIELD_VaultID, "Vault"}, {FIELD_LoanBrokerID, "LoanBroker"}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!sto_has(root, kinds[i].field))
            continue;
        jw_key(c->w, "pseudo_account");
        jw_obj_begin(c->w);
        jw_key(c->w, "type");
        jw_ascii(c->w, kinds[i].type, strlen(kinds[i].type));
        jw_obj_end(c->w);
        return;
    }
}

static err read_signer_list(struct call *c, const struct hash256 *key, struct slice *ret)
{
    TRY(call_get(c, key, ret));
    if (ret->n && sto_entry_type(*ret) != ENTRY_SignerList)
        return rpc_error(c, RPC_DB_DESERIALIZATION, NULL);
    return OK;
}

static err put_signer_lists(struct call *c, const struct account *account)
{
    struct hash256 key = keylet_signer_list(account);
    struct slice list;
    TRY(read_signer_list(c, &key, &list));
    jw_key(c->w, "signer_lists");
    jw_arr_begin(c->w);
    if (list.n)
        TRY(render_entry(c->w, list, &key));
    jw_arr_end(c->w);
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    if (!args->account.set && !args->ident.set)
        return rpc_error(c, RPC_INVALID_PARAMS, "Missing field 'account'.");
    const struct account *account = args->account.set ? &args->account.v : &args->ident.v;
    struct slice root;
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, account, RPC_ACT_NOT_FOUND, &root));

    struct hash256 key = keylet_account(account);
    jw_key(c->w, "account_data");
    jw_obj_begin(c->w);
    TRY(render_entry_members(c->w, root, &key));
    if (args->signer_lists && c->api_version < 2)
        TRY(put_signer_lists(c, account));
    jw_obj_end(c->w);
    if (args->signer_lists && c->api_version >= 2)
        TRY(put_signer_lists(c, account));
    put_flags(c, sto_u32(root, FIELD_Flags, 0));
    put_pseudo_account(c, root);
    call_put_ledger(c);
    return OK;
}

const struct method account_info_method = {
    .name = "account_info",
    .params = params,
    .args_bytes = sizeof(struct args),
    .deprecated = (const char *const[]){"ident", "ledger", "strict", NULL},
    .run = run,
    .doc = "An account's balance, sequence, settings and, on request, its signer list.",
};
