/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/methods/ledger_entry_params.h"

#include "base/hex.h"

#define MALFORMED_REQUEST                                                                          \
    {                                                                                              \
        RPC_MALFORMED_REQUEST, NULL                                                                \
    }
#define MALFORMED_ADDRESS                                                                          \
    {                                                                                              \
        RPC_MALFORMED_ADDRESS, NULL                                                                \
    }
#define MALFORMED_OWNER                                                                            \
    {                                                                                              \
        RPC_MALFORMED_OWNER, NULL                                                                  \
    }

#define ARGS struct ledger_entry_args

/* Members: required ones whose absence has the default answer, ... */
#define ADDRESS_MEMBER(key, to, ...) PARAM_ADDRESS(key, ARGS, to, .required = true, __VA_ARGS__)
#define SEQ_MEMBER(key, to) PARAM_U32(key, ARGS, to, .required = true, .bad = MALFORMED_REQUEST)
/* ... and those of newer selectors, where it is malformedRequest. */
#define STRICT_ADDRESS(key, to, fault)                                                             \
    PARAM_ADDRESS(key, ARGS, to, .required = true, .missing = MALFORMED_REQUEST, .bad = fault)
#define STRICT_SEQ(key, to)                                                                        \
    PARAM_U32(key, ARGS, to, .required = true, .missing = MALFORMED_REQUEST,                       \
              .bad = MALFORMED_REQUEST)

static err credential_error(struct call *c, const char *message)
{
    return rpc_error(c, RPC_MALFORMED_AUTHORIZED_CREDENTIALS, message);
}

static err credential_type(struct call *c, struct slice text, struct slice *ret)
{
    uint8_t *bytes = arena_alloc(c->arena, LEDGER_ENTRY_MAX_CREDENTIAL_TYPE);
    size_t n = text.n / 2;
    for (size_t i = 0; i < text.n; i++)
        if (hex_digit(text.p[i]) < 0)
            return credential_error(c, "credential_type NotHexString");
    if (text.n == 0)
        return credential_error(c, "credential_type is empty");
    if (n > LEDGER_ENTRY_MAX_CREDENTIAL_TYPE)
        return credential_error(c, "credential_type greater than max length");
    if (!hex_decode(text, bytes, n)) /* an odd number of digits */
        return credential_error(c, "credential_type NotHexString");
    *ret = slice_of(bytes, n);
    return OK;
}

static err credential(struct call *c, const struct json *v, struct keylet_credential *ret)
{
    static const struct account account_one = {.b = {[19] = 1}};
    if (v->type != JSON_OBJECT)
        return credential_error(c, "authorized_credentials elements in array are not objects.");
    const struct json *issuer = json_get(v, "issuer");
    if (!issuer)
        return credential_error(c, "Field 'Issuer' is required but missing.");
    if (issuer->type != JSON_STRING || !account_from_text(issuer->s, &ret->issuer) ||
        account_eq(&ret->issuer, &account_one))
        return credential_error(c, "issuer NotString");
    const struct json *type = json_get(v, "credential_type");
    if (!type)
        return credential_error(c, "Field 'CredentialType' is required but missing.");
    if (type->type != JSON_STRING)
        return credential_error(c, "credential_type NotString");
    return credential_type(c, type->s, &ret->type);
}

static err check_credentials(struct call *c, const struct param *p, const struct json *v)
{
    ARGS *args = c->args;
    if (v->type != JSON_ARRAY)
        return rpc_error(c, RPC_MALFORMED_REQUEST, "authorized_credentials not array");
    if (v->n == 0)
        return credential_error(c,
                                "Requires at least one element in authorized_credentials array.");
    if (v->n > LEDGER_ENTRY_MAX_CREDENTIALS)
        return credential_error(c, "Max 8 number of credentials in authorized_credentials array");
    for (uint32_t i = 0; i < v->n; i++)
        TRY(credential(c, &v->items[i], &args->credentials[i]));
    args->n_credentials = v->n;
    return OK;
}

static err check_line_accounts(struct call *c, const struct param *p, const struct json *v)
{
    ARGS *args = c->args;
    if (v->type != JSON_ARRAY || v->n != 2 || v->items[0].type != JSON_STRING ||
        v->items[1].type != JSON_STRING || slice_eq(v->items[0].s, v->items[1].s))
        return rpc_error(c, RPC_INVALID_PARAMS, "malformedAccounts");
    for (int i = 0; i < 2; i++)
        if (!account_from_text(v->items[i].s, &args->line[i]))
            return rpc_error(c, RPC_MALFORMED_ADDRESS, "malformedAddresses");
    return OK;
}

