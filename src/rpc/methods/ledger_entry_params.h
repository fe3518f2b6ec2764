/* SPDX-License-Identifier: Apache-2.0 */
/* The selectors of ledger_entry: how each names an object (rpc-a 21). */
#pragma once
#include "rpc/method.h"
#include "xrpl/keylet.h"

/* Selectors that take a key in hex, in the order in which one of several wins. */
enum ledger_entry_selector {
    SEL_INDEX = 0,
    SEL_DIRECTORY,
    SEL_OFFER,
    SEL_CHECK,
    SEL_ESCROW,
    SEL_PAYMENT_CHANNEL,
    SEL_DEPOSIT_PREAUTH,
    SEL_TICKET,
    SEL_NFT_PAGE,
    SEL_AMM,
    SEL_XCHAIN_CREATE,
    SEL_XCHAIN_CLAIM,
    SEL_ORACLE,
    SEL_CREDENTIAL,
    SEL_MPTOKEN,
    SEL_PERMISSIONED_DOMAIN,
    SEL_VAULT,
    SEL_LOAN_BROKER,
    SEL_LOAN,
    SEL_DELEGATE,
    SEL_AMENDMENTS,
    SEL_FEE,
    SEL_HASHES,
    SEL_NFT_OFFER,
    SEL_NUNL,
    SEL_SIGNER_LIST,
    SEL_N
};

#define LEDGER_ENTRY_MAX_CREDENTIALS 8
#define LEDGER_ENTRY_MAX_CREDENTIAL_TYPE 64

/* Members of the object forms; each selector uses some of them. */
struct ledger_entry_form {
    struct param_account a, b;
    struct param_u32 n;
    struct param_hash256 h;
    struct param_hash192 mpt;
    struct param_text text;
};

struct ledger_entry_bridge {
    struct param_account locking_door, issuing_door;
    struct param_asset_value locking_issue, issuing_issue;
};

struct ledger_entry_args {
    bool binary;
    bool include_deleted;
    struct param_selector sel[SEL_N];
    struct ledger_entry_form form[SEL_N];
    struct param_account account_root, did, bridge_account;
    struct param_hash192 mpt_issuance;
    const struct json *ripple_state; /* not NULL: given */
    struct account line[2];
    struct param_currency line_currency;
    const struct json *bridge_given;
    struct ledger_entry_bridge bridge, xchain_claim, xchain_create;
    struct param_asset_value amm[2];
    const struct json *credentials_given;
    struct keylet_credential credentials[LEDGER_ENTRY_MAX_CREDENTIALS];
    size_t n_credentials;
};

extern const struct param ledger_entry_params_table[];
