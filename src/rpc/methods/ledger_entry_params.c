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
#define ADDRESS_MEMBER(key, to, text, ...)                                                         \
    PARAM_ADDRESS(key, ARGS, to, .required = true, .doc = (text), __VA_ARGS__)
#define SEQ_MEMBER(key, to, text)                                                                  \
    PARAM_U32(key, ARGS, to, .required = true, .bad = MALFORMED_REQUEST, .doc = (text))
/* ... and those of newer selectors, where it is malformedRequest. */
#define STRICT_ADDRESS(key, to, fault, text)                                                       \
    PARAM_ADDRESS(key, ARGS, to, .required = true, .missing = MALFORMED_REQUEST, .bad = fault,     \
                  .doc = (text))
#define STRICT_SEQ(key, to, text)                                                                  \
    PARAM_U32(key, ARGS, to, .required = true, .missing = MALFORMED_REQUEST,                       \
              .bad = MALFORMED_REQUEST, .doc = (text))

static err credential_error(struct call *c, const char *message)
{
    return rpc_error(c, RPC_MALFORMED_AUTHORIZED_CREDENTIALS, message);
}

/* Why a credential type is none; NULL: *ret is it. */
static const char *read_credential_type(struct call *c, const struct json *v, struct slice *ret)
{
    if (v->type != JSON_STRING)
        return "credential_type NotString";
    for (size_t i = 0; i < v->s.n; i++)
        if (hex_digit(v->s.p[i]) < 0)
            return "credential_type NotHexString";
    if (v->s.n == 0)
        return "credential_type is empty";
    uint8_t *bytes = arena_alloc(c->arena, LEDGER_ENTRY_MAX_CREDENTIAL_TYPE);
    size_t n = param_hex_bytes(v->s, bytes, LEDGER_ENTRY_MAX_CREDENTIAL_TYPE);
    if (n == SIZE_MAX)
        return "credential_type greater than max length";
    *ret = slice_of(bytes, n);
    return NULL;
}

