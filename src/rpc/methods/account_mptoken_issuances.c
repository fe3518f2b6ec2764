/* SPDX-License-Identifier: Apache-2.0 */
/* account_mptoken_issuances: the multi-purpose tokens that an account has issued (rpc-a 6). */
#include "ledger/amendments.h"
#include "rpc/method.h"
#include "rpc/owner_walk.h"
#include "rpc/put.h"
#include "xrpl/sto.h"

struct args {
    struct param_account account;
    struct param_u32 limit;
    struct param_marker marker;
    bool is_dynamic, is_dynamic_known; /* the ledger has DynamicMPT */
};

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .bad = {RPC_ACT_MALFORMED, NULL}, .doc = "Address or public key of the issuer"),
    PARAM_LEDGER_HASH,
    PARAM_LIMIT("limit", struct args, limit, 10, 200, 400,
                .doc = "Objects of the account to look at"),
    PARAM_LEDGER_INDEX,
    PARAM_MARKER("marker", struct args, marker, .doc = "Where the page before this one ended"),
    PARAM_END,
};

static const struct put_flag flags[] = {
    {0x01, "mpt_locked"},
    {0x02, "mpt_can_lock"},
    {0x04, "mpt_require_auth"},
    {0x08, "mpt_can_escrow"},
    {0x10, "mpt_can_trade"},
    {0x20, "mpt_can_transfer"},
    {0x40, "mpt_can_clawback"},
    {0x80, "mpt_can_hold_confidential_balance"},
    {0, NULL},
};
/* ImmutableFlags: what is set can never be changed again. */
static const struct put_flag immutable_flags[] = {
    {0x02, "mpt_can_mutate_can_lock"},
    {0x04, "mpt_can_mutate_require_auth"},
    {0x08, "mpt_can_mutate_can_escrow"},
    {0x10, "mpt_can_mutate_can_trade"},
    {0x20, "mpt_can_mutate_can_transfer"},
    {0x40, "mpt_can_mutate_can_clawback"},
    {0x80, "mpt_can_mutate_can_hold_confidential_balance"},
    {0x00010000, "mpt_can_mutate_metadata"},
    {0x00020000, "mpt_can_mutate_transfer_fee"},
    {0, NULL},
};

static err is_dynamic(struct call *c, struct args *args, bool *ret)
{
    if (!args->is_dynamic_known) {
        TRY(amendments_enabled(c->view, c->arena, "DynamicMPT", &args->is_dynamic));
        args->is_dynamic_known = true;
    }
    *ret = args->is_dynamic;
    return OK;
}

/* With DynamicMPT everything can be changed that was not made immutable. (MutableFlags, which
 * xrpld 3.2 kept under the same code, meant the contrary; no network that matters had them.) */
static err put_mutable(struct call *c, struct args *args, struct slice object)
{
    uint32_t immutable = sto_u32(object, FIELD_ImmutableFlags, 0);
    bool dynamic = immutable != 0;
    if (!dynamic)
        TRY(is_dynamic(c, args, &dynamic));
    if (dynamic)
        put_flags(c, immutable_flags, ~immutable);
    return OK;
}

static err put_issuance(struct owner_walk *w, void *arg, const struct hash256 *key,
                        struct slice object)
{
    struct args *args = arg;
    struct call *c = w->c;
    jw_obj_begin(c->w);
    call_put_hash(c, "mpt_issuance_id", key); /* the object's key, as the reference has it */
    call_put_account(c, "issuer", &args->account.v);
    jw_kv_u64(c->w, "sequence", sto_u32(object, FIELD_Sequence, 0));
    put_uint(c, "transfer_fee", object, FIELD_TransferFee);
    put_uint(c, "asset_scale", object, FIELD_AssetScale);
    put_u64_str(c, "maximum_amount", object, FIELD_MaximumAmount);
    put_u64_str(c, "outstanding_amount", object, FIELD_OutstandingAmount);
    put_u64_str(c, "locked_amount", object, FIELD_LockedAmount);
    put_hex(c, "mptoken_metadata", object, FIELD_MPTokenMetadata);
    put_hex(c, "domain_id", object, FIELD_DomainID);
    put_flags(c, flags, sto_u32(object, FIELD_Flags, 0));
    TRY(put_mutable(c, args, object));
    jw_obj_end(c->w);
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct owner_walk_page page = {.account = &args->account,
                                   .limit = &args->limit,
                                   .marker = &args->marker,
                                   .type = ENTRY_MPTokenIssuance,
                                   .list = "mpt_issuances",
                                   .put = put_issuance,
                                   .arg = args};
    return owner_walk_reply(c, &page);
}

const struct method account_mptoken_issuances_method = {
    .name = "account_mptoken_issuances",
    .flags = METHOD_CLIO_ONLY,
    .params = params,
    .args_bytes = sizeof(struct args),
    .deprecated = (const char *const[]){"ledger", NULL},
    .run = run,
    .doc = "The multi-purpose token issuances of an account, page by page.",
};
