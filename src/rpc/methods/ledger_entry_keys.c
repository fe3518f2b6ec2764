/* SPDX-License-Identifier: Apache-2.0 */
/* From what a request of ledger_entry says to the key of the object that it means. */
#include "base/mem.h"
#include "rpc/methods/ledger_entry_params.h"
#include "rpc/mpt_issuance.h"
#include "xrpl/sto.h"

#define KEY_OF(name)                                                                               \
    static err name(struct call *c, struct ledger_entry_args *args, struct hash256 *ret)
typedef err (*key_fn)(struct call *c, struct ledger_entry_args *args, struct hash256 *ret);

/* --- objects of which a ledger has one --- */

KEY_OF(amendments_key)
{
    *ret = keylet_amendments();
    return OK;
}

KEY_OF(fee_key)
{
    *ret = keylet_fees();
    return OK;
}

KEY_OF(nunl_key)
{
    *ret = keylet_negative_unl();
    return OK;
}

KEY_OF(hashes_key)
{
    const struct param_selector *s = &args->sel[SEL_hashes];
    *ret = s->is_number ? keylet_hashes(s->number) : keylet_hashes_recent();
    return OK;
}

KEY_OF(index_key)
{
    static const struct {
        const char *name;
        key_fn key;
    } named[] = {{"amendments", amendments_key}, {"fee", fee_key}, {"nunl", nunl_key}};
    for (size_t i = 0; i < ARRAY_LEN(named); i++)
        if (strcmp(named[i].name, args->sel[SEL_index].name) == 0)
            return named[i].key(c, args, ret);
    *ret = keylet_hashes_recent();
    return OK;
}

/* --- objects of accounts --- */

KEY_OF(account_root_key)
{
    *ret = keylet_account(&args->form[SEL_account_root].a.v);
    return OK;
}

/* Checked only when nothing else names an object: Clio does not know the field. */
KEY_OF(account_key)
{
    struct account account;
    if (args->account->type != JSON_STRING)
        return rpc_error(c, RPC_INVALID_PARAMS, "accountNotString");
    if (!param_address(args->account->s, &account))
        return rpc_error(c, RPC_MALFORMED_ADDRESS, NULL);
    *ret = keylet_account(&account);
    return OK;
}

