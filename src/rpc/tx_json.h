/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions as replies show them (rpc-a 1.22, rpc-b E). */
#pragma once
#include "rpc/call.h"
#include "store/store.h"
#include "xrpl/txmeta.h"

/* What a caller adds inside the transaction's object. */
struct tx_json_extra {
    bool hash; /* "hash" */
    bool ctid; /* "ctid", with network_id, unless the sequence is too large */
    uint32_t network_id;
    bool date;         /* "date" */
    bool ledger_index; /* "ledger_index" */
    bool in_ledger;    /* "inLedger" */
};

/* The transaction's object, a value: "{...}". show->ledger_seq and close_time are its ledger's. */
ERR tx_json_put_tx(struct jw *w, const struct store_tx *tx, const struct hash256 *hash,
                   const struct txmeta_show *show, const struct tx_json_extra *extra);
/* The same without braces. */
ERR tx_json_put_members(struct jw *w, const struct store_tx *tx, const struct hash256 *hash,
                        const struct txmeta_show *show, const struct tx_json_extra *extra);

/* Close time and hash of ledgers, remembered from one to the next (transactions come in runs of a
 * ledger). */
struct tx_json_ledger {
    uint32_t seq; /* 0 = none yet */
    bool known;   /* the header could be read */
    uint32_t close_time;
    struct hash256 hash;
};
/* Look up ledger `seq` into *l, unless it is there. A ledger that is not found is not an error:
 * known = false. */
YIELDS ERR tx_json_ledger_at(struct call *c, uint32_t seq, struct tx_json_ledger *l);
/* Write `ledger_hash` and `close_time_iso` of a known ledger. */
void tx_json_put_ledger(struct jw *w, const struct tx_json_ledger *l);
void tx_json_put_time_iso(struct jw *w, uint32_t close_time);
