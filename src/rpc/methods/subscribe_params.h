/* SPDX-License-Identifier: Apache-2.0 */
/* What subscribe and unsubscribe name (rpc-b A.12, A.13). */
#pragma once
#include "feed/feed_request.h"
#include "rpc/method.h"

/* A book as the request has it; `both` stands as two books in the list of subscriptions. */
struct subscribe_book {
    struct feed_book book;
    struct account taker;
    bool both;
    bool snapshot;
};

struct subscribe_args {
    const struct json *streams, *accounts, *proposed, *books, *tx_types, *issuances;
    struct param_u32 from_ledger;
    struct param_account history; /* account_history_tx_stream */
    bool stop_history_tx_only;
    bool both, snapshot;          /* of the book that is being checked */
    struct param_account taker;   /* likewise */
    struct feed_request request;  /* what the checks made of it; in the call's arena */
    struct subscribe_book *asked; /* the books, as asked */
    size_t n_asked;
};

/* Rows for both methods' tables. */
err subscribe_params_streams(struct call *c, const struct param *p, const struct json *v);
err subscribe_params_accounts(struct call *c, const struct param *p, const struct json *v);
err subscribe_params_books(struct call *c, const struct param *p, const struct json *v);
/* The same for unsubscribe, which looks at `both` and the book only. */
err subscribe_params_books_named(struct call *c, const struct param *p, const struct json *v);
err subscribe_params_tx_types(struct call *c, const struct param *p, const struct json *v);
err subscribe_params_issuances(struct call *c, const struct param *p, const struct json *v);

#define SUBSCRIBE_PARAMS_TARGETS(check_books)                                                      \
    PARAM_ARRAY("streams", struct subscribe_args, streams,                                         \
                .wrong_type = {RPC_INVALID_PARAMS, "streamsNotArray"},                             \
                .check = subscribe_params_streams, .doc = "Names of streams"),                     \
        PARAM_ARRAY("accounts", struct subscribe_args, accounts,                                   \
                    .wrong_type = {RPC_INVALID_PARAMS, "accountsNotArray"},                        \
                    .check = subscribe_params_accounts,                                            \
                    .doc = "Accounts whose validated transactions are sent"),                      \
        PARAM_ARRAY("accounts_proposed", struct subscribe_args, proposed,                          \
                    .wrong_type = {RPC_INVALID_PARAMS, "accounts_proposedNotArray"},               \
                    .check = subscribe_params_accounts,                                            \
                    .doc = "Accounts whose proposed and validated transactions are sent"),         \
        PARAM_ARRAY("books", struct subscribe_args, books,                                         \
                    .wrong_type = {RPC_INVALID_PARAMS, "booksNotArray"}, .check = check_books,     \
                    .doc = "Order books whose transactions are sent")
