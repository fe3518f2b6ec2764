/* SPDX-License-Identifier: Apache-2.0 */
/* deposit_authorized: may one account pay another directly (rpc-a 15). */
#include "rpc/method.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

#define ROOT_DEPOSIT_AUTH 0x01000000u
#define CREDENTIAL_ACCEPTED 0x00010000u
#define MAX_CREDENTIALS 8

struct args {
    struct param_account source;
    struct param_account destination;
    const struct json *credentials;
};

static err check_credentials(struct call *c, const struct param *p, const struct json *v)
{
    struct hash256 id;
    for (uint32_t i = 0; i < v->n; i++)
        if (v->items[i].type != JSON_STRING || !param_hex(v->items[i].s, id.b, sizeof id.b))
            return rpc_error(c, RPC_INVALID_PARAMS, "Item is not a valid uint256 type.");
    return OK;
}

static const struct param params[] = {
    PARAM_ACCOUNT("source_account", struct args, source, .required = true, .doc = "Who pays"),
    PARAM_ACCOUNT("destination_account", struct args, destination, .required = true,
                  .doc = "Who is paid"),
    PARAM_LEDGER,
    PARAM_ARRAY("credentials", struct args, credentials, .check = check_credentials,
                .doc = "Keys of credentials that the payer would show"),
    PARAM_END,
};

static err bad_credentials(struct call *c, const char *message)
{
    return rpc_error(c, RPC_BAD_CREDENTIALS, message);
}

static err check_credential(struct call *c, struct slice object, struct keylet_credential *ret)
{
    struct args *args = c->args;
    struct account subject;
    struct slice expiration;
    if (object.n == 0)
        return bad_credentials(c, "credentials don't exist.");
    if (sto_entry_type(object) != ENTRY_Credential ||
        !(sto_u32(object, FIELD_Flags, 0) & CREDENTIAL_ACCEPTED))
        return bad_credentials(c, "credentials aren't accepted");
    if (sto_get(object, FIELD_Expiration, &expiration) &&
        view_header(c->view)->parent_close_time > sto_u32(object, FIELD_Expiration, 0))
        return bad_credentials(c, "credentials are expired");
    if (!sto_account(object, FIELD_Subject, &subject) || !account_eq(&subject, &args->source.v))
        return bad_credentials(c, "credentials don't belong to the root account");
    if (!sto_account(object, FIELD_Issuer, &ret->issuer) ||
        !sto_get(object, FIELD_CredentialType, &ret->type))
        return FAIL(ERR_CORRUPT, "deposit_authorized: a credential without issuer or type");
    return OK;
}

static err read_credentials(struct call *c, const struct json *list,
                            struct keylet_credential ret[MAX_CREDENTIALS])
{
    struct hash256 ids[MAX_CREDENTIALS];
    if (list->n == 0)
        return rpc_error(c, RPC_INVALID_PARAMS, "credential array has no elements.");
    if (list->n > MAX_CREDENTIALS)
        return rpc_error(c, RPC_INVALID_PARAMS, "credential array too long.");
    for (uint32_t i = 0; i < list->n; i++) {
        struct slice object;
        (void)param_hex(list->items[i].s, ids[i].b, sizeof ids[i].b); /* checked before */
        for (uint32_t k = 0; k < i; k++)
            if (hash256_eq(&ids[k], &ids[i]))
                return bad_credentials(c, "duplicates in credentials.");
        TRY(call_get(c, &ids[i], &object));
        TRY(check_credential(c, object, &ret[i]));
    }
    return OK;
}

static err read_roots(struct call *c, const struct args *args, struct slice *ret_destination)
{
    struct hash256 key = keylet_account(&args->source.v);
    struct slice source;
    TRY(call_get(c, &key, &source));
    if (source.n == 0)
        return rpc_error(c, RPC_SRC_ACT_NOT_FOUND, "source_accountNotFound");
    key = keylet_account(&args->destination.v);
    TRY(call_get(c, &key, ret_destination));
    if (ret_destination->n == 0)
        return rpc_error(c, RPC_DST_ACT_NOT_FOUND, "destination_accountNotFound");
    return OK;
}

/* Does the destination let the source, or the credentials shown, through? With credentials nothing
 * else counts. */
static err preauthorized(struct call *c, const struct args *args, struct keylet_credential *shown,
                         bool *ret)
{
    struct hash256 key =
        args->credentials
            ? keylet_deposit_preauth_credentials(&args->destination.v, shown, args->credentials->n)
            : keylet_deposit_preauth(&args->destination.v, &args->source.v);
    struct slice object;
    TRY(call_get(c, &key, &object));
    *ret = object.n > 0;
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct keylet_credential shown[MAX_CREDENTIALS];
    struct slice destination;
    bool authorized = true;
    TRY(call_open_ledger(c));
    TRY(read_roots(c, args, &destination));
    if (args->credentials)
        TRY(read_credentials(c, args->credentials, shown));
    if ((sto_u32(destination, FIELD_Flags, 0) & ROOT_DEPOSIT_AUTH) &&
        !account_eq(&args->source.v, &args->destination.v))
        TRY(preauthorized(c, args, shown, &authorized));

    jw_kv_bool(c->w, "deposit_authorized", authorized);
    jw_kv_str(c->w, "source_account", json_get(c->params, "source_account")->s);
    jw_kv_str(c->w, "destination_account", json_get(c->params, "destination_account")->s);
    call_put_ledger(c);
    if (args->credentials) {
        jw_key(c->w, "credentials");
        jw_value(c->w, args->credentials);
    }
    return OK;
}

const struct method deposit_authorized_method = {
    .name = "deposit_authorized",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "Whether one account may pay another directly.",
};
