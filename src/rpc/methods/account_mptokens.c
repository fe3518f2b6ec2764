/* SPDX-License-Identifier: Apache-2.0 */
/* account_mptokens: the multi-purpose tokens that an account holds (rpc-a 7). */
#include "rpc/method.h"
#include "rpc/owner_walk.h"
#include "rpc/put.h"
#include "xrpl/sto.h"

struct args {
    struct param_account account;
    struct param_u32 limit;
    struct param_marker marker;
};

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .bad = {RPC_ACT_MALFORMED, NULL}, .doc = "Address or public key of the holder"),
    PARAM_LEDGER_HASH,
    PARAM_LIMIT("limit", struct args, limit, 10, 200, 400,
                .doc = "Objects of the account to look at"),
    PARAM_LEDGER_INDEX,
    PARAM_MARKER("marker", struct args, marker, .doc = "Where the page before this one ended"),
    PARAM_END,
};

static const struct put_flag flags[] = {
    {0x01, "mpt_locked"},
    {0x02, "mpt_authorized"},
    {0, NULL},
};

static err put_token(struct owner_walk *w, void *arg, const struct hash256 *key,
                     struct slice object)
{
    (void)arg;
    struct call *c = w->c;
    jw_obj_begin(c->w);
    call_put_hash(c, "mpt_id", key);
    TRY(put_account(c, "account", object, FIELD_Account));
    put_hex(c, "mpt_issuance_id", object, FIELD_MPTokenIssuanceID);
    jw_kv_u64_str(c->w, "mpt_amount", sto_u64(object, FIELD_MPTAmount, 0));
    put_u64_str(c, "locked_amount", object, FIELD_LockedAmount);
    put_flags(c, flags, sto_u32(object, FIELD_Flags, 0));
    jw_obj_end(c->w);
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct owner_walk_page page = {.account = &args->account,
                                   .limit = &args->limit,
                                   .marker = &args->marker,
                                   .type = ENTRY_MPToken,
                                   .list = "mptokens",
                                   .put = put_token,
                                   .arg = args};
    return owner_walk_reply(c, &page);
}

const struct method account_mptokens_method = {
    .name = "account_mptokens",
    .flags = METHOD_CLIO_ONLY,
    .params = params,
    .args_bytes = sizeof(struct args),
    .deprecated = (const char *const[]){"ledger", NULL},
    .run = run,
    .doc = "The multi-purpose tokens that an account holds, page by page.",
};
