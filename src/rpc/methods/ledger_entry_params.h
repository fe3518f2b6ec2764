/* SPDX-License-Identifier: Apache-2.0 */
/* What a request of ledger_entry says, and the object that it names (rpc-a 21). The selectors
 * themselves: ledger_entry.def. */
#pragma once
#include "rpc/method.h"
#include "xrpl/keylet.h"

enum ledger_entry_selector {
#define X(name, type, wins, rows, key) SEL_##name,
#include "rpc/methods/ledger_entry.def"
#undef X
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
    struct slice type; /* of a credential: its bytes */
};

struct ledger_entry_bridge {
    struct param_account locking_door, issuing_door;
    struct param_asset_value locking_issue, issuing_issue;
};

struct ledger_entry_line {
    struct account ends[2];
    struct param_currency currency;
};

struct ledger_entry_args {
    bool binary;
    bool include_deleted;
    struct param_selector sel[SEL_N]; /* of those that take a key */
    struct ledger_entry_form form[SEL_N];
    struct param_account bridge_account;
    struct ledger_entry_line ripple_state, state;
    const struct json *account;
    struct ledger_entry_bridge bridge, xchain_claim, xchain_create;
    struct param_asset_value amm[2];
    const struct json *credentials_given;
    struct keylet_credential credentials[LEDGER_ENTRY_MAX_CREDENTIALS];
    size_t n_credentials;
};

extern const struct param ledger_entry_params_table[];

/* The object that a request names. */
struct ledger_entry_target {
    struct hash256 key;
    uint16_t type; /* LedgerEntryType that it must have; 0 = any */
};
/* Errors: rpc_error. */
ERR ledger_entry_keys_target(struct call *c, struct ledger_entry_args *args,
                             struct ledger_entry_target *ret);
