/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/core_call.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/ready.h"

#include <assert.h>
#include <errno.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Who waits: a fiber (woken at home) or a thread (`arrived`). Lives until `n_away` mails are back.
 */
struct caller {
    struct core *home; /* NULL: a thread */
    struct fiber *fiber;
    sem_t arrived;
    int64_t deadline_ns;
    uint16_t share;  /* whose time the callees take */
    uint32_t n_away; /* home only; mails that have not come back */
    bool all_back;
};

/* One call. Both mails go to the core and come home again, in order: what cancels always arrives
 * behind what begins. */
struct call {
    struct core_mail begin;
    struct core_mail cancel;
    struct caller *caller;
    struct core *core;
    core_call_fn fn;
    void *arg;
    struct fiber *callee; /* the core's: runs fn; NULL before and after */
    err result;
    char text[sizeof((struct err_slot *)NULL)->text]; /* of the result */
};

static void come_back(struct caller *w)
{
    if (--w->n_away)
        return;
    w->all_back = true;
    fiber_wake(w->fiber);
}

static void begin_is_back(struct core_mail *mail)
{
    come_back(container_of(mail, struct call, begin)->caller);
}

static void cancel_is_back(struct core_mail *mail)
{
    come_back(container_of(mail, struct call, cancel)->caller);
}

static void run_in_place(struct call *call)
{
    call->result = call->fn(call->arg);
    if (call->result.code)
        snprintf(call->text, sizeof call->text, "%s", err_text());
}

/* Without a word to the core after the last line: the call may be gone by then. */
static void callee_main(void *arg)
{
    struct call *call = arg;
    struct caller *w = call->caller;
    fiber_set_deadline(w->deadline_ns);
    run_in_place(call);
    call->callee = NULL;
    call->begin.run = begin_is_back;
    if (w->home)
        core_post(w->home, &call->begin);
    else
        sem_post(&w->arrived);
}

static void begin(struct core_mail *mail)
{
    struct call *call = container_of(mail, struct call, begin);
    uint16_t before = ready_set_share_now(call->caller->share);
    call->callee = fiber_spawn("core call", callee_main, call);
    ready_set_share_now(before);
}

static void cancel(struct core_mail *mail)
{
    struct call *call = container_of(mail, struct call, cancel);
    if (call->callee)
        fiber_cancel(call->callee);
    call->cancel.run = cancel_is_back;
    core_post(call->caller->home, &call->cancel);
}

static bool is_here(const struct call *call)
{
    return call->core == core_current();
}

static void wait_on_fiber(struct caller *w, struct call *calls, uint32_t n)
{
    err e = w->n_away ? fiber_park_for(&w->all_back, CLOCK_NEVER) : OK;
    if (e.code == 0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        if (is_here(&calls[i]))
            continue;
        calls[i].cancel.run = cancel;
        w->n_away++;
        core_post(calls[i].core, &calls[i].cancel);
    }
    fiber_park_for_uncancellable(&w->all_back);
}

static void wait_on_thread(struct caller *w, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        while (sem_wait(&w->arrived) != 0 && errno == EINTR)
            ;
}

static void run_all(struct call *calls, uint32_t n)
{
    struct core *home = core_current();
    struct caller w = {.home = home,
                       .fiber = fiber_current(),
                       .deadline_ns = fiber_deadline(),
                       .share = home ? ready_share_now() : SHARE_OWN};
    assert(w.home == NULL || w.fiber); /* a loop that waited would stand still */
    sem_init(&w.arrived, 0, 0);
    for (uint32_t i = 0; i < n; i++) {
        calls[i].caller = &w;
        calls[i].begin.run = begin;
        if (is_here(&calls[i]))
            continue;
        w.n_away++;
        core_post(calls[i].core, &calls[i].begin);
    }
    for (uint32_t i = 0; i < n; i++)
        if (is_here(&calls[i]))
            run_in_place(&calls[i]);
    if (w.home)
        wait_on_fiber(&w, calls, n);
    else
        wait_on_thread(&w, n);
    sem_destroy(&w.arrived);
}

static err result_of(const struct call *call)
{
    return call->result.code ? FAIL(call->result.code, "%s", call->text) : OK;
}

err core_call(struct core *c, core_call_fn fn, void *arg)
{
    struct call call = {.core = c, .fn = fn, .arg = arg};
    run_all(&call, 1);
    return result_of(&call);
}

err core_call_all(struct core *const *cores, uint32_t n, core_call_fn fn, void *arg)
{
    struct call *calls = xcalloc(n, sizeof *calls);
    for (uint32_t i = 0; i < n; i++)
        calls[i] = (struct call){.core = cores[i], .fn = fn, .arg = arg};
    run_all(calls, n);
    err e = OK;
    for (uint32_t i = 0; i < n && e.code == 0; i++)
        e = result_of(&calls[i]);
    free(calls);
    return e;
}
