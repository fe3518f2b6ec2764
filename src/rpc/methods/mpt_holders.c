/* SPDX-License-Identifier: Apache-2.0 */
/* mpt_holders: who holds a multi-purpose token (rpc-b A.3). */
#include "base/mem.h"
#include "rpc/index_page.h"
#include "rpc/method.h"
#include "rpc/mpt_issuance.h"
#include "rpc/put.h"
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
static err put_page(struct call *c, const struct args *args, const struct mpt_id *issuance,
                    const struct index_page_list *list, struct index_page_end *ret)
{
    struct account after = account_of(args->marker.b);
    const struct index_page_of of = {
        .index = STORE_INDEX_MPT_HOLDER,
        .prefix = slice_of(issuance->b, sizeof issuance->b),
        .suffix_bytes = sizeof args->marker.b,
        .after = account_is_zero(&after) ? NULL : after.b,
        .limit = args->limit.v,
    };
    return index_page_put(c, &of, list, ret);
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
    put_u64_str(c, "locked_amount", object, FIELD_LockedAmount);
    for (size_t i = 0; i < ARRAY_LEN(encrypted); i++)
        put_hex(c, encrypted[i].key, object, encrypted[i].field);
    put_uint(c, "confidential_balance_version", object, FIELD_ConfidentialBalanceVersion);
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

/* The holders of some rows. */
struct some {
    struct hash256 issuance; /* its object's key */
    const struct store_entry *rows;
    struct hash256 *keys;
    struct slice *objects;
};

/* Who holds nothing in this ledger is left out. */
static err look(struct call *c, void *arg, const struct store_entry *rows, size_t n,
                bool *ret_shown)
{
    struct some *s = arg;
    s->rows = rows;
    s->keys = arena_array(c->arena, struct hash256, n);
    s->objects = arena_array(c->arena, struct slice, n);
    for (size_t i = 0; i < n; i++) {
        struct account holder = account_of(rows[i].suffix.p);
        s->keys[i] = keylet_mptoken(&s->issuance, &holder);
    }
    TRY(view_get_many(c->view, s->keys, n, c->arena, s->objects));
    for (size_t i = 0; i < n; i++)
        ret_shown[i] = s->objects[i].n > 0;
    return OK;
}

static err put_one(struct call *c, void *arg, size_t i)
{
    const struct some *s = arg;
    put_holder(c, &s->keys[i], s->rows[i].suffix, s->objects[i]);
    return OK;
}

static err run(struct call *c)
{
    const struct args *args = c->args;
    struct some some = {.issuance = mpt_issuance_key(&args->issuance)};
    struct mpt_id id;
    struct slice object;
    struct index_page_end end;
    TRY(call_open_ledger(c));
    TRY(call_get(c, &some.issuance, &object));
    if (object.n == 0)
        return rpc_error(c, RPC_OBJECT_NOT_FOUND, "objectNotFound");
    TRY(mpt_issuance_id(c, &args->issuance, &id));
    jw_kv_hex(c->w, "mpt_issuance_id", slice_of(id.b, sizeof id.b));
    jw_kv_u64(c->w, "limit", args->limit.v);
    call_put_ledger(c);
    jw_key(c->w, "mptokens");
    jw_arr_begin(c->w);
    TRY(put_page(c, args, &id, &(struct index_page_list){look, put_one, &some}, &end));
    jw_arr_end(c->w);
    if (end.more)
        jw_kv_hex(c->w, "marker", slice_of(end.last, sizeof args->marker.b));
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
