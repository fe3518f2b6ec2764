/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of stream messages (rpc-b D.4, D.5, D.12): pure functions of a ledger's content. */
#pragma once
#include "base/arena.h"
#include "json/jw.h"
#include "ledger/funds.h"

/* Members that the message and the reply to subscribe share. */
struct feed_text_server {
    uint32_t first; /* oldest ledger held */
    uint32_t network_id;
};
void feed_text_ledger(struct jw *w, const struct ledger_header *h, const struct funds_fees *fees,
                      const struct feed_text_server *server);
/* The ledgerClosed message, a value. */
void feed_text_closed(struct jw *w, const struct ledger_header *h, const struct funds_fees *fees,
                      const struct feed_text_server *server, uint32_t n_txs);

struct feed_text_tx {
    struct slice tx;
    struct slice meta;
    const struct hash256 *hash;
    uint32_t index;
    uint32_t api_version;
    uint32_t network_id;
    struct slice owner_funds; /* empty = none */
    bool has_history_index;   /* of account_history_tx_stream */
    int64_t history_index;
    bool history_boundary; /* the last of its ledger in a backward walk */
    bool history_first;    /* the first that the account ever had */
};
/* A validated transaction's message, a value. What is malformed is shown as far as it can be read.
 */
void feed_text_tx(struct jw *w, const struct ledger_header *h, const struct feed_text_tx *t);

/* `owner_funds` of an OfferCreate: what its sender holds of what it gives; *ret empty for all other
 * transactions, and for issuers. In `a`. Errors: of reading the state. */
YIELDS ERR feed_text_owner_funds(struct view *v, struct slice tx, struct arena *a,
                                 struct slice *ret);

/* Text of a result code; "" when there is none. */
const char *feed_text_result(uint8_t code);