static err check_document_id(struct call *c, const struct param *p, const struct json *v)
{
    ARGS *args = c->args;
    if (!param_document_id(v, &args->form[SEL_ORACLE].n.v))
        return rpc_error(c, RPC_MALFORMED_DOCUMENT_ID, NULL);
    return OK;
}

static const struct param deposit_preauth[] = {
    ADDRESS_MEMBER("owner", form[SEL_DEPOSIT_PREAUTH].a, .bad = MALFORMED_OWNER),
    PARAM_ADDRESS("authorized", ARGS, form[SEL_DEPOSIT_PREAUTH].b),
    PARAM_ANY("authorized_credentials", ARGS, credentials_given, .check = check_credentials),
    PARAM_END,
};
static const struct param directory[] = {
    PARAM_ADDRESS("owner", ARGS, form[SEL_DIRECTORY].a),
    PARAM_HASH256("dir_root", ARGS, form[SEL_DIRECTORY].h),
    PARAM_U32("sub_index", ARGS, form[SEL_DIRECTORY].n, .bad = MALFORMED_REQUEST),
    PARAM_END,
};
static const struct param escrow[] = {
    ADDRESS_MEMBER("owner", form[SEL_ESCROW].a, .bad = MALFORMED_OWNER),
    SEQ_MEMBER("seq", form[SEL_ESCROW].n),
    PARAM_END,
};
static const struct param offer[] = {
    ADDRESS_MEMBER("account", form[SEL_OFFER].a),
    SEQ_MEMBER("seq", form[SEL_OFFER].n),
    PARAM_END,
};
static const struct param ripple_state[] = {
    PARAM_CHECK("accounts", .required = true, .check = check_line_accounts),
    PARAM_CURRENCY("currency", ARGS, line_currency, .required = true),
    PARAM_END,
};
static const struct param ticket[] = {
    ADDRESS_MEMBER("account", form[SEL_TICKET].a),
    SEQ_MEMBER("ticket_seq", form[SEL_TICKET].n),
    PARAM_END,
};

#define ASSET_MEMBER(key, to)                                                                      \
    PARAM_ASSET(key, ARGS, to, .required = true, .missing = MALFORMED_REQUEST,                     \
                .bad = MALFORMED_REQUEST)
static const struct param amm[] = {
    ASSET_MEMBER("asset", amm[0]),
    ASSET_MEMBER("asset2", amm[1]),
    PARAM_END,
};

#define BRIDGE_MEMBERS(to)                                                                         \
    STRICT_ADDRESS("LockingChainDoor", to.locking_door, MALFORMED_REQUEST),                        \
        STRICT_ADDRESS("IssuingChainDoor", to.issuing_door, MALFORMED_REQUEST),                    \
        ASSET_MEMBER("LockingChainIssue", to.locking_issue),                                       \
        ASSET_MEMBER("IssuingChainIssue", to.issuing_issue)
static const struct param bridge[] = {BRIDGE_MEMBERS(bridge), PARAM_END};
static const struct param xchain_claim[] = {
    BRIDGE_MEMBERS(xchain_claim),
    STRICT_SEQ("xchain_owned_claim_id", form[SEL_XCHAIN_CLAIM].n),
    PARAM_END,
};
static const struct param xchain_create[] = {
    BRIDGE_MEMBERS(xchain_create),
    STRICT_SEQ("xchain_owned_create_account_claim_id", form[SEL_XCHAIN_CREATE].n),
    PARAM_END,
};
static const struct param oracle[] = {
    STRICT_ADDRESS("account", form[SEL_ORACLE].a, MALFORMED_ADDRESS),
    PARAM_CHECK("oracle_document_id", .required = true, .missing = MALFORMED_REQUEST,
                .check = check_document_id),
    PARAM_END,
};
static const struct param credential_members[] = {
    STRICT_ADDRESS("subject", form[SEL_CREDENTIAL].a, MALFORMED_ADDRESS),
    STRICT_ADDRESS("issuer", form[SEL_CREDENTIAL].b, MALFORMED_ADDRESS),
    PARAM_STRING("credential_type", ARGS, form[SEL_CREDENTIAL].text, .required = true,
                 .missing = MALFORMED_REQUEST, .bad = MALFORMED_REQUEST),
    PARAM_END,
};
static const struct param mptoken[] = {
    STRICT_ADDRESS("account", form[SEL_MPTOKEN].a, MALFORMED_ADDRESS),
    PARAM_HASH192("mpt_issuance_id", ARGS, form[SEL_MPTOKEN].mpt, .required = true,
                  .missing = MALFORMED_REQUEST, .bad = MALFORMED_REQUEST),
    PARAM_END,
};
static const struct param permissioned_domain[] = {
    STRICT_SEQ("seq", form[SEL_PERMISSIONED_DOMAIN].n),
    STRICT_ADDRESS("account", form[SEL_PERMISSIONED_DOMAIN].a, MALFORMED_ADDRESS),
    PARAM_END,
};
static const struct param vault[] = {
    STRICT_SEQ("seq", form[SEL_VAULT].n),
    STRICT_ADDRESS("owner", form[SEL_VAULT].a, MALFORMED_OWNER),
    PARAM_END,
};
static const struct param loan_broker[] = {
    STRICT_SEQ("seq", form[SEL_LOAN_BROKER].n),
    STRICT_ADDRESS("owner", form[SEL_LOAN_BROKER].a, MALFORMED_OWNER),
    PARAM_END,
};
static const struct param loan[] = {
    STRICT_SEQ("loan_seq", form[SEL_LOAN].n),
    PARAM_HASH256("loan_broker_id", ARGS, form[SEL_LOAN].h, .required = true,
                  .missing = MALFORMED_REQUEST, .bad = MALFORMED_REQUEST),
    PARAM_END,
};
static const struct param delegate[] = {
    STRICT_ADDRESS("account", form[SEL_DELEGATE].a, MALFORMED_ADDRESS),
    STRICT_ADDRESS("authorize", form[SEL_DELEGATE].b, MALFORMED_ADDRESS),
    PARAM_END,
};

