/* SPDX-License-Identifier: Apache-2.0 */
/* Which ledgers, and from where in them, a method that lists transactions looks at: parameters
 * `ledger_index_min`, `ledger_index_max`, `ledger_hash`, `ledger_index` and `marker` (rpc-a 11,
 * rpc-b A.5). Rows of a parameter table, in the order of their checks:
 *
 *     struct args { struct tx_span_args span; ... };
 *     TX_SPAN_RANGE(struct args, span), ..., TX_SPAN_MARKER(struct args, span), */
#pragma once
#include "rpc/param.h"
#include "rpc/tx_rows.h"

struct tx_span_args {
    struct param_i32 min, max;
    const struct json *marker; /* NULL = none */
    struct param_u32 marker_ledger, marker_seq;
};

#define TX_SPAN_RANGE(S, f)                                                                        \
    PARAM_LEDGER,                                                                                  \
        PARAM_I32("ledger_index_min", S, f.min,                                                    \
                  .doc = "Oldest ledger to look at; -1 = the oldest held"),                        \
        PARAM_I32("ledger_index_max", S, f.max,                                                    \
                  .doc = "Newest ledger to look at; -1 = the newest")
/* `members`: a table that TX_SPAN_MARKER_MEMBERS made. */
#define TX_SPAN_MARKER(S, f, members)                                                              \
    PARAM_ANY("marker", S, f.marker),                                                              \
        PARAM_OBJECT("marker", members, .wrong_type = {RPC_INVALID_PARAMS, "invalidMarker"},       \
                     .doc = "Where the page before this one ended, as it said")
#define TX_SPAN_MARKER_MEMBERS(S, f)                                                               \
    {                                                                                              \
        PARAM_U32("ledger", S, f.marker_ledger, .required = true,                                  \
                  .doc = "Ledger of the transaction"),                                             \
            PARAM_U32("seq", S, f.marker_seq, .required = true, .doc = "Its place in the ledger"), \
            PARAM_END                                                                              \
    }

enum tx_span_rule {
    /* A range that is not held is an error, and so is one beside a ledger. */
    TX_SPAN_STRICT = 0,
    /* account_tx: until API version 2 such a range is narrowed to what is held, and wins over a
     * ledger; "validated" counts as one. */
    TX_SPAN_BY_VERSION,
};

/* Histories of tokens: a marker names the row read last when backward, the one behind it when
 * forward. Begin at it; and write the one of the next page, if there is one. */
void tx_span_begin_history(const struct tx_span_args *args, struct tx_rows *rows);
void tx_span_put_history_marker(struct call *c, const struct tx_rows *rows);

/* Set rows->low, rows->high (and open the ledger, when one is named). Errors: rpc_error. */
YIELDS ERR tx_span_select(struct call *c, const struct tx_span_args *args, enum tx_span_rule rule,
                          struct tx_rows *rows);
