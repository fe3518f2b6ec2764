/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_entry: one object of the ledger, named in one of many ways (rpc-a 21). */
#include "base/hex.h"
#include "base/mem.h"
#include "rpc/methods/ledger_entry_params.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

/* Object types that a key in hex must have; 0 = any. */
static const uint16_t expected_types[SEL_N] = {
    [SEL_DIRECTORY] = ENTRY_DirectoryNode,
    [SEL_OFFER] = ENTRY_Offer,
    [SEL_CHECK] = ENTRY_Check,
    [SEL_ESCROW] = ENTRY_Escrow,
    [SEL_PAYMENT_CHANNEL] = ENTRY_PayChannel,
    [SEL_DEPOSIT_PREAUTH] = ENTRY_DepositPreauth,
    [SEL_TICKET] = ENTRY_Ticket,
    [SEL_NFT_PAGE] = ENTRY_NFTokenPage,
    [SEL_AMM] = ENTRY_AMM,
    [SEL_XCHAIN_CREATE] = ENTRY_XChainOwnedCreateAccountClaimID,
    [SEL_XCHAIN_CLAIM] = ENTRY_XChainOwnedClaimID,
    [SEL_ORACLE] = ENTRY_Oracle,
    [SEL_CREDENTIAL] = ENTRY_Credential,
    [SEL_MPTOKEN] = ENTRY_MPToken,
    [SEL_PERMISSIONED_DOMAIN] = ENTRY_PermissionedDomain,
    [SEL_VAULT] = ENTRY_Vault,
    [SEL_LOAN_BROKER] = ENTRY_LoanBroker,
    [SEL_LOAN] = ENTRY_Loan,
    [SEL_DELEGATE] = ENTRY_Delegate,
    [SEL_AMENDMENTS] = ENTRY_Amendments,
    [SEL_FEE] = ENTRY_FeeSettings,
    [SEL_HASHES] = ENTRY_LedgerHashes,
    [SEL_NFT_OFFER] = ENTRY_NFTokenOffer,
    [SEL_NUNL] = ENTRY_NegativeUNL,
    [SEL_SIGNER_LIST] = ENTRY_SignerList,
};

/* The object asked for. */
struct target {
    struct hash256 key;
    uint16_t type; /* 0 = any */
};

static err directory_key(struct call *c, const struct ledger_entry_form *f, struct hash256 *ret)
{
    if (f->h.set && f->a.set)
        return rpc_error(c, RPC_INVALID_PARAMS, "mayNotSpecifyBothDirRootAndOwner");
    if (!f->h.set && !f->a.set)
        return rpc_error(c, RPC_INVALID_PARAMS, "missingOwnerOrDirRoot");
    struct hash256 root = f->h.set ? f->h.v : keylet_owner_dir(&f->a.v);
    *ret = keylet_dir_page(&root, f->n.v);
    return OK;
}

static bool has_duplicates(const struct keylet_credential *set, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            if (account_eq(&set[i].issuer, &set[k].issuer) && slice_eq(set[i].type, set[k].type))
                return true;
    return false;
}

static err deposit_preauth_key(struct call *c, struct ledger_entry_args *args, struct hash256 *ret)
{
    const struct ledger_entry_form *f = &args->form[SEL_DEPOSIT_PREAUTH];
    if (f->b.set == (args->credentials_given != NULL))
        return rpc_error(c, RPC_MALFORMED_REQUEST,
                         "Must have one of authorized or authorized_credentials.");
    if (f->b.set) {
        *ret = keylet_deposit_preauth(&f->a.v, &f->b.v);
        return OK;
    }
    if (has_duplicates(args->credentials, args->n_credentials))
        return rpc_error(c, RPC_MALFORMED_AUTHORIZED_CREDENTIALS, "duplicates in credentials.");
    *ret = keylet_deposit_preauth_credentials(&f->a.v, args->credentials, args->n_credentials);
    return OK;
}

static err bridge_key(struct call *c, const struct ledger_entry_args *args, struct hash256 *ret)
{
    const struct ledger_entry_bridge *b = &args->bridge;
    const struct account *door = &args->bridge_account.v;
    if (args->bridge_account.set && account_eq(door, &b->locking_door.v))
        *ret = keylet_bridge(door, &b->locking_issue.v.currency);
    else if (args->bridge_account.set && account_eq(door, &b->issuing_door.v))
        *ret = keylet_bridge(door, &b->issuing_issue.v.currency);
    else
        return rpc_error(c, RPC_MALFORMED_REQUEST, NULL);
    return OK;
}

static err credential_key(struct call *c, const struct ledger_entry_form *f, struct hash256 *ret)
{
    uint8_t *type = arena_try(c->arena, f->text.v.n / 2 + 1);
    if (!type)
        return FAIL(ERR_LIMIT, "rpc: a credential type is too long");
    if (!hex_decode(f->text.v, type, f->text.v.n / 2))
        return rpc_error(c, RPC_MALFORMED_REQUEST, NULL);
    *ret = keylet_credential(&f->a.v, &f->b.v, slice_of(type, f->text.v.n / 2));
    return OK;
}

static struct hash256 mptoken_key(const struct ledger_entry_form *f)
{
    struct hash256 issuance = keylet_mpt_issuance(&f->mpt.v);
    return keylet_mptoken(&issuance, &f->a.v);
}