static err check_credential_type(struct call *c, const struct param *p, const struct json *v)
{
    ARGS *args = c->args;
    if (read_credential_type(c, v, &args->form[SEL_credential].type))
        return rpc_error(c, RPC_MALFORMED_REQUEST, NULL);
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
    const char *why = read_credential_type(c, type, &ret->type);
    return why ? credential_error(c, why) : OK;
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

static err read_ends(struct call *c, const struct json *v, struct ledger_entry_line *ret)
{
    if (v->type != JSON_ARRAY || v->n != 2 || v->items[0].type != JSON_STRING ||
        v->items[1].type != JSON_STRING || slice_eq(v->items[0].s, v->items[1].s))
        return rpc_error(c, RPC_INVALID_PARAMS, "malformedAccounts");
    for (int i = 0; i < 2; i++)
        if (!account_from_text(v->items[i].s, &ret->ends[i]))
            return rpc_error(c, RPC_MALFORMED_ADDRESS, "malformedAddresses");
    return OK;
}

static err check_ripple_state_ends(struct call *c, const struct param *p, const struct json *v)
{
    return read_ends(c, v, &((ARGS *)c->args)->ripple_state);
}

static err check_state_ends(struct call *c, const struct param *p, const struct json *v)
{
    return read_ends(c, v, &((ARGS *)c->args)->state);
}

static err check_document_id(struct call *c, const struct param *p, const struct json *v)
{
    ARGS *args = c->args;
    if (!param_document_id(v, &args->form[SEL_oracle].n.v))
        return rpc_error(c, RPC_MALFORMED_DOCUMENT_ID, NULL);
    return OK;
}

static const struct param deposit_preauth_members[] = {
    ADDRESS_MEMBER("owner", form[SEL_deposit_preauth].a, "Who gave the permission",
                   .bad = MALFORMED_OWNER),
    PARAM_ADDRESS("authorized", ARGS, form[SEL_deposit_preauth].b, .doc = "Who has it"),
    PARAM_ANY("authorized_credentials", ARGS, credentials_given, .check = check_credentials,
              .doc = "Instead of `authorized`: up to 8 credentials (`issuer`, `credential_type`), "
                     "all of which are needed"),
    PARAM_END,
};
static const struct param directory_members[] = {
    PARAM_ADDRESS("owner", ARGS, form[SEL_directory].a, .doc = "Whose directory"),
    PARAM_HASH256("dir_root", ARGS, form[SEL_directory].h,
                  .doc = "Instead of `owner`: key of the directory's first page"),
    PARAM_U32("sub_index", ARGS, form[SEL_directory].n, .bad = MALFORMED_REQUEST,
              .doc = "Number of the page; 0 (the first) if absent"),
    PARAM_END,
};
static const struct param escrow_members[] = {
    ADDRESS_MEMBER("owner", form[SEL_escrow].a, "Who made the escrow", .bad = MALFORMED_OWNER),
    SEQ_MEMBER("seq", form[SEL_escrow].n, "Sequence (or ticket) of the EscrowCreate transaction"),
    PARAM_END,
};
static const struct param offer_members[] = {
    ADDRESS_MEMBER("account", form[SEL_offer].a, "Who made the offer"),
    SEQ_MEMBER("seq", form[SEL_offer].n, "Sequence (or ticket) of the OfferCreate transaction"),
    PARAM_END,
};
#define LINE_MEMBERS(line)                                                                         \
    {                                                                                              \
        PARAM_CHECK("accounts", .required = true, .check = check_##line##_ends,                    \
                    .doc = "The two accounts of the line, in any order"),                          \
            PARAM_CURRENCY("currency", ARGS, line.currency, .required = true,                      \
                           .doc = "Currency of the line"),                                         \
            PARAM_END                                                                              \
    }
static const struct param ripple_state_members[] = LINE_MEMBERS(ripple_state);
static const struct param state_members[] = LINE_MEMBERS(state);
static const struct param ticket_members[] = {
    ADDRESS_MEMBER("account", form[SEL_ticket].a, "Owner of the ticket"),
    SEQ_MEMBER("ticket_seq", form[SEL_ticket].n, "Number of the ticket"),
    PARAM_END,
};

#define ASSET_MEMBER(key, to, text)                                                                \
    PARAM_ASSET(key, ARGS, to, .required = true, .missing = MALFORMED_REQUEST,                     \
                .bad = MALFORMED_REQUEST, .doc = (text))
static const struct param amm_members[] = {
    ASSET_MEMBER("asset", amm[0], "One asset of the pool"),
    ASSET_MEMBER("asset2", amm[1], "The other one"),
    PARAM_END,
};

#define BRIDGE_MEMBERS(to)                                                                         \
    STRICT_ADDRESS("LockingChainDoor", to.locking_door, MALFORMED_REQUEST,                         \
                   "Door account on the locking chain"),                                           \
        STRICT_ADDRESS("IssuingChainDoor", to.issuing_door, MALFORMED_REQUEST,                     \
                       "Door account on the issuing chain"),                                       \
        ASSET_MEMBER("LockingChainIssue", to.locking_issue, "Asset on the locking chain"),         \
        ASSET_MEMBER("IssuingChainIssue", to.issuing_issue, "Asset on the issuing chain")
static const struct param bridge_members[] = {BRIDGE_MEMBERS(bridge), PARAM_END};
static const struct param xchain_owned_claim_id_members[] = {
    BRIDGE_MEMBERS(xchain_claim),
    STRICT_SEQ("xchain_owned_claim_id", form[SEL_xchain_owned_claim_id].n, "The claim id"),
    PARAM_END,
};
static const struct param xchain_owned_create_account_claim_id_members[] = {
    BRIDGE_MEMBERS(xchain_create),
    STRICT_SEQ("xchain_owned_create_account_claim_id",
               form[SEL_xchain_owned_create_account_claim_id].n, "The claim id"),
    PARAM_END,
};
static const struct param oracle_members[] = {
    STRICT_ADDRESS("account", form[SEL_oracle].a, MALFORMED_ADDRESS, "Owner of the oracle"),
    PARAM_CHECK("oracle_document_id", .required = true, .missing = MALFORMED_REQUEST,
                .check = check_document_id, .doc = "Which of the owner's oracles"),
    PARAM_END,
};
static const struct param credential_members[] = {
    STRICT_ADDRESS("subject", form[SEL_credential].a, MALFORMED_ADDRESS, "Whom it is about"),
    STRICT_ADDRESS("issuer", form[SEL_credential].b, MALFORMED_ADDRESS, "Who issued it"),
    PARAM_CHECK("credential_type", .required = true, .missing = MALFORMED_REQUEST,
                .check = check_credential_type, .doc = "Its type in hex, 1 to 64 bytes"),
    PARAM_END,
};
static const struct param mptoken_members[] = {
    STRICT_ADDRESS("account", form[SEL_mptoken].a, MALFORMED_ADDRESS, "The holder"),
    PARAM_HASH192("mpt_issuance_id", ARGS, form[SEL_mptoken].mpt, .required = true,
                  .missing = MALFORMED_REQUEST, .bad = MALFORMED_REQUEST, .doc = "The issuance"),
    PARAM_END,
};
static const struct param permissioned_domain_members[] = {
    STRICT_SEQ("seq", form[SEL_permissioned_domain].n,
               "Sequence of the PermissionedDomainSet transaction"),
    STRICT_ADDRESS("account", form[SEL_permissioned_domain].a, MALFORMED_ADDRESS, "Its owner"),
    PARAM_END,
};
static const struct param vault_members[] = {
    STRICT_SEQ("seq", form[SEL_vault].n, "Sequence of the VaultCreate transaction"),
    STRICT_ADDRESS("owner", form[SEL_vault].a, MALFORMED_OWNER, "Its owner"),
    PARAM_END,
};
static const struct param loan_broker_members[] = {
    STRICT_SEQ("seq", form[SEL_loan_broker].n, "Sequence of the LoanBrokerSet transaction"),
    STRICT_ADDRESS("owner", form[SEL_loan_broker].a, MALFORMED_OWNER, "Its owner"),
    PARAM_END,
};
static const struct param loan_members[] = {
    STRICT_SEQ("loan_seq", form[SEL_loan].n, "Number of the loan, of this broker"),
    PARAM_HASH256("loan_broker_id", ARGS, form[SEL_loan].h, .required = true,
                  .missing = MALFORMED_REQUEST, .bad = MALFORMED_REQUEST,
                  .doc = "Key of the broker"),
    PARAM_END,
};
static const struct param delegate_members[] = {
    STRICT_ADDRESS("account", form[SEL_delegate].a, MALFORMED_ADDRESS, "Who gave permissions"),
    STRICT_ADDRESS("authorize", form[SEL_delegate].b, MALFORMED_ADDRESS, "Who has them"),
    PARAM_END,
};

static const struct param sponsorship_members[] = {
    STRICT_ADDRESS("sponsor", form[SEL_sponsorship].a, MALFORMED_ADDRESS, "Who pays"),
    STRICT_ADDRESS("sponsee", form[SEL_sponsorship].b, MALFORMED_ADDRESS, "For whom"),
    PARAM_END,
};

/* Rows of ledger_entry.def. A key in hex, and what stands for one; the first kinds differ from the
 * STRICT_ ones in their answer to a value of another type. */
#define FORM(name, text) PARAM_SELECTOR(#name, ARGS, sel[SEL_##name], name##_members, .doc = text)
#define STRICT_FORM(name, text, ...)                                                               \
    PARAM_SELECTOR(#name, ARGS, sel[SEL_##name], name##_members, .wrong_type = MALFORMED_REQUEST,  \
                   .doc = text, __VA_ARGS__)
#define KEY(name, text, ...)                                                                       \
    PARAM_SELECTOR(#name, ARGS, sel[SEL_##name], NULL, .wrong_type = MALFORMED_REQUEST,            \
                   .doc = text, __VA_ARGS__)
#define KEY_OR_TRUE(name, text, ...) KEY(name, text, .or_true = true, __VA_ARGS__)
#define LINE(name, text)                                                                           \
    PARAM_SELECTOR(#name, ARGS, sel[SEL_##name], name##_members, .bad = {RPC_INVALID_PARAMS},      \
                   .doc = text)
#define ADDRESS(name, text) PARAM_ADDRESS(#name, ARGS, form[SEL_##name].a, .doc = text)
#define MPT_ID(name, text)                                                                         \
    PARAM_HASH192(#name, ARGS, form[SEL_##name].mpt, .bad = MALFORMED_REQUEST, .doc = text)
#define ANYTHING(name, text) PARAM_ANY(#name, ARGS, name, .doc = text)

/* API version 3 has names for the objects of which a ledger has one. */
static const char *const single_objects[] = {"amendments", "fee", "nunl", "hashes", NULL};
#define INDEX_ROWS                                                                                 \
    KEY(index, "Key of the object", .until = 2),                                                   \
        KEY(index, "Key of the object, or a name", .since = 3, .names = single_objects)
#define BRIDGE_ROWS                                                                                \
    STRICT_FORM(bridge, "Bridge, together with `bridge_account`", .bad = MALFORMED_REQUEST),       \
        PARAM_ADDRESS("bridge_account", ARGS, bridge_account, .bad = MALFORMED_REQUEST,            \
                      .doc = "With `bridge`: the door account that owns it")

const struct param ledger_entry_params_table[] = {
    PARAM_BOOL("binary", ARGS, binary, .doc = "Return the object's bytes in hex"),
    PARAM_LEDGER,
#define X(name, type, wins, rows, key) rows,
#include "rpc/methods/ledger_entry.def"
#undef X
    PARAM_BOOL("include_deleted", ARGS, include_deleted,
               .doc = "Show the last state of an object that was deleted"),
    PARAM_END,
};
