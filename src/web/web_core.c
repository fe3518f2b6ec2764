/* SPDX-License-Identifier: Apache-2.0 */
#include "web/web_core.h"

#include "base/mem.h"
#include "base/table.h"
#include "json/json.h"
#include "rpc/engine.h"
#include "rt/fiber.h"
#include "web/weight.h"

#include <stdlib.h>

/* Idle request memory kept per core; an answer's buffer above this size is given back at once. */
#define MAX_IDLE_WORKS 256
#define MAX_KEPT_BUF_BYTES ((size_t)65536)
/* Bytes that one request's arena may use: the largest answers need far less, everything more is an
 * attack or our bug. */
#define ARENA_BUDGET_BYTES ((size_t)256 << 20)

enum web_admission web_core_admit(struct web_core *wc, struct guard_client *c, struct slice text)
{
    struct web *web = wc->web;
    if (!guard_within(web->guard, c))
        return WEB_SLOW_DOWN;
    uint32_t weight = web->weights ? weight_of(web, text) : web->opts.default_weight;
    if (!guard_request(web->guard, c, weight))
        return WEB_SLOW_DOWN;
    uint32_t before = atomic_fetch_add_explicit(&web->n_in_work, 1, memory_order_relaxed);
    if (!atomic_load_explicit(&web->stopping, memory_order_relaxed) &&
        (before < web->opts.max_in_work || guard_whitelisted(c))) {
        uint64_t n = atomic_load_explicit(&wc->n_admitted, memory_order_relaxed);
        atomic_store_explicit(&wc->n_admitted, n + 1, memory_order_relaxed);
        return WEB_ADMIT;
    }
    atomic_fetch_sub_explicit(&web->n_in_work, 1, memory_order_relaxed);
    return WEB_TOO_BUSY;
}

struct web_work *web_core_work_take(struct web_core *wc, struct guard_client *client)
{
    struct list *node = list_pop_front(&wc->idle_works);
    struct web_work *work;
    if (node) {
        work = LIST_ENTRY(node, struct web_work, link);
        wc->n_idle_works--;
    } else {
        work = xcalloc(1, sizeof *work);
        list_init(&work->link);
        list_init(&work->active);
        work->wc = wc;
        work->arena = arena_new(ARENA_BUDGET_BYTES);
    }
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

void web_core_work_put(struct web_work *work)
{
    struct web_core *wc = work->wc;
    atomic_fetch_sub_explicit(&wc->web->n_in_work, 1, memory_order_relaxed);
    wc->n_works--;
    list_unlink(&work->active);
    work->fiber = NULL;
    work->http = NULL;
    work->session = NULL;
    work->client = NULL;
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

void web_core_cancel_all(struct web_core *wc)
{
    LIST_EACH(it, &wc->active)
    {
        struct web_work *work = LIST_ENTRY(it, struct web_work, active);
        if (work->fiber)
            fiber_cancel(work->fiber);
    }
}

void web_core_drop_idle(struct web_core *wc)
{
    struct list *node;
    while ((node = list_pop_front(&wc->idle_works)) != NULL)
        work_free(LIST_ENTRY(node, struct web_work, link));
    wc->n_idle_works = 0;
}

void web_core_count_answer(struct web_work *work)
{
    if (!guard_bytes(work->wc->web->guard, work->client, work->out.n))
        rpc_add_load_warning(&work->out, 0);
}
