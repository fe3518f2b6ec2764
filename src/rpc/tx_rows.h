/* SPDX-License-Identifier: Apache-2.0 */
/* The transactions that an index names (of an account, of a token), in pages: from a position,
 * forwards or backwards, within a span of ledgers (rpc-a 11, rpc-b A.5).
 *
 *     struct tx_rows rows = {.index = ..., .prefix = ..., .low = ..., .high = ..., .left = limit};
 *     tx_rows_start(&rows, NULL);
 *     TRY(tx_rows_each(c, &rows, put, arg));
 *     if (rows.more) ... a marker: rows.from */
#pragma once
#include "rpc/call.h"
#include "rpc/tx_json.h"

struct tx_rows_show;
struct tx_rows {
    enum store_index index;
    struct slice prefix;
    uint32_t low, high; /* ledgers, both included */
    bool forward;
    uint32_t left;            /* transactions to hand out */
    uint32_t n_out;           /* that were */
    struct store_tx_pos from; /* afterwards: the row read last */
    bool inclusive;           /* a row at `from` itself counts */
    bool more;                /* the limit was reached, and a row of the span follows */
    /* Filters: what does not pass is not handed out and does not count. `from` is then the row
     * looked at last, and a page may end early when very many rows were looked at (then `more`). */
    int32_t type;                                         /* TransactionType + 1; 0 = all */
    bool (*passes)(void *arg, const struct store_tx *tx); /* NULL = all; `arg` of tx_rows_each */
    /* How fn writes them: what is remembered so (tx_texts.h) is written without reading the
     * transaction and calling fn, unless there is a `passes`. NULL: fn is called for all. */
    const struct tx_rows_show *show;
};

/* Begin behind *after; NULL, or a position ahead of the span: at the span's first transaction (its
 * last, if backward). */
void tx_rows_start(struct tx_rows *r, const struct store_tx_pos *after);

/* Refuse (notReady) while the index lacks ledgers of the span: it is younger than the store and
 * still being built. */
YIELDS ERR tx_rows_check_index(struct call *c, const struct tx_rows *r);

typedef err (*tx_rows_fn)(struct call *c, void *arg, const struct store_tx *tx);
/* Call fn for each transaction, in order; `tx` is valid until fn returns. Breathes. Errors:
 * ERR_CORRUPT, those of call_breathe and fn. */
YIELDS ERR tx_rows_each(struct call *c, struct tx_rows *r, tx_rows_fn fn, void *arg);

/* How an element of `transactions` is written. */
struct tx_rows_show {
    bool binary;
    bool binary_date;   /* with binary: the member `date` */
    bool nft_synthetic; /* in the metadata */
    bool in_ledger;     /* API 1: `inLedger` */
    bool ctid;
    uint32_t network_id;   /* for ctid */
    const char *party_key; /* with JSON: a member that names `party`; NULL = none */
    struct account party;
    struct tx_json_ledger ledger; /* zeroed before the first */
};
/* Write the element, "{...}", and remember it. */
YIELDS ERR tx_rows_put(struct call *c, struct tx_rows_show *show, const struct store_tx *tx);

/* Write `marker`. */
void tx_rows_put_marker(struct call *c, struct store_tx_pos pos);
