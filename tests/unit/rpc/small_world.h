/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers 10..30 with a few objects and transactions, made by hand, and a client on them. */
#pragma once
#include "fake_ledger.h"
#include "xrpl/account.h"
#include "xrpl/field.h"

#define ALICE_BYTE 0xA1
#define BOB_BYTE 0xB0

struct small_world {
    struct ledgers *ledgers;
    struct store *store;
    struct rpc_server *server;
    struct client http, ws;
    char alice[40], bob[40], nobody[40]; /* addresses */
    struct hash256 txs[4]; /* ids: ledger 12 index 0, 12 index 1, 20 index 0, 30 index 0 */
    char tx_hex[4][65];
};

/* AccountRoots of alice (with AMMID) and bob (with flags and a signer list), amendments (Clawback,
 * BatchV1_1, one that nobody knows),
 * fees, an offer of alice that exists in ledgers 15..19. Transactions: 12:0 alice pays bob, 12:1 an
 * OfferCreate of bob, 20:0 bob pays alice, 30:0 alice pays bob. Network id 21338. */
struct small_world *small_world_new(void);

/* Serialized bytes, field by field, in the order given. */
void small_world_u16(struct buf *b, field_id id, uint16_t v);
void small_world_u32(struct buf *b, field_id id, uint32_t v);
void small_world_field(struct buf *b, field_id id, struct slice value);
/* `{"method":method,"params":[{params}]}` over HTTP; params may be "". */
const char *small_world_ask(struct small_world *w, const char *method, const char *params_fmt, ...)
    __attribute__((format(printf, 3, 4)));
