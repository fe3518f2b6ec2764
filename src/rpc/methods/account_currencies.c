/* SPDX-License-Identifier: Apache-2.0 */
/* account_currencies: what an account can send and receive over its trust lines (rpc-a 3). */
#include "base/mem.h"
#include "base/table.h"
#include "rpc/line.h"
#include "rpc/method.h"
#include "rpc/owner_walk.h"
#include "rpc/sort_list.h"
#include "xrpl/render.h"

struct args {
    struct param_account account;
};

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .doc = "Address or public key of the account"),
    PARAM_LEDGER,
    PARAM_END,
};

/* One currency of the account. */
struct entry {
    struct sort_node node;
    char text[CURRENCY_TEXT_MAX];
    uint8_t n_text;
    bool send, receive;
};

struct found {
    const struct account *account;
    struct table *by_code; /* struct entry, in the call's arena */
    struct sort_list sorted;
};

static int by_text(const struct sort_node *a, const struct sort_node *b)
{
    return strcmp(((const struct entry *)a)->text, ((const struct entry *)b)->text);
}

static err entry_of(struct call *c, struct found *f, const struct currency *code,
                    struct entry **ret)
{
    *ret = table_get(f->by_code, code->b);
    if (*ret)
        return OK;
    struct entry *e = arena_try(c->arena, sizeof *e);
    if (!e)
        return FAIL(ERR_LIMIT, "rpc: no memory left for the currencies of an account");
    *e = (struct entry){.send = false};
    e->n_text = (uint8_t)currency_to_text(code, e->text);
    table_put(f->by_code, code->b, e);
    *ret = e;
    return sort_list_add(&f->sorted, c, &e->node);
}

static err add_line(struct owner_walk *w, void *arg, const struct hash256 *key, struct slice object)
{
    (void)key;
    struct found *f = arg;
    struct line line;
    int above_own, above_other;
    TRY(line_read(object, f->account, &line));
    struct amount owed = amount_negate(line.balance);
    TRY(amount_compare(&line.balance, &line.own.limit, &above_own));
    TRY(amount_compare(&owed, &line.other.limit, &above_other));
    if (above_own >= 0 && above_other >= 0)
        return OK;
    struct entry *e;
    TRY(entry_of(w->c, f, &line.balance.asset.currency, &e));
    e->receive |= above_own < 0;
    e->send |= above_other < 0;
    return OK;
}

static err put_list(struct call *c, const char *key, const struct sort_node *first, bool send)
{
    jw_key(c->w, key);
    jw_arr_begin(c->w);
    for (const struct sort_node *n = first; n; n = n->next) {
        const struct entry *e = (const struct entry *)n;
        if (send ? e->send : e->receive)
            jw_ascii(c->w, e->text, e->n_text);
        TRY(call_breathe(c));
    }
    jw_arr_end(c->w);
    return OK;
}

static err put_currencies(struct call *c, const struct account *account, struct table *by_code)
{
    struct found f = {.account = account, .by_code = by_code, .sorted = {.order = by_text}};
    struct sort_node *first;
    struct owner_walk walk = owner_walk_of(c, account, 0, NULL);
    TRY(owner_walk_each(&walk, ENTRY_RippleState, add_line, &f));
    TRY(sort_list_take(&f.sorted, c, &first));
    TRY(put_list(c, "receive_currencies", first, false));
    return put_list(c, "send_currencies", first, true);
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct slice root;
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, &args->account.v, RPC_ACT_NOT_FOUND, &root));
    call_put_ledger(c);
    CLEANUP(table_freep) struct table *by_code = table_new(sizeof(struct currency));
    return put_currencies(c, &args->account.v, by_code);
}

const struct method account_currencies_method = {
    .name = "account_currencies",
    .params = params,
    .args_bytes = sizeof(struct args),
    .deprecated = (const char *const[]){"account_index", "strict", NULL},
    .run = run,
    .doc = "The currencies an account can send and receive over its trust lines.",
};
