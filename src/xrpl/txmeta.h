/* SPDX-License-Identifier: Apache-2.0 */
/* What a transaction's metadata says: result, index, affected objects; who and what it touched, for
 * the indexes; and the additions that replies make to transactions and metadata (rpc-a 1.22, rpc-b
 * E; index rules: etl-db 3.5, 3.7, 3.8). */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "json/jw.h"
#include "xrpl/account.h"
#include "xrpl/sto.h"

enum txmeta_kind { TXMETA_NONE = 0, TXMETA_CREATED, TXMETA_MODIFIED, TXMETA_DELETED };

/* One affected node. Slices point into the metadata; absent parts are empty. */
struct txmeta_node {
    enum txmeta_kind kind;
    uint16_t entry_type;
    struct hash256 key;
    struct slice fields;   /* NewFields of a created node, FinalFields of the others */
    struct slice previous; /* PreviousFields */
    struct slice prior_tx; /* of a modified node: the transaction that touched the object before */
    uint32_t prior_seq;    /* and its ledger */
};

struct txmeta_iter {
    struct sto_iter nodes;
};
struct txmeta_iter txmeta_iter_of(struct slice meta);
bool txmeta_next(struct txmeta_iter *it, struct txmeta_node *ret);

uint32_t txmeta_index(struct slice meta); /* TransactionIndex */
uint8_t txmeta_result(struct slice meta); /* 0 = tesSUCCESS; 255 when absent */

/* Index records. Metadata from which nothing can be derived gives no record and no error: nothing
 * that a transaction says may stop what reads it. Errors: ERR_LIMIT when the arena's budget is used
 * up. */

/* Accounts of the account_tx index: distinct, ascending. In `a`. */
ERR txmeta_accounts(struct slice meta, struct arena *a, struct account **ret, size_t *ret_n);

/* NFT index records of a transaction (etl-db 3.7). */
struct txmeta_nft {
    struct hash256 token;
    bool links;     /* belongs into the token's history */
    bool has_state; /* owner and is_burned are set */
    bool has_uri; /* `uri` is set (possibly empty): write uri row, and issuer row when has_state */
    bool is_burned;
    struct account owner;
    struct slice uri;
};
/* A transaction gives at most one record of a token. Writers who keep several transactions of one
 * ledger must write what each of them has: a later state does not replace an earlier uri. `uri`
 * points into tx, the list is in `a`. */
ERR txmeta_nfts(struct slice tx, struct slice meta, struct arena *a, struct txmeta_nft **ret,
                size_t *ret_n);

/* The same from a state object, for the first ledger of a history: every token of an NFTokenPage
 * (other types: none), with state and uri, without link. `uri` points into the page. */
ERR txmeta_page_nfts(const struct hash256 *key, struct slice page, struct arena *a,
                     struct txmeta_nft **ret, size_t *ret_n);

/* MPT holders whose MPToken a successful transaction of any type created or changed. */
struct txmeta_holder {
    struct mpt_id issuance;
    struct account holder;
};
ERR txmeta_holders(struct slice meta, struct arena *a, struct txmeta_holder **ret, size_t *ret_n);

/* The holder that an MPToken object names; false for other objects. */
bool txmeta_entry_holder(struct slice entry, struct txmeta_holder *ret);

/* How a reply shows a transaction. */
struct txmeta_show {
    uint32_t api_version; /* >= 2 drops Amount of payments for DeliverMax */
    uint32_t ledger_seq;
    uint32_t close_time; /* of its ledger */
    bool nft_synthetic;  /* nftoken_id, nftoken_ids, offer_id in the metadata */
};
/* Members of the transaction's JSON with DeliverMax; no braces, no hash. Errors: ERR_CORRUPT. */
ERR txmeta_render_tx_members(struct jw *w, struct slice tx, const struct txmeta_show *show);
/* The metadata's JSON value with delivered_amount, mpt_issuance_id and, if asked for, the NFT
 * fields. */
ERR txmeta_render_meta(struct jw *w, struct slice tx, struct slice meta,
                       const struct txmeta_show *show);
/* 16 hex digits, NUL-terminated; false when the sequence is above 0x0FFFFFFF, index or network
 * above 65535: there is no place for them (Clio cuts them off). */
bool txmeta_ctid(uint32_t ledger_seq, uint32_t tx_index, uint32_t network_id, char out[17]);
