/* SPDX-License-Identifier: Apache-2.0 */
/* account_info: an account's root object, its flags in words, and its signer list (rpc-a 4). */
#include "base/mem.h"
#include "rpc/method.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"

#include <pthread.h>

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

enum { DISALLOW_INCOMING, CLAWBACK, TOKEN_ESCROW, N_AMENDMENTS, ALWAYS = N_AMENDMENTS };

static const struct flag {
    const char *name;
    uint32_t bit;
    int needs; /* amendment without which the flag is not shown */
} flags[] = {
    {"defaultRipple", 0x00800000, ALWAYS},
    {"depositAuth", 0x01000000, ALWAYS},
    {"disableMasterKey", 0x00100000, ALWAYS},
    {"disallowIncomingXRP", 0x00080000, ALWAYS},
    {"globalFreeze", 0x00400000, ALWAYS},
    {"noFreeze", 0x00200000, ALWAYS},
    {"passwordSpent", 0x00010000, ALWAYS},
    {"requireAuthorization", 0x00040000, ALWAYS},
    {"requireDestinationTag", 0x00020000, ALWAYS},
    {"disallowIncomingNFTokenOffer", 0x04000000, DISALLOW_INCOMING},
    {"disallowIncomingCheck", 0x08000000, DISALLOW_INCOMING},
    {"disallowIncomingPayChan", 0x10000000, DISALLOW_INCOMING},
    {"disallowIncomingTrustline", 0x20000000, DISALLOW_INCOMING},
    {"allowTrustLineClawback", 0x80000000, CLAWBACK},
    {"allowTrustLineLocking", 0x40000000, TOKEN_ESCROW},
};

static struct hash256 amendment_ids[N_AMENDMENTS];
static pthread_once_t amendment_once = PTHREAD_ONCE_INIT;

static void hash_amendments(void)
{
    static const char *const names[N_AMENDMENTS] = {"DisallowIncoming", "Clawback", "TokenEscrow"};
    for (int i = 0; i < N_AMENDMENTS; i++)
        amendment_ids[i] = call_amendment_id(names[i]);
}

static void put_flags(struct call *c, uint32_t set, const bool enabled[N_AMENDMENTS])
{
    jw_key(c->w, "account_flags");
    jw_obj_begin(c->w);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        if (flags[i].needs != ALWAYS && !enabled[flags[i].needs])
            continue;
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
    bool enabled[N_AMENDMENTS];
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, account, RPC_ACT_NOT_FOUND, &root));
    pthread_once(&amendment_once, hash_amendments);
    TRY(call_amendments(c, amendment_ids, N_AMENDMENTS, enabled));

    struct hash256 key = keylet_account(account);
    jw_key(c->w, "account_data");
    jw_obj_begin(c->w);
    TRY(render_entry_members(c->w, root, &key));
    if (args->signer_lists && c->api_version < 2)
        TRY(put_signer_lists(c, account));
    jw_obj_end(c->w);
    if (args->signer_lists && c->api_version >= 2)
        TRY(put_signer_lists(c, account));
    put_flags(c, sto_u32(root, FIELD_Flags, 0), enabled);
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
