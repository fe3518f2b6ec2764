/* SPDX-License-Identifier: Apache-2.0 */
/* subscribe: have messages sent over this connection (rpc-b A.12). */
#include "base/mem.h"
#include "feed/feed.h"
#include "ledger/funds.h"
#include "rpc/book_list.h"
#include "rpc/methods/subscribe_params.h"
#include "rpc/rpc_request.h"
#include "rpc/server_impl.h"

#define SNAPSHOT_OFFERS 200

static const struct param history_members[] = {
    PARAM_ACCOUNT("account", struct subscribe_args, history, .required = true,
                  .doc = "Whose transactions"),
    PARAM_END,
};
static const struct param params[] = {
    SUBSCRIBE_PARAMS_TARGETS(subscribe_params_books),
    PARAM_ARRAY("tx_types", struct subscribe_args, tx_types,
                .bad = {RPC_INVALID_PARAMS, "Invalid field 'tx_types'."},
                .check = subscribe_params_tx_types, .doc = "Only transactions of these types"),
    PARAM_ARRAY("mpt_issuance_ids", struct subscribe_args, issuances,
                .bad = {RPC_INVALID_PARAMS, "Invalid field 'mpt_issuance_ids'."},
                .check = subscribe_params_issuances,
                .doc = "Only transactions that touch one of these MPT issuances"),
    PARAM_OBJECT("account_history_tx_stream", history_members,
                 .doc = "All transactions of an account: new ones, and backwards the old ones"),
    PARAM_U32("from_ledger", struct subscribe_args, from_ledger,
              .bad = {RPC_INVALID_PARAMS, "Invalid field 'from_ledger'."},
              .doc = "Begin with this ledger, out of the store, and go on live"),
    PARAM_END,
};

static bool is_of_ledgers(const struct feed_request *r)
{
    return (r->streams & FEED_LEDGER_STREAMS) || r->n_accounts || r->n_proposed || r->n_books;
}

/* The newest ledger that the client may have seen is that of any core. */
static err check_from(struct call *c, uint32_t newest)
{
    const struct subscribe_args *args = c->args;
    uint32_t first, last, from = args->from_ledger.v;
    if (!args->from_ledger.set)
        return OK;
    if (!ledgers_range(c->ledgers, &first, &last))
        first = last = newest;
    last = MAX(last, newest);
    if (from >= first && from <= last + 1)
        return OK;
    err e =
        rpc_errorf(c, RPC_LGR_NOT_FOUND, "Ledger %u is not held: this server has ledgers %u to %u.",
                   from, first, last);
    c->fault.extra =
        arena_printf(c->arena, "\"ledger_index_min\":%u,\"ledger_index_max\":%u", first, last);
    return e;
}

static err put_ledger(struct call *c)
{
    struct funds funds = funds_of(c->view, c->arena);
    struct funds_fees fees;
    TRY(funds_get_fees(&funds, &fees));
    feed_put_ledger(c->server->opts.feed, c->w, view_header(c->view), &fees);
    return OK;
}

/* --- snapshots --- */

enum side { SIDE_OFFERS, SIDE_BIDS, SIDE_ASKS };

static bool is_on_side(const struct subscribe_book *b, enum side side)
{
    return b->snapshot && b->both == (side != SIDE_OFFERS);
}

/* The offers of all books that have such a side, in one array. */
static err put_side(struct call *c, const char *name, enum side side)
{
    const struct subscribe_args *args = c->args;
    size_t n = 0;
    for (size_t i = 0; i < args->n_asked; i++) {
        const struct subscribe_book *b = &args->asked[i];
        if (!is_on_side(b, side))
            continue;
        if (n++ == 0) {
            jw_key(c->w, name);
            jw_arr_begin(c->w);
        }
        bool reversed = side == SIDE_ASKS;
        TRY(book_list_put(c,
                          &(struct book_list){.pays = reversed ? &b->book.gets : &b->book.pays,
                                              .gets = reversed ? &b->book.pays : &b->book.gets,
                                              .domain = b->book.has_domain ? &b->book.domain : NULL,
                                              .taker = &b->taker,
                                              .limit = SNAPSHOT_OFFERS}));
    }
    if (n > 0)
        jw_arr_end(c->w);
    return OK;
}

static err put_snapshots(struct call *c)
{
    TRY(put_side(c, "offers", SIDE_OFFERS));
    TRY(put_side(c, "bids", SIDE_BIDS));
    return put_side(c, "asks", SIDE_ASKS);
}

static void put_replay(struct call *c, uint32_t first, uint32_t newest)
{
    jw_key(c->w, "replay");
    jw_obj_begin(c->w);
    jw_kv_u64(c->w, "first", first);
    jw_kv_u64(c->w, "last", MAX(newest, first - 1));
    jw_obj_end(c->w);
}

/* All reading happens at the ledger behind which the messages begin. */
static err run(struct call *c)
{
    struct subscribe_args *args = c->args;
    struct feed_request *r = &args->request;
    struct ledger_header tip;
    if (c->request->session == NULL || c->server->opts.feed == NULL)
        return rpc_error(c, RPC_NOT_SUPPORTED, NULL);
    struct feed_sub *sub = feed_sub_of(c->request->session);
    if (sub == NULL)
        return (err){ERR_CANCELLED};
    uint32_t newest = feed_sub_newest(sub);
    if (newest == 0 && ledgers_tip(c->ledgers, &tip))
        newest = tip.seq; /* the first is being published */
    TRY(check_from(c, newest));
    if (r->streams & 1u << FEED_STREAM_LEDGER || args->n_asked)
        TRY(call_open_seq(c, newest));
    if (r->streams & 1u << FEED_STREAM_LEDGER)
        TRY(put_ledger(c));
    TRY(put_snapshots(c));
    c->view = view_close(c->view);
    r->api_version = c->api_version;
    r->resumes = args->from_ledger.set;
    r->first = r->resumes ? args->from_ledger.v : newest + 1;
    if (r->resumes && is_of_ledgers(r))
        put_replay(c, r->first, newest);
    if (args->history.set) {
        r->history = &args->history.v;
        jw_kv_lit(
            c->w, "warning",
            "account_history_tx_stream is an experimental feature and likely to be removed in "
            "the future");
    }
    err e = feed_sub_add(sub, r);
    if (e.code == ERR_EXISTS)
        return rpc_error(c, RPC_INVALID_PARAMS, NULL);
    return e.code == ERR_LIMIT ? rpc_error(c, RPC_TOO_BUSY, NULL) : e;
}

const struct method subscribe_method = {
    .name = "subscribe",
    .flags = METHOD_LOCAL,
    .params = params,
    .args_bytes = sizeof(struct subscribe_args),
    .deprecated = (const char *const[]){"user", "password", "rt_accounts", NULL},
    .run = run,
    .doc = "Have messages about ledgers, transactions and books sent over this connection.",
};
