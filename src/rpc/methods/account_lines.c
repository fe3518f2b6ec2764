/* SPDX-License-Identifier: Apache-2.0 */
/* account_lines: an account's trust lines, page by page (rpc-a 5). */
#include "rpc/line.h"
#include "rpc/method.h"
#include "rpc/owner_walk.h"
#include "rpc/put.h"
#include "xrpl/render.h"

struct args {
    struct param_account account, peer;
    bool ignore_default;
    struct param_u32 limit;
    struct param_marker marker;
};

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .bad = {RPC_ACT_MALFORMED, NULL}, .doc = "Address or public key of the account"),
    PARAM_ACCOUNT("peer", struct args, peer, .bad = {RPC_ACT_MALFORMED, NULL},
                  .doc = "Only lines to this account"),
    PARAM_BOOL("ignore_default", struct args, ignore_default,
               .doc = "Leave out lines that the account has not set up itself"),
    PARAM_LEDGER_HASH,
    PARAM_LIMIT("limit", struct args, limit, 10, 200, 400,
                .doc = "Objects of the account to look at"),
    PARAM_LEDGER_INDEX,
    PARAM_MARKER("marker", struct args, marker, .doc = "Where the page before this one ended"),
    PARAM_END,
};

static const struct put_flag own_flags[] = {
    {LINE_NO_RIPPLE, "no_ripple"},
    {LINE_AUTH, "authorized"},
    {LINE_FREEZE, "freeze"},
    {LINE_DEEP_FREEZE, "deep_freeze"},
    {0, NULL},
};
static const struct put_flag other_flags[] = {
    {LINE_NO_RIPPLE, "no_ripple_peer"},
    {LINE_AUTH, "peer_authorized"},
    {LINE_FREEZE, "freeze_peer"},
    {LINE_DEEP_FREEZE, "deep_freeze_peer"},
    {0, NULL},
};

static void put_value(struct call *c, const char *key, const struct amount *a)
{
    jw_key(c->w, key);
    render_amount_value(c->w, a);
}

static err put_line(struct owner_walk *w, void *arg, const struct hash256 *key, struct slice object)
{
    (void)key;
    const struct args *args = arg;
    struct call *c = w->c;
    struct line line;
    TRY(line_read(object, &args->account.v, &line));
    if ((args->ignore_default && !(line.own.flags & LINE_RESERVE)) ||
        (args->peer.set && !account_eq(&line.peer, &args->peer.v)))
        return OK;
    jw_obj_begin(c->w);
    call_put_account(c, "account", &line.peer);
    put_value(c, "balance", &line.balance);
    jw_key(c->w, "currency");
    render_currency(c->w, &line.balance.asset.currency);
    put_value(c, "limit", &line.own.limit);
    put_value(c, "limit_peer", &line.other.limit);
    jw_kv_u64(c->w, "quality_in", line.own.quality_in);
    jw_kv_u64(c->w, "quality_out", line.own.quality_out);
    put_flags(c, own_flags, line.own.flags);
    put_flags(c, other_flags, line.other.flags);
    jw_obj_end(c->w);
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct owner_walk_page page = {.account = &args->account,
                                   .limit = &args->limit,
                                   .marker = &args->marker,
                                   .type = ENTRY_RippleState,
                                   .list = "lines",
                                   .put = put_line,
                                   .arg = args};
    return owner_walk_reply(c, &page);
}

const struct method account_lines_method = {
    .name = "account_lines",
    .params = params,
    .args_bytes = sizeof(struct args),
    .deprecated = (const char *const[]){"ledger", "peer_index", NULL},
    .run = run,
    .doc = "An account's trust lines with balances, limits and flags, page by page.",
};
