/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger of accounts, trust lines and offers, made by hand, and a view of it. */
#pragma once
#include "chain.h"
#include "ledger/funds.h"

#define MARKET_MAX 32

struct market {
    struct chain chain;
    struct store_object objects[MARKET_MAX];
    size_t n;
    struct store *store;
    struct ledgers *ledgers;
    struct view *view;
    struct arena *arena;
    struct funds funds;
};

/* LINE flags as seen from the issuer's side of a line. */
enum { MARKET_FREEZE = 1, MARKET_DEEP_FREEZE = 2, MARKET_OTHER_FREEZE = 4 };
#define MARKET_DEPOSIT_AUTH 0x01000000u
#define MARKET_GLOBAL_FREEZE 0x00400000u

void market_init(struct market *m);
/* No more objects; the view is open. */
void market_open(struct market *m);
void market_deinit(struct market *m);

struct account market_account(char name);
struct asset market_asset(const char *currency, char issuer);
/* `text` as amounts are written: drops, or a decimal of at most 16 digits. */
struct amount market_amount(const struct asset *asset, const char *text);

/* Fees in drops, with the fields of today or with those of old. */
void market_fees(struct market *m, uint64_t reserve, uint64_t increment, bool old_fields);
void market_amendment(struct market *m, const char *name);
struct market_root {
    uint64_t drops;
    uint32_t owner_count, flags, transfer_rate;
    const struct hash256 *amm_id, *vault_id, *broker_id;
};
void market_add_root(struct market *m, char name, struct market_root root);
/* `holder` holds `text` of `asset`. */
void market_add_line(struct market *m, char holder, const struct asset *asset, const char *text,
                     uint32_t flags);
void market_add_amm(struct market *m, const struct hash256 *id, const struct asset *a,
                    const struct asset *b);
void market_add(struct market *m, const struct hash256 *key, const struct buf *b);

/* Serialized Offer; in the chain's arena. */
struct slice market_offer(struct market *m, char owner, const struct amount *gets,
                          const struct amount *pays, uint64_t quality);
