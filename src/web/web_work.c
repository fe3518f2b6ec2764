/* SPDX-License-Identifier: Apache-2.0 */
#include "web/web_work.h"

#include "base/mem.h"
#include "rpc/engine.h"
#include "rt/fiber.h"
#include "web/weight.h"

#include <stdlib.h>

/* Idle request memory kept per core; an answer's buffer above this size is given back at once. */
#define MAX_IDLE_WORKS 256
#define MAX_KEPT_BUF_BYTES ((size_t)65536)
/* Bytes that one request's arena may use: the largest answers need far less, everything more is an
 * attack or our bug. */
#define ARENA_BUDGET_BYTES ((size_t)16 << 20)

/* Whitelisted clients are not counted against server.max_queue_size; but each request has a stack.
 */
#define MAX_WHITELISTED_IN_WORK 8192

static bool take_place(struct web *web, const struct guard_client *c)
{
    uint32_t before = atomic_fetch_add_explicit(&web->n_in_work, 1, memory_order_relaxed);
    if (!atomic_load_explicit(&web->stopping, memory_order_relaxed) &&
        (before < web->opts.max_in_work ||
         (guard_whitelisted(c) && before < MAX_WHITELISTED_IN_WORK)))
        return true;
    atomic_fetch_sub_explicit(&web->n_in_work, 1, memory_order_relaxed);
    return false;
}

enum web_admission web_work_admit(struct web_core *wc, struct guard_client *c)
{
    struct web *web = wc->web;
    if (!guard_within(web->guard, c))
        return WEB_SLOW_DOWN;
    if (!web->weights && !guard_request(web->guard, c, web->opts.default_weight))
        return WEB_SLOW_DOWN;
    if (!take_place(web, c))
        return WEB_TOO_BUSY;
    uint64_t n = atomic_load_explicit(&wc->n_admitted, memory_order_relaxed);
    atomic_store_explicit(&wc->n_admitted, n + 1, memory_order_relaxed);
    return WEB_ADMIT;
}

enum rpc_code web_work_refusal(enum web_admission why)
{
    return why == WEB_SLOW_DOWN ? RPC_SLOW_DOWN : RPC_TOO_BUSY;
}

static struct web_work *work_new(struct web_core *wc)
{
    struct web_work *work = xcalloc(1, sizeof *work);
    list_init(&work->link);
    list_init(&work->active);
    work->wc = wc;
    work->arena = arena_new(ARENA_BUDGET_BYTES);
    return work;
}

struct web_work *web_work_take(struct web_core *wc, struct guard_client *client)
{
    struct list *node = list_pop_front(&wc->idle_works);
    struct web_work *work = node ? LIST_ENTRY(node, struct web_work, link) : work_new(wc);
    wc->n_idle_works -= node != NULL;
    wc->n_works++;
    list_push_back(&wc->active, &work->active);
    work->client = client;
    return work;
}

static void work_free(struct web_work *work)
{
    arena_free(work->arena);
    buf_deinit(&work->out);
    free(work);
}

void web_work_put(struct web_work *work)
{
    struct web_core *wc = work->wc;
    atomic_fetch_sub_explicit(&wc->web->n_in_work, 1, memory_order_relaxed);
    wc->n_works--;
    list_unlink(&work->active);
    work->fiber = NULL;
    work->http = NULL;
    work->session = NULL;
    work->client = NULL;
    work->text = SLICE_EMPTY;
    arena_clear(work->arena);
    if (work->out.cap > MAX_KEPT_BUF_BYTES)
        buf_deinit(&work->out);
    buf_clear(&work->out);
    if (wc->n_idle_works >= MAX_IDLE_WORKS) {
        work_free(work);
        return;
    }
    wc->n_idle_works++;
    list_push_front(&wc->idle_works, &work->link);
}

/* When methods have weights of their own, a request is counted once it is known which it names. */
static bool within_weight(struct web_work *work, const struct rpc_request *q)
{
    struct web *web = work->wc->web;
    return !web->weights || guard_request(web->guard, work->client, weight_of(web, q));
}

static bool slow_down(struct web_work *work, int *ret_status)
{
    struct slice echoed = work->http ? SLICE_EMPTY : work->text;
    rpc_put_refusal(&work->out, RPC_SLOW_DOWN, echoed);
    *ret_status = 503;
    return true;
}

/* Count the answer; it warns when it puts the client over its limit. */
static void count_answer(struct web_work *work)
{
    if (!guard_bytes(work->wc->web->guard, work->client, work->out.n))
        rpc_add_load_warning(&work->out, 0);
}

bool web_work_answer(struct web_work *work, int *ret_status, const char **ret_type)
{
    struct rpc_request q = {
        .transport = work->http ? RPC_HTTP : RPC_WS,
        .client_ip = guard_ip(work->client),
        .is_admin = work->is_admin,
        .session = work->session ? &work->feed : NULL,
    };
    rpc_request_parse(&q, work->text, work->arena);
    if (!within_weight(work, &q))
        return slow_down(work, ret_status);
    err e = rpc_handle(work->wc->web->opts.rpc, &q, work->arena, &work->out, ret_status, ret_type);
    if (e.code) /* cancelled */
        return false;
    count_answer(work);
    return true;
}

void web_work_cancel_all(struct web_core *wc)
{
    LIST_EACH(it, &wc->active)
    {
        struct web_work *work = LIST_ENTRY(it, struct web_work, active);
        if (work->fiber)
            fiber_cancel(work->fiber);
    }
}

void web_work_drop_idle(struct web_core *wc)
{
    struct list *node;
    while ((node = list_pop_front(&wc->idle_works)) != NULL)
        work_free(LIST_ENTRY(node, struct web_work, link));
    wc->n_idle_works = 0;
}
