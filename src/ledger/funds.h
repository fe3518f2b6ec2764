/* SPDX-License-Identifier: Apache-2.0 */
/* What accounts hold and may spend at one ledger: balances, reserves, freezes, transfer rates
 * (rpc-a 1.20, 1.24). A `struct funds` remembers what it has read of issuers, fees and amendments,
 * so that a request asks the state once for each.
 *
 * Errors of all functions that read: ERR_CORRUPT (an object that is not what stands at its key, or
 * cannot be decoded), ERR_IO, ERR_TIMEOUT, ERR_CANCELLED. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "ledger/view.h"
#include "xrpl/account.h"
#include "xrpl/amount.h"

struct funds_fees {
    uint64_t base_drops;
    uint64_t reserve_base_drops;
    uint64_t reserve_increment_drops;
};

/* What is needed of an AccountRoot. */
struct funds_root {
    struct account account;
    bool known;     /* read already (the cache's own) */
    bool exists;    /* the rest is zero when it does not */
    bool is_amm;    /* has AMMID */
    bool is_pseudo; /* an AMM's, a vault's or a loan broker's: keeps no reserve */
    uint32_t flags;
    uint32_t owner_count;
    /* Sponsorship: who pays the account's own reserve, things that others pay for, things and
     * accounts that this one pays for. */
    bool is_sponsored;
    uint32_t sponsored_count, sponsoring_count, sponsoring_accounts;
    uint32_t transfer_rate; /* parity when the field is absent */
    uint64_t balance_drops;
    struct hash256 amm_id;
};

#define FUNDS_N_ROOTS 8

struct funds {
    struct view *view;
    struct arena *arena; /* scratch of single calls: left as it was found */
    /* Remembered. */
    struct funds_root roots[FUNDS_N_ROOTS];
    struct funds_fees fees;
    bool fees_known;
    bool lp_freeze; /* amendment fixFrozenLPTokenTransfer */
    bool lp_freeze_known;
};

/* Both are borrowed. */
struct funds funds_of(struct view *v, struct arena *a);

/* From FeeSettings; zeros when there are none. */
YIELDS ERR funds_get_fees(struct funds *f, struct funds_fees *ret);
/* What an account must keep, in drops, for what it owns, and for others where it pays for them or
 * they for it (XLS-68, 6.2); UINT64_MAX on overflow. */
uint64_t funds_root_reserve(const struct funds_fees *fees, const struct funds_root *root);

/* An account's root; valid until the next call. */
YIELDS ERR funds_root_get(struct funds *f, const struct account *account,
                          const struct funds_root **ret);

/* The issuer of an issued currency, or of an MPT; the zero account for XRP. */
struct account funds_issuer(const struct asset *asset);

/* Frozen for everybody by the issuer (never for XRP: the zero account; nor for absent accounts). */
YIELDS ERR funds_is_global_frozen(struct funds *f, const struct account *issuer, bool *ret);
/* Frozen for `account`: globally, or on its trust line by the issuer; an MPT that is locked as a
 * whole or for the account. */
YIELDS ERR funds_is_frozen(struct funds *f, const struct account *account,
                           const struct asset *asset, bool *ret);
/* The trust line is deep-frozen by either side (issued currencies only). */
YIELDS ERR funds_is_deep_frozen(struct funds *f, const struct account *account,
                                const struct asset *asset, bool *ret);

/* Parity for XRP and for what has none. */
YIELDS ERR funds_transfer_rate(struct funds *f, const struct account *issuer, uint32_t *ret);
/* Of an asset, also of an MPT: its own transfer fee, and whether it is locked as a whole. */
YIELDS ERR funds_asset_rate(struct funds *f, const struct asset *asset, uint32_t *ret);
YIELDS ERR funds_asset_frozen(struct funds *f, const struct asset *asset, bool *ret);

/* XRP above the reserve; 0 when there is no such account. Pseudo-accounts keep no reserve. (Clio
 * mistakes lsfDepositAuth, which such accounts have, for their mark: rpc-a Q5.) */
YIELDS ERR funds_xrp_liquid(struct funds *f, const struct account *account, uint64_t *ret_drops);

/* What `account` holds of `asset`, from its own point of view (so it can be negative), as an amount
 * of that asset. No trust line: zero. zero_if_frozen: also when it is frozen, or when it is the
 * token of an AMM with a frozen asset. Deep freezes are not looked at. */
YIELDS ERR funds_account_holds(struct funds *f, const struct account *account,
                               const struct asset *asset, bool zero_if_frozen, struct amount *ret);

/* What `account` holds of an AMM's tokens; zero when they are frozen or deep-frozen for it. */
YIELDS ERR funds_lp_holds(struct funds *f, const struct account *account,
                          const struct currency *lp_currency, const struct account *amm_account,
                          struct amount *ret);