KEY_OF(did_key)
{
    *ret = keylet_did(&args->form[SEL_did].a.v);
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

KEY_OF(deposit_preauth_key)
{
    const struct ledger_entry_form *f = &args->form[SEL_deposit_preauth];
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

KEY_OF(directory_key)
{
    const struct ledger_entry_form *f = &args->form[SEL_directory];
    if (f->h.set && f->a.set)
        return rpc_error(c, RPC_INVALID_PARAMS, "mayNotSpecifyBothDirRootAndOwner");
    if (!f->h.set && !f->a.set)
        return rpc_error(c, RPC_INVALID_PARAMS, "missingOwnerOrDirRoot");
    struct hash256 root = f->h.set ? f->h.v : keylet_owner_dir(&f->a.v);
    *ret = keylet_dir_page(&root, f->n.v);
    return OK;
}

KEY_OF(escrow_key)
{
    *ret = keylet_escrow(&args->form[SEL_escrow].a.v, args->form[SEL_escrow].n.v);
    return OK;
}

KEY_OF(offer_key)
{
    *ret = keylet_offer(&args->form[SEL_offer].a.v, args->form[SEL_offer].n.v);
    return OK;
}

KEY_OF(ticket_key)
{
    *ret = keylet_ticket(&args->form[SEL_ticket].a.v, args->form[SEL_ticket].n.v);
    return OK;
}

KEY_OF(oracle_key)
{
    *ret = keylet_oracle(&args->form[SEL_oracle].a.v, args->form[SEL_oracle].n.v);
    return OK;
}

KEY_OF(credential_key)
{
    const struct ledger_entry_form *f = &args->form[SEL_credential];
    *ret = keylet_credential(&f->a.v, &f->b.v, f->type);
    return OK;
}

KEY_OF(permissioned_domain_key)
{
    const struct ledger_entry_form *f = &args->form[SEL_permissioned_domain];
    *ret = keylet_permissioned_domain(&f->a.v, f->n.v);
    return OK;
}

KEY_OF(delegate_key)
{
    *ret = keylet_delegate(&args->form[SEL_delegate].a.v, &args->form[SEL_delegate].b.v);
    return OK;
}

KEY_OF(sponsorship_key)
{
    *ret = keylet_sponsorship(&args->form[SEL_sponsorship].a.v, &args->form[SEL_sponsorship].b.v);
    return OK;
}

/* --- tokens, lending, bridges --- */

static struct hash256 line_key(const struct ledger_entry_line *line)
{
    return keylet_line(&line->ends[0], &line->ends[1], &line->currency.v);
}

KEY_OF(ripple_state_key)
{
    *ret = line_key(&args->ripple_state);
    return OK;
}

KEY_OF(state_key)
{
    *ret = line_key(&args->state);
    return OK;
}

KEY_OF(amm_key)
{
    *ret = keylet_amm(&args->amm[0].v, &args->amm[1].v);
    return OK;
}

KEY_OF(mpt_issuance_form_key)
{
    *ret = mpt_issuance_key(&args->form[SEL_mpt_issuance].mpt);
    return OK;
}

KEY_OF(mptoken_key)
{
    const struct ledger_entry_form *f = &args->form[SEL_mptoken];
    struct hash256 issuance = mpt_issuance_key(&f->mpt);
    *ret = keylet_mptoken(&issuance, &f->a.v);
    return OK;
}

KEY_OF(vault_key)
{
    *ret = keylet_vault(&args->form[SEL_vault].a.v, args->form[SEL_vault].n.v);
    return OK;
}

KEY_OF(loan_broker_key)
{
    *ret = keylet_loan_broker(&args->form[SEL_loan_broker].a.v, args->form[SEL_loan_broker].n.v);
    return OK;
}

KEY_OF(loan_key)
{
    *ret = keylet_loan(&args->form[SEL_loan].h.v, args->form[SEL_loan].n.v);
    return OK;
}

KEY_OF(bridge_key)
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

static struct keylet_bridge_sides sides_of(const struct ledger_entry_bridge *b)
{
    return (struct keylet_bridge_sides){b->locking_door.v, b->locking_issue.v, b->issuing_door.v,
                                        b->issuing_issue.v};
}

KEY_OF(xchain_owned_claim_id_key)
{
    struct keylet_bridge_sides sides = sides_of(&args->xchain_claim);
    *ret = keylet_xchain_claim_id(&sides, args->form[SEL_xchain_owned_claim_id].n.v);
    return OK;
}

KEY_OF(xchain_owned_create_account_claim_id_key)
{
    struct keylet_bridge_sides sides = sides_of(&args->xchain_create);
    *ret = keylet_xchain_create_account_claim_id(
        &sides, args->form[SEL_xchain_owned_create_account_claim_id].n.v);
    return OK;
}

/* --- which of those given is taken --- */

#define ENTRY_NONE 0
static const struct {
    const char *name;
    uint16_t type;
    uint16_t wins;
    key_fn key;
} selectors[SEL_N] = {
#define X(name, type, wins, rows, key) {#name, ENTRY_##type, wins, key},
#include "rpc/methods/ledger_entry.def"
#undef X
};

static int first_key(const struct ledger_entry_args *args)
{
    int best = -1;
    for (int i = 0; i < SEL_N; i++)
        if (args->sel[i].is_key && (best < 0 || selectors[i].wins < selectors[best].wins))
            best = i;
    return best;
}

static int first_given(const struct call *c)
{
    int best = -1;
    for (int i = 0; i < SEL_N; i++)
        if ((best < 0 || selectors[i].wins < selectors[best].wins) &&
            json_get(c->params, selectors[i].name))
            best = i;
    return best;
}

err ledger_entry_keys_target(struct call *c, struct ledger_entry_args *args,
                             struct ledger_entry_target *ret)
{
    int which = first_key(args);
    if (which >= 0) {
        *ret = (struct ledger_entry_target){args->sel[which].key, selectors[which].type};
        return hash256_is_zero(&ret->key) ? rpc_error(c, RPC_ENTRY_NOT_FOUND, NULL) : OK;
    }
    which = first_given(c);
    *ret = (struct ledger_entry_target){0};
    if (which == SEL_mpt_issuance && args->form[which].mpt.by_key)
        ret->type = selectors[which].type;
    if (which >= 0)
        return selectors[which].key(c, args, &ret->key);
    if (c->api_version < 2)
        return rpc_error(c, RPC_UNKNOWN_OPTION, NULL);
    return rpc_error(c, RPC_INVALID_PARAMS, "No ledger_entry params provided.");
}
