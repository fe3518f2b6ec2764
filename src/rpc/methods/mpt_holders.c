/* SPDX-License-Identifier: Apache-2.0 */
/* mpt_holders: who holds a multi-purpose token (rpc-b A.3). */
#include "base/mem.h"
#include "rpc/index_page.h"
#include "rpc/method.h"
#include "rpc/mpt_issuance.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

struct args {
    struct param_hash192 issuance;
    struct param_u32 limit;
    struct param_hash160 marker; /* account of the holder read last */
};

static const struct param params[] = {
    PARAM_HASH192("mpt_issuance_id", struct args, issuance, .required = true,
                  .doc = "The issuance's id"),
    PARAM_LEDGER,
    PARAM_LIMIT("limit", struct args, limit, 1, 50, 100, .doc = "Holders to look at"),
    PARAM_HASH160("marker", struct args, marker, .doc = "Where the page before this one ended"),
    PARAM_END,
};

/* A marker of zeros means the begin. */
static err read_holders(struct call *c, const struct args *args, const struct mpt_id *issuance,
                        struct index_page *ret)
{
    struct account after = account_of(args->marker.b);
    const struct index_page_of of = {
        .index = STORE_INDEX_MPT_HOLDER,
        .prefix = slice_of(issuance->b, sizeof issuance->b),
        .suffix_bytes = sizeof args->marker.b,
        .after = account_is_zero(&after) ? NULL : after.b,
        .limit = args->limit.v,
    };
    return index_page_read(c, &of, ret);
}

/* What there is of locked amounts and of confidential transfers. */
static void put_optional(struct call *c, struct slice object)
{
    static const struct {
        field_id field;
        const char *key;
    } encrypted[] = {
        {FIELD_ConfidentialBalanceInbox, "confidential_balance_inbox"},
        {FIELD_ConfidentialBalanceSpending, "confidential_balance_spending"},
        {FIELD_IssuerEncryptedBalance, "issuer_encrypted_balance"},
        {FIELD_AuditorEncryptedBalance, "auditor_encrypted_balance"},
        {FIELD_HolderEncryptionKey, "holder_encryption_key"},
    };
    struct slice value;
    if (sto_has(object, FIELD_LockedAmount))
        jw_kv_u64_str(c->w, "locked_amount", sto_u64(object, FIELD_LockedAmount, 0));
    for (size_t i = 0; i < ARRAY_LEN(encrypted); i++) {
        if (!sto_get(object, encrypted[i].field, &value))
            continue;
        jw_key(c->w, encrypted[i].key);
        jw_hex(c->w, value);
    }
    if (sto_has(object, FIELD_ConfidentialBalanceVersion))
        jw_kv_u64(c->w, "confidential_balance_version",
                  sto_u32(object, FIELD_ConfidentialBalanceVersion, 0));
}

static void put_holder(struct call *c, const struct hash256 *key, struct slice holder,
                       struct slice object)
{
    struct account account = account_of(holder.p);
    jw_obj_begin(c->w);
    call_put_account(c, "account", &account);
    jw_kv_u64(c->w, "flags", sto_u32(object, FIELD_Flags, 0));
    jw_kv_u64_str(c->w, "mpt_amount", sto_u64(object, FIELD_MPTAmount, 0));
    call_put_hash(c, "mptoken_index", key);
    put_optional(c, object);
    jw_obj_end(c->w);
}

/* Holders of the index who hold nothing in this ledger are left out. */
static err put_holders(struct call *c, const struct hash256 *issuance,
                       const struct store_entry *rows, size_t n)
{
    if (n == 0)
        return OK;
    struct hash256 *keys = arena_array(c->arena, struct hash256, n);
    struct slice *objects = arena_array(c->arena, struct slice, n);
    for (size_t i = 0; i < n; i++) {
        struct account holder = account_of(rows[i].suffix.p);
        keys[i] = keylet_mptoken(issuance, &holder);
    }
    TRY(view_get_many(c->view, keys, n, c->arena, objects));
    for (size_t i = 0; i < n; i++)
        if (objects[i].n)
            put_holder(c, &keys[i], rows[i].suffix, objects[i]);
    return OK;
}

static err run(struct call *c)
{
    const struct args *args = c->args;
    struct hash256 issuance = mpt_issuance_key(&args->issuance);
    struct mpt_id id;
    struct slice object;
    struct index_page page;
    TRY(call_open_ledger(c));
    TRY(call_get(c, &issuance, &object));
    if (object.n == 0)
        return rpc_error(c, RPC_OBJECT_NOT_FOUND, "objectNotFound");
    TRY(mpt_issuance_id(c, &args->issuance, &id));
    TRY(read_holders(c, args, &id, &page));
    jw_kv_hex(c->w, "mpt_issuance_id", slice_of(id.b, sizeof id.b));
    jw_kv_u64(c->w, "limit", args->limit.v);
    call_put_ledger(c);
    jw_key(c->w, "mptokens");
    jw_arr_begin(c->w);
    TRY(put_holders(c, &issuance, page.rows, page.n));
    jw_arr_end(c->w);
    if (page.more)
        jw_kv_hex(c->w, "marker", page.rows[page.n - 1].suffix);
    return OK;
}

const struct method mpt_holders_method = {
    .name = "mpt_holders",
    .flags = METHOD_CLIO_ONLY,
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "Who holds a multi-purpose token, and how much of it.",
};