static struct keylet_bridge_sides sides_of(const struct ledger_entry_bridge *b)
{
    return (struct keylet_bridge_sides){b->locking_door.v, b->locking_issue.v, b->issuing_door.v,
                                        b->issuing_issue.v};
}

/* Key of the object form of a selector. */
static err form_key(struct call *c, struct ledger_entry_args *args,
                    enum ledger_entry_selector which, struct hash256 *ret)
{
    const struct ledger_entry_form *f = &args->form[which];
    struct keylet_bridge_sides sides;
    switch (which) {
    case SEL_DIRECTORY: return directory_key(c, f, ret);
    case SEL_OFFER: *ret = keylet_offer(&f->a.v, f->n.v); break;
    case SEL_ESCROW: *ret = keylet_escrow(&f->a.v, f->n.v); break;
    case SEL_DEPOSIT_PREAUTH: return deposit_preauth_key(c, args, ret);
    case SEL_TICKET: *ret = keylet_ticket(&f->a.v, f->n.v); break;
    case SEL_AMM: *ret = keylet_amm(&args->amm[0].v, &args->amm[1].v); break;
    case SEL_XCHAIN_CLAIM:
        sides = sides_of(&args->xchain_claim);
        *ret = keylet_xchain_claim_id(&sides, f->n.v);
        break;
    case SEL_XCHAIN_CREATE:
        sides = sides_of(&args->xchain_create);
        *ret = keylet_xchain_create_account_claim_id(&sides, f->n.v);
        break;
    case SEL_ORACLE: *ret = keylet_oracle(&f->a.v, f->n.v); break;
    case SEL_CREDENTIAL: return credential_key(c, f, ret);
    case SEL_MPTOKEN: *ret = mptoken_key(f); break;
    case SEL_PERMISSIONED_DOMAIN: *ret = keylet_permissioned_domain(&f->a.v, f->n.v); break;
    case SEL_VAULT: *ret = keylet_vault(&f->a.v, f->n.v); break;
    case SEL_LOAN_BROKER: *ret = keylet_loan_broker(&f->a.v, f->n.v); break;
    case SEL_LOAN: *ret = keylet_loan(&f->h.v, f->n.v); break;
    case SEL_DELEGATE: *ret = keylet_delegate(&f->a.v, &f->b.v); break;
    default: return FAIL(ERR_INTERNAL, "rpc: selector %d has no object form", (int)which);
    }
    return OK;
}

/* A selector given as an object; *ret_found = false when there is none. */
static err target_of_form(struct call *c, struct ledger_entry_args *args, struct target *ret,
                          bool *ret_found)
{
    static const enum ledger_entry_selector before_amm[] = {SEL_ESCROW, SEL_DEPOSIT_PREAUTH,
                                                            SEL_TICKET, SEL_AMM};
    static const enum ledger_entry_selector after_bridge[] = {
        SEL_XCHAIN_CLAIM,        SEL_XCHAIN_CREATE, SEL_ORACLE,      SEL_CREDENTIAL, SEL_MPTOKEN,
        SEL_PERMISSIONED_DOMAIN, SEL_VAULT,         SEL_LOAN_BROKER, SEL_LOAN,       SEL_DELEGATE};
    *ret_found = true;
    if (args->sel[SEL_DIRECTORY].set)
        return form_key(c, args, SEL_DIRECTORY, &ret->key);
    if (args->sel[SEL_OFFER].set)
        return form_key(c, args, SEL_OFFER, &ret->key);
    if (args->ripple_state) {
        ret->key = keylet_line(&args->line[0], &args->line[1], &args->line_currency.v);
        return OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(before_amm); i++)
        if (args->sel[before_amm[i]].set)
            return form_key(c, args, before_amm[i], &ret->key);
    if (args->bridge_given)
        return bridge_key(c, args, &ret->key);
    for (size_t i = 0; i < ARRAY_LEN(after_bridge); i++)
        if (args->sel[after_bridge[i]].set)
            return form_key(c, args, after_bridge[i], &ret->key);
    *ret_found = false;
    return OK;
}

static bool target_of_text(const struct ledger_entry_args *args, struct target *ret)
{
    for (int i = 0; i < SEL_N; i++) {
        if (!args->sel[i].is_key)
            continue;
        *ret = (struct target){args->sel[i].key, expected_types[i]};
        return true;
    }
    return false;
}

static err find_target(struct call *c, struct ledger_entry_args *args, struct target *ret)
{
    bool found = true;
    *ret = (struct target){0};
    if (target_of_text(args, ret))
        return hash256_is_zero(&ret->key) ? rpc_error(c, RPC_ENTRY_NOT_FOUND, NULL) : OK;
    if (args->account_root.set)
        ret->key = keylet_account(&args->account_root.v);
    else if (args->did.set)
        ret->key = keylet_did(&args->did.v);
    else if (args->mpt_issuance.set)
        ret->key = keylet_mpt_issuance(&args->mpt_issuance.v);
    else
        TRY(target_of_form(c, args, ret, &found));
    if (found)
        return OK;
    if (c->api_version < 2)
        return rpc_error(c, RPC_UNKNOWN_OPTION, NULL);
    return rpc_error(c, RPC_INVALID_PARAMS, "No ledger_entry params provided.");
}

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

static err put_entry(struct call *c, const struct target *target, struct slice object, bool binary)
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
    struct target target;
    struct slice object;
    uint32_t deleted = 0;
    TRY(find_target(c, args, &target));
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
