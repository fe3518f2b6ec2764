/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts, currencies, issues: the small fixed-size values of the ledger, and their text forms.
 * Rules: base58 with XRPL's alphabet and checksum; currency codes as in the protocol's "standard"
 * and hex forms. */
#pragma once
#include "base/slice.h"
#include "base/hash.h"

struct account {
    uint8_t b[20];
};
struct currency {
    uint8_t b[20]; /* all zero = XRP */
};
struct mpt_id {
    uint8_t b[24]; /* sequence u32, issuer 20 */
};

enum asset_kind { ASSET_XRP = 0, ASSET_IOU, ASSET_MPT };

/* What an amount is an amount of. Unused parts are zero, so that memcmp compares. */
struct asset {
    enum asset_kind kind;
    struct currency currency; /* IOU */
    struct account issuer;    /* IOU */
    struct mpt_id mpt;        /* MPT */
};

#define ACCOUNT_TEXT_MAX 36 /* with NUL */
#define CURRENCY_TEXT_MAX 41

static inline bool account_eq(const struct account *a, const struct account *b)
{
    return memcmp(a->b, b->b, 20) == 0;
}
static inline int account_cmp(const struct account *a, const struct account *b)
{
    return memcmp(a->b, b->b, 20);
}
bool account_is_zero(const struct account *a);
static inline struct account account_of(const void *p20)
{
    struct account a;
    memcpy(a.b, p20, 20);
    return a;
}

/* Classic address ("r..."), NUL-terminated; returns its length. Hot: called for every account
 * rendered. */
size_t account_to_text(const struct account *a, char out[ACCOUNT_TEXT_MAX]);
/* Classic address only. */
bool account_from_text(struct slice text, struct account *ret);
/* Classic address, account public key in base58 or 33 bytes in hex ("parser A", rpc-a 1.9). */
bool account_from_text_lenient(struct slice text, struct account *ret);
/* Account of a 33-byte public key. */
struct account account_from_pubkey(struct slice key33);
/* Base58 account public key ("a..."), at most 56 bytes with NUL; 0 when not 33 bytes. */
size_t account_pubkey_to_text(struct slice key33, char out[56]);

/* Printed currency: XRP, "1" for no currency, three characters, or 40 hex digits. Returns the
 * length. */
size_t currency_to_text(const struct currency *c, char out[CURRENCY_TEXT_MAX]);
/* "" and "XRP" are XRP; three characters; 40 hex digits, or "0". */
bool currency_from_text(struct slice text, struct currency *ret);
bool currency_is_xrp(const struct currency *c);

bool asset_eq(const struct asset *a, const struct asset *b);
