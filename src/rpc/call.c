/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/call.h"

#include "rpc/rpc_request.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

#include <stdio.h>

err rpc_error(struct call *c, enum rpc_code code, const char *message)
{
    c->fault = (struct call_fault){.code = code, .message = message};
    return (err){ERR_INVALID};
}

err rpc_errorf(struct call *c, enum rpc_code code, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    size_t used = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    return rpc_error(c, code, arena_strdup(c->arena, slice_of(text, used)));
}

/* Looked at by steps, so that a walk over small things costs nothing. */
#define HOLD_STEP ((size_t)64 << 10)

static err check_held(struct call *c)
{
    if (!c->request || !c->request->may_hold)
        return OK;
    size_t bytes = arena_used(c->arena) + c->w->out->n;
    if (bytes < c->held_bytes + HOLD_STEP)
        return OK;
    c->held_bytes = bytes;
    if (!rpc_request_may_hold(c->request, bytes))
        return FAIL(ERR_LIMIT, "rpc: the client's requests hold more memory than they may");
    return OK;
}

err call_breathe(struct call *c)
{
    TRY(fiber_breathe());
    TRY(check_held(c));
    if (arena_over_budget(c->arena))
        return FAIL(ERR_LIMIT, "rpc: the request needs more memory than one may have");
    if (c->max_out_bytes && c->w->out->n > c->max_out_bytes)
        return FAIL(ERR_LIMIT, "rpc: the reply is larger than one may be");
    if (clock_now_ns() > c->deadline_ns)
        return FAIL(ERR_TIMEOUT, "rpc: the request takes longer than one may");
    return OK;
}

static err ledger_found(struct call *c, err e)
{
    if (e.code == ERR_NOT_FOUND)
        return rpc_error(c, RPC_LGR_NOT_FOUND, "ledgerNotFound");
    return e;
}

err call_open_seq(struct call *c, uint32_t seq)
{
    c->view = view_close(c->view);
    if (seq == 0) /* for views 0 is the newest, for requests it is a ledger that never was */
        return rpc_error(c, RPC_LGR_NOT_FOUND, "ledgerNotFound");
    return ledger_found(c, view_open(c->ledgers, seq, &c->view));
}

static err open_selected(struct call *c)
{
    if (!c->ledger.hash_given && c->ledger.index_is_seq)
        return call_open_seq(c, c->ledger.index);
    c->view = view_close(c->view);
    if (c->ledger.hash_given)
        return ledger_found(c, view_open_hash(c->ledgers, &c->ledger.hash, &c->view));
    if (c->ledger.is_marked)
        return call_open_seq(c, c->ledger.marked);
    return ledger_found(c, view_open(c->ledgers, 0, &c->view));
}

err call_open_ledger(struct call *c)
{
    TRY(open_selected(c));
    const struct ledger_header *h = view_header(c->view);
    c->at.set = true;
    c->at.seq = h->seq;
    c->at.hash = h->hash;
    return OK;
}

void call_put_ledger(struct call *c)
{
    const struct ledger_header *h = view_header(c->view);
    jw_kv_hex(c->w, "ledger_hash", hash256_slice(&h->hash));
    jw_kv_u64(c->w, "ledger_index", h->seq);
    jw_kv_bool(c->w, "validated", true);
}

err call_get(struct call *c, const struct hash256 *key, struct slice *ret)
{
    err e = view_get(c->view, key, c->arena, ret);
    if (e.code != ERR_NOT_FOUND)
        return e;
    *ret = SLICE_EMPTY;
    return OK;
}

err call_account_root(struct call *c, const struct account *account, enum rpc_code missing,
                      struct slice *ret)
{
    struct hash256 key = keylet_account(account);
    TRY(call_get(c, &key, ret));
    if (ret->n == 0)
        return rpc_error(c, missing, NULL);
    if (sto_entry_type(*ret) != ENTRY_AccountRoot)
        return rpc_error(c, RPC_DB_DESERIALIZATION, NULL);
    return OK;
}

void call_put_hash(struct call *c, const char *key, const struct hash256 *h)
{
    jw_key(c->w, key);
    jw_hex(c->w, hash256_slice(h));
}

void call_put_account(struct call *c, const char *key, const struct account *a)
{
    jw_key(c->w, key);
    render_account(c->w, a);
}
