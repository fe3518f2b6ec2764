/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_WEB
#include "web/web_work.h"

#include "base/log.h"
#include "base/mem.h"
#include "json/json_peek.h"
#include "rpc/engine.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "web/held.h"
#include "web/weight.h"

#include <stdlib.h>

/* Idle request memory kept per core, with the buffers of answers: to grow a large one anew costs
 * more than to fill it, so one may be large, but all together are bounded. */
#define MAX_IDLE_WORKS 256
#define MAX_KEPT_BUF_BYTES ((size_t)2 << 20)
#define MAX_KEPT_BYTES ((size_t)16 << 20)
/* Bytes that one request's arena may use: the largest answers need far less, everything more is an
 * attack or our bug. */
#define ARENA_BUDGET_BYTES ((size_t)16 << 20)
/* What a request takes besides its text: a stack's pages, an arena, a record. */
#define WORK_BYTES ((size_t)16 << 10)
/* How long a request waits for memory that others of its client hold. */
#define ROOM_PATIENCE_NS (5 * CLOCK_S)
#define ROOM_LOOK_NS (5 * CLOCK_MS)
/* Requests that say whether the server lives are that short. */
#define MAX_VITAL_TEXT 512

/* Whitelisted clients are not counted against server.max_queue_size; but each request has a stack.
 */
#define MAX_WHITELISTED_IN_WORK 8192
#define MAX_VITAL_IN_WORK 9216

static bool take_place(struct web *web, const struct guard_client *c, bool anyway)
{
    uint32_t before = atomic_fetch_add_explicit(&web->n_in_work, 1, memory_order_relaxed);
    bool room = before < web->opts.max_in_work ||
                (guard_whitelisted(c) && before < MAX_WHITELISTED_IN_WORK) ||
                (anyway && before < MAX_VITAL_IN_WORK);
    if (room && !atomic_load_explicit(&web->stopping, memory_order_relaxed))
        return true;
    atomic_fetch_sub_explicit(&web->n_in_work, 1, memory_order_relaxed);
    return false;
}

static bool is_vital_name(struct slice name)
{
    return slice_is(name, "ping") || slice_is(name, "server_info");
}

/* Does the unread text ask for something vital, and has the client not had its share? */
static bool is_vital(struct guard_client *c, struct slice text)
{
    if (text.n > MAX_VITAL_TEXT || !guard_vital_is_due(c))
        return false;
    struct slice name = json_peek(text, "command", text.n);
    if (name.n == 0)
        name = json_peek(text, "method", text.n);
    return name.n > 2 && is_vital_name(slice_of(name.p + 1, name.n - 2));
}