/* Only a key in hex; a key in hex or an object, other types being malformedRequest. */
#define KEY(key, which) PARAM_SELECTOR(key, ARGS, sel[which], NULL, .wrong_type = MALFORMED_REQUEST)
#define KEY_OR(key, which, members, ...)                                                           \
    PARAM_SELECTOR(key, ARGS, sel[which], members, .wrong_type = MALFORMED_REQUEST, __VA_ARGS__)

const struct param ledger_entry_params_table[] = {
    PARAM_BOOL("binary", ARGS, binary, .doc = "Return the object's bytes in hex"),
    PARAM_LEDGER,
    KEY("index", SEL_INDEX),
    PARAM_ADDRESS("account_root", ARGS, account_root),
    PARAM_ADDRESS("did", ARGS, did),
    KEY("check", SEL_CHECK),
    PARAM_SELECTOR("deposit_preauth", ARGS, sel[SEL_DEPOSIT_PREAUTH], deposit_preauth),
    PARAM_SELECTOR("directory", ARGS, sel[SEL_DIRECTORY], directory),
    PARAM_SELECTOR("escrow", ARGS, sel[SEL_ESCROW], escrow),
    PARAM_SELECTOR("offer", ARGS, sel[SEL_OFFER], offer),
    KEY("payment_channel", SEL_PAYMENT_CHANNEL),
    PARAM_ANY("ripple_state", ARGS, ripple_state),
    PARAM_OBJECT("ripple_state", ripple_state),
    PARAM_SELECTOR("ticket", ARGS, sel[SEL_TICKET], ticket),
    KEY("nft_page", SEL_NFT_PAGE),
    PARAM_SELECTOR("amm", ARGS, sel[SEL_AMM], amm),
    PARAM_ANY("bridge", ARGS, bridge_given),
    PARAM_OBJECT("bridge", bridge, .bad = MALFORMED_REQUEST),
    PARAM_ADDRESS("bridge_account", ARGS, bridge_account, .bad = MALFORMED_REQUEST),
    KEY_OR("xchain_owned_claim_id", SEL_XCHAIN_CLAIM, xchain_claim),
    KEY_OR("xchain_owned_create_account_claim_id", SEL_XCHAIN_CREATE, xchain_create),
    KEY_OR("oracle", SEL_ORACLE, oracle, .bad = MALFORMED_ADDRESS),
    KEY_OR("credential", SEL_CREDENTIAL, credential_members, .bad = MALFORMED_ADDRESS),
    PARAM_HASH192("mpt_issuance", ARGS, mpt_issuance, .bad = MALFORMED_REQUEST),
    KEY_OR("mptoken", SEL_MPTOKEN, mptoken),
    KEY_OR("permissioned_domain", SEL_PERMISSIONED_DOMAIN, permissioned_domain),
    KEY_OR("vault", SEL_VAULT, vault),
    KEY_OR("loan_broker", SEL_LOAN_BROKER, loan_broker),
    KEY_OR("loan", SEL_LOAN, loan),
    KEY_OR("delegate", SEL_DELEGATE, delegate),
    KEY("amendments", SEL_AMENDMENTS),
    KEY("fee", SEL_FEE),
    KEY("hashes", SEL_HASHES),
    KEY("nft_offer", SEL_NFT_OFFER),
    KEY("nunl", SEL_NUNL),
    KEY("signer_list", SEL_SIGNER_LIST),
    PARAM_BOOL("include_deleted", ARGS, include_deleted,
               .doc = "Show the last state of an object that was deleted"),
    PARAM_END,
};
