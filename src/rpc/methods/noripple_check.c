/* SPDX-License-Identifier: Apache-2.0 */
/* noripple_check: does an account's rippling fit its role, and what to send to repair it (rpc-b
 * A.8). */
#include "base/mem.h"
#include "ledger/funds.h"
#include "rpc/line.h"
#include "rpc/method.h"
#include "rpc/owner_walk.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

#define ROOT_DEFAULT_RIPPLE 0x00800000u
#define SET_DEFAULT_RIPPLE 8u
#define TRUST_SET_NO_RIPPLE 131072u
#define TRUST_CLEAR_NO_RIPPLE 262144u

struct args {
    struct param_account account;
    struct param_text role;
    struct param_u32 limit;
    bool transactions;
};

static const char *const roles[] = {"gateway", "user", NULL};

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .doc = "Address or public key of the account"),
    PARAM_STRING("role", struct args, role, .required = true, .names = roles,
                 .bad = {RPC_INVALID_PARAMS, "role field is invalid"}, .doc = "gateway or user"),
    PARAM_LEDGER,
    PARAM_LIMIT("limit", struct args, limit, 1, 300, 500, .doc = "Trust lines to report"),
    PARAM_LOOSE_BOOL("transactions", struct args, transactions, .until = 1,
                     .doc = "Suggest transactions that repair the problems"),
    PARAM_BOOL("transactions", struct args, transactions, .since = 2,
               .doc = "Suggest transactions that repair the problems"),
    PARAM_END,
};

struct check {
    struct args *args;
    bool is_gateway;
    uint32_t left;     /* lines that may be reported still */
    uint32_t sequence; /* of the next suggestion */
    uint64_t fee_drops;
    struct buf text; /* suggestions, elements of an array */
    struct jw w;
};

static void check_deinit(struct check *k)
{
    buf_deinit(&k->text);
}

/* --- suggestions --- */

static void begin_suggestion(struct check *k, const char *type)
{
    char text[ACCOUNT_TEXT_MAX];
    size_t n = account_to_text(&k->args->account.v, text);
    jw_obj_begin(&k->w);
    jw_kv_u64(&k->w, "Sequence", k->sequence++);
    jw_key(&k->w, "Account");
    jw_ascii(&k->w, text, n);
    jw_kv_u64_str(&k->w, "Fee", k->fee_drops);
    jw_kv_lit(&k->w, "TransactionType", type);
}

static void suggest_account_set(struct check *k)
{
    if (!k->args->transactions)
        return;
    begin_suggestion(k, "AccountSet");
    jw_kv_u64(&k->w, "SetFlag", SET_DEFAULT_RIPPLE);
    jw_obj_end(&k->w);
}

static void suggest_trust_set(struct check *k, const struct line *line, uint32_t flags)
{
    if (!k->args->transactions)
        return;
    struct amount limit = line->own.limit;
    limit.asset.issuer = line->peer;
    begin_suggestion(k, "TrustSet");
    jw_key(&k->w, "LimitAmount");
    render_amount(&k->w, &limit);
    jw_kv_u64(&k->w, "Flags", flags);
    jw_obj_end(&k->w);
}

/* --- problems --- */

static void put_problem(struct call *c, const char *text)
{
    jw_ascii(c->w, text, strlen(text));
}

static void check_root(struct call *c, struct check *k, uint32_t flags)
{
    bool rippling = flags & ROOT_DEFAULT_RIPPLE;
    if (rippling && !k->is_gateway) {
        put_problem(c, "You appear to have set your default ripple flag even though you are not a "
                       "gateway. This is not recommended unless you are experimenting");
    } else if (!rippling && k->is_gateway) {
        put_problem(c, "You should immediately set your default ripple flag");
        suggest_account_set(k);
    }
}

static err check_line(struct owner_walk *w, void *arg, const struct hash256 *key,
                      struct slice object)
{
    (void)key;
    struct check *k = arg;
    struct line line;
    TRY(line_read(object, &k->args->account.v, &line));
    bool no_ripple = line.own.flags & LINE_NO_RIPPLE;
    if (no_ripple != k->is_gateway)
        return OK;
    char currency[CURRENCY_TEXT_MAX], peer[ACCOUNT_TEXT_MAX], text[192];
    currency_to_text(&line.balance.asset.currency, currency);
    account_to_text(&line.peer, peer);
    int n = snprintf(text, sizeof text, "You should %s the no ripple flag on your %s line to %s",
                     no_ripple ? "clear" : "probably set", currency, peer);
    jw_str(w->c->w, slice_of(text, (size_t)n));
    suggest_trust_set(k, &line, no_ripple ? TRUST_CLEAR_NO_RIPPLE : TRUST_SET_NO_RIPPLE);
    w->enough = --k->left == 0;
    return OK;
}

static err read_fee(struct call *c, struct check *k)
{
    struct funds funds = funds_of(c->view, c->arena);
    struct funds_fees fees;
    TRY(funds_get_fees(&funds, &fees));
    k->fee_drops = fees.base_drops;
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct slice root;
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, &args->account.v, RPC_ACT_NOT_FOUND, &root));
    CLEANUP(check_deinit)
    struct check k = {.args = args,
                      .is_gateway = slice_is(args->role.v, "gateway"),
                      .left = args->limit.v,
                      .sequence = sto_u32(root, FIELD_Sequence, 0)};
    k.w = jw_to(&k.text);
    k.w.tables = c->w->tables;
    if (args->transactions)
        TRY(read_fee(c, &k));
    call_put_ledger(c);
    jw_key(c->w, "problems");
    jw_arr_begin(c->w);
    check_root(c, &k, sto_u32(root, FIELD_Flags, 0));
    struct owner_walk walk = owner_walk_of(c, &args->account.v, 0, NULL);
    TRY(owner_walk_each(&walk, ENTRY_RippleState, check_line, &k));
    jw_arr_end(c->w);
    if (!args->transactions)
        return OK;
    jw_key(c->w, "transactions");
    jw_arr_begin(c->w);
    jw_raw(c->w, buf_slice(&k.text));
    jw_arr_end(c->w);
    return OK;
}

const struct method noripple_check_method = {
    .name = "noripple_check",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "Whether an account's no-ripple settings fit its role, and transactions to repair them.",
};