enum web_admission web_work_admit(struct web_core *wc, struct guard_client *c, struct slice text)
{
    struct web *web = wc->web;
    bool within = guard_within(web->guard, c) &&
                  (web->weights || guard_request(web->guard, c, web->opts.default_weight));
    bool vital = !within && is_vital(c, text);
    if (!within && !vital)
        return WEB_SLOW_DOWN;
    if (!held_may_come(wc, c, text.n + WORK_BYTES))
        return WEB_TOO_BUSY;
    if (!take_place(web, c, vital)) {
        vital = is_vital(c, text);
        if (!vital || !take_place(web, c, true))
            return WEB_TOO_BUSY;
    }
    uint64_t n = atomic_load_explicit(&wc->n_admitted, memory_order_relaxed);
    atomic_store_explicit(&wc->n_admitted, n + 1, memory_order_relaxed);
    return vital ? WEB_VITAL : WEB_ADMIT;
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

struct web_work *web_work_take(struct web_core *wc, struct guard_client *client, const char *ip,
                               size_t n_bytes, enum web_admission admission)
{
    struct list *node = list_pop_front(&wc->idle_works);
    struct web_work *work = node ? LIST_ENTRY(node, struct web_work, link) : work_new(wc);
    wc->n_idle_works -= node != NULL;
    wc->idle_buf_bytes -= work->out.cap;
    wc->n_works++;
    list_push_back(&wc->active, &work->active);
    work->client = client;
    memcpy(work->client_ip, ip, sizeof work->client_ip);
    work->is_slowed = false;
    work->is_vital = admission == WEB_VITAL;
    work->waiting_bytes = n_bytes + WORK_BYTES;
    held_add(wc, client, (int64_t)work->waiting_bytes, 0);
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
    held_add(wc, work->client, -(int64_t)work->waiting_bytes, -(int64_t)work->running_bytes);
    work->waiting_bytes = work->running_bytes = 0;
    work->fiber = NULL;
    work->http = NULL;
    work->session = NULL;
    work->client = NULL;
    work->text = SLICE_EMPTY;
    arena_clear(work->arena);
    buf_clear(&work->out);
    if (wc->n_idle_works >= MAX_IDLE_WORKS) {
        work_free(work);
        return;
    }
    if (work->out.cap > MIN(MAX_KEPT_BUF_BYTES, MAX_KEPT_BYTES - wc->idle_buf_bytes))
        buf_deinit(&work->out);
    wc->idle_buf_bytes += work->out.cap;
    wc->n_idle_works++;
    list_push_front(&wc->idle_works, &work->link);
}

/* When methods have weights of their own, a request is counted once it is known which it names.
 * Answers that were counted since it was admitted count, too. */
static bool within(struct web_work *work, const struct rpc_request *q)
{
    struct web *web = work->wc->web;
    if (is_vital_name(rpc_request_command(q)))
        guard_note_vital(work->client);
    if (work->is_vital)
        return true;
    return web->weights ? guard_request(web->guard, work->client, weight_of(web, q))
                        : guard_within(web->guard, work->client);
}

static void refuse(struct web_work *work, enum rpc_code code, int *ret_status)
{
    work->is_slowed = code == RPC_SLOW_DOWN;
    rpc_put_refusal(&work->out, code, work->http ? SLICE_EMPTY : work->text);
    *ret_status = 503;
}

/* Wait until the client's other requests have given back enough. Errors: ERR_BUSY, ERR_CANCELLED.
 */
YIELDS static err wait_for_room(struct web_work *work)
{
    int64_t until_ns = 0;
    while (!held_may_start(work->wc, work->client)) {
        int64_t now_ns = clock_now_ns();
        if (until_ns == 0)
            until_ns = now_ns + ROOM_PATIENCE_NS;
        if (now_ns >= until_ns)
            return FAIL(ERR_BUSY, "web: the client's requests hold too much memory");
        TRY(fiber_sleep_until(now_ns + ROOM_LOOK_NS));
    }
    return OK;
}

static void start(struct web_work *work)
{
    int64_t bytes = (int64_t)work->waiting_bytes;
    work->running_bytes += work->waiting_bytes;
    work->waiting_bytes = 0;
    held_add(work->wc, work->client, -bytes, bytes);
}

/* The engine's view of the request's memory has grown. */
static bool may_hold(void *arg, size_t bytes)
{
    struct web_work *work = arg;
    size_t all = work->text.n + WORK_BYTES + bytes;
    if (all <= work->running_bytes)
        return true;
    size_t more = all - work->running_bytes;
    if (!held_may_grow(work->wc, work->client, more))
        return false;
    work->running_bytes = all;
    held_add(work->wc, work->client, 0, (int64_t)more);
    return true;
}

/* Count the answer; it warns when the next request will be over the limit. */
static void count_answer(struct web_work *work)
{
    if (!guard_bytes(work->wc->web->guard, work->client, work->out.n))
        rpc_add_load_warning(&work->out, 0);
}

/* A line for the request: at debug, and at info when it took long. */
static void log_request(struct web_work *work, const struct rpc_request *q, bool answered)
{
    static struct log_limit limit = LOG_LIMIT_INIT(20);
    int64_t ns = clock_now_ns() - q->begun_ns, slow_ns = work->wc->web->opts.slow_request_ns;
    enum log_level level = slow_ns && ns > slow_ns ? LOG_INFO : LOG_DEBUG;
    uint64_t dropped = 0;
    if (!log_enabled(LOG_CHANNEL, level) ||
        (level == LOG_INFO && !log_limit_take(&limit, &dropped)))
        return;
    struct slice command = rpc_request_command(q);
    LOG_AT(level, "web: %s %s %.*s: %s%zu bytes in, %zu out, %lld.%03lld ms", q->client_ip,
           q->transport == RPC_HTTP ? "http" : "ws", (int)MIN(command.n, (size_t)40),
           (const char *)command.p, answered ? "" : "no answer wanted, ", work->text.n, work->out.n,
           (long long)(ns / CLOCK_MS), (long long)(ns % CLOCK_MS / 1000));
}

bool web_work_answer(struct web_work *work, int *ret_status, const char **ret_type)
{
    struct rpc_request q = {
        .transport = work->http ? RPC_HTTP : RPC_WS,
        .client_ip = work->client_ip,
        .is_admin = work->is_admin,
        .session = work->session ? &work->feed : NULL,
        .may_hold = may_hold,
        .holder = work,
    };
    rpc_request_parse(&q, work->text, work->arena);
    if (!within(work, &q)) {
        refuse(work, RPC_SLOW_DOWN, ret_status);
        return true;
    }
    err e = wait_for_room(work);
    if (e.code == ERR_BUSY) {
        refuse(work, RPC_TOO_BUSY, ret_status);
        return true;
    }
    if (e.code)
        return false;
    start(work);
    e = rpc_handle(work->wc->web->opts.rpc, &q, work->arena, &work->out, ret_status, ret_type);
    if (e.code == 0)
        count_answer(work);
    log_request(work, &q, e.code == 0);
    return e.code == 0; /* else cancelled */
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
    wc->idle_buf_bytes = 0;
}
