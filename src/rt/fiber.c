/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fiber.h"

#include "rt/clock.h"
#include "rt/core_impl.h"
#include "rt/fiber_impl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <poll.h>

#define SLICE_NS (200 * 1000) /* how long a fiber may compute before fiber_breathe yields */

struct fiber *fiber_current(void)
{
    struct core *c = core_current();
    return c ? c->current : NULL;
}

static struct fiber *own_fiber(void)
{
    struct fiber *f = fiber_current();
    assert(f);
    return f;
}

/* Give the core back to whoever resumed us. */
static void leave(struct fiber *f)
{
    assert(f->no_yield_depth == 0);
    bool dying = f->state == FIBER_STATE_DONE;
    void *fake = NULL;
    context_depart(&f->back_stack, dying ? NULL : &fake);
    struct context_transfer t = jump_fcontext(f->back, f);
    f->back = t.from;
    context_arrive(fake, &f->back_stack);
}

static void leave_group(struct fiber *f)
{
    struct fiber_group *g = f->group;
    if (g == NULL)
        return;
    list_unlink(&f->group_node);
    if (--g->n_running == 0)
        fiber_cond_broadcast(&g->done);
}

static void fiber_main(struct context_transfer t)
{
    struct fiber *f = t.data;
    f->back = t.from;
    context_arrive(NULL, &f->back_stack);
    f->fn(f->arg);
    leave_group(f);
    f->state = FIBER_STATE_DONE;
    leave(f);
    __builtin_unreachable();
}

static void bury(struct core *c, struct fiber *f)
{
    ready_cancel(&f->ready);
    list_unlink(&f->all_node);
    c->n_fibers--;
    context_tsan_free(f->stack.tsan);
    stack_give(&c->stacks, (void *)(uintptr_t)f->stack.bottom);
}

/* Run f until it waits or ends; then the caller (the loop or a fiber) goes on. */
static void resume(struct core *c, struct fiber *f)
{
    struct fiber *before = c->current;
    f->state = FIBER_STATE_RUNNING;
    f->slice_start_ns = 0;
    f->back_stack.tsan = context_tsan_self();
    c->current = f;
    err_slot_set(&f->slot);
    void *fake = NULL;
    context_depart(&f->stack, &fake);
    struct context_transfer t = jump_fcontext(f->context, f);
    context_arrive(fake, NULL);
    f->context = t.from;
    c->current = before;
    err_slot_set(before ? &before->slot : NULL);
    if (f->state == FIBER_STATE_DONE)
        bury(c, f);
}

static void take_turn(struct ready *r)
{
    struct fiber *f = container_of(r, struct fiber, ready);
    resume(f->core, f);
}

static void make_ready(struct fiber *f)
{
    f->state = FIBER_STATE_READY;
    ready_add_soon(&f->ready);
}

static void on_deadline(struct timer *t)
{
    struct fiber *f = container_of(t, struct fiber, timer);
    if (f->state != FIBER_STATE_PARKED)
        return;
    f->result = ERR_TIMEOUT;
    f->parked = true;
    make_ready(f);
}

static struct fiber *make_on(char *base, const char *name, fiber_fn fn, void *arg)
{
    struct core *c = core_current();
    size_t room = (stack_room(&c->stacks) - sizeof(struct fiber)) & ~(size_t)63;
    struct fiber *f = (struct fiber *)(base + room);
    f->core = c;
    f->name = name;
    f->fn = fn;
    f->arg = arg;
    f->group = NULL;
    f->state = FIBER_STATE_READY;
    f->cancelled = c->phase != CORE_PHASE_RUNNING;
    f->cancellable = f->parked = f->wake_pending = false;
    f->result = 0;
    f->no_yield_depth = 0;
    f->deadline_ns = CLOCK_NEVER;
    f->slice_start_ns = 0;
    f->slot.text[0] = 0;
    f->doing_kind = NULL;
    f->stack = (struct context_stack){base, room, context_tsan_new()};
    f->back_stack = (struct context_stack){0};
    f->context = make_fcontext(f, room, fiber_main);
    timer_init(&f->timer, on_deadline);
    ready_init(&f->ready, take_turn);
    ready_set_share(&f->ready, ready_share_now());
    list_init(&f->group_node);
    list_push_back(&c->fibers, &f->all_node);
    c->n_fibers++;
    return f;
}

static struct stack_pool *stacks_here(void)
{
    assert(core_current());
    return &core_current()->stacks;
}

struct fiber *fiber_spawn(const char *name, fiber_fn fn, void *arg)
{
    struct fiber *f = make_on(stack_take(stacks_here()), name, fn, arg);
    make_ready(f);
    return f;
}

void fiber_spawn_now(const char *name, fiber_fn fn, void *arg)
{
    struct fiber *f = make_on(stack_take(stacks_here()), name, fn, arg);
    resume(f->core, f);
}

struct fiber *fiber_try_spawn(const char *name, fiber_fn fn, void *arg)
{
    char *stack = stack_try(stacks_here());
    if (stack == NULL)
        return NULL;
    struct fiber *f = make_on(stack, name, fn, arg);
    make_ready(f);
    return f;
}

bool fiber_try_spawn_now(const char *name, fiber_fn fn, void *arg)
{
    char *stack = stack_try(stacks_here());
    if (stack == NULL)
        return false;
    struct fiber *f = make_on(stack, name, fn, arg);
    resume(f->core, f);
    return true;
}

void fiber_cancel_all(struct core *c)
{
    LIST_EACH(it, &c->fibers)
    fiber_cancel(LIST_ENTRY(it, struct fiber, all_node));
}

void fiber_cancel(struct fiber *f)
{
    assert(f->core == core_current());
    f->cancelled = true;
    if (f->state != FIBER_STATE_PARKED || !f->cancellable)
        return;
    f->result = ERR_CANCELLED;
    f->parked = true;
    make_ready(f);
}

bool fiber_cancelled(void)
{
    struct fiber *f = fiber_current();
    return f && f->cancelled;
}

void fiber_wake(struct fiber *f)
{
    assert(f->core == core_current());
    if (f->state == FIBER_STATE_PARKED) {
        f->result = 0;
        f->parked = true;
        make_ready(f);
    } else if (f->state == FIBER_STATE_READY && f->parked && f->result != 0) {
        f->result = 0; /* timed out or cancelled, but not back yet: the event did come */
    } else {
        f->wake_pending = true;
    }
}

static err park(int64_t deadline_ns, bool cancellable)
{
    struct fiber *f = own_fiber();
    if (cancellable && f->cancelled)
        return err_plain(ERR_CANCELLED);
    if (f->wake_pending) {
        f->wake_pending = false;
        return OK;
    }
    if (deadline_ns != CLOCK_NEVER) {
        if (deadline_ns <= clock_now_ns())
            return err_plain(ERR_TIMEOUT);
        timer_start(&f->timer, deadline_ns);
    }
    f->cancellable = cancellable;
    f->state = FIBER_STATE_PARKED;
    leave(f);
    timer_stop(&f->timer);
    f->parked = false;
    return f->result ? err_plain(f->result) : OK;
}

err fiber_park(int64_t deadline_ns)
{
    return park(deadline_ns, true);
}

err fiber_park_uncancellable(void)
{
    return park(CLOCK_NEVER, false);
}

static err park_for(const bool *done, int64_t deadline_ns, bool cancellable)
{
    struct fiber *f = own_fiber();
    bool stray = false;
    err e = OK;
    while (!*done && !err_failed(e)) {
        e = park(deadline_ns, cancellable);
        stray = stray || (!err_failed(e) && !*done);
    }
    if (stray)
        f->wake_pending = true; /* it was meant for another wait of ours */
    return *done ? OK : e;
}

err fiber_park_for(const bool *done, int64_t deadline_ns)
{
    return park_for(done, deadline_ns, true);
}

void fiber_park_for_uncancellable(const bool *done)
{
    (void)park_for(done, CLOCK_NEVER,
                   false); /* without deadline and cancellation nothing can fail */
}

err fiber_yield(void)
{
    struct fiber *f = own_fiber();
    f->state = FIBER_STATE_READY;
    ready_add_later(&f->ready);
    leave(f);
    return f->cancelled ? err_plain(ERR_CANCELLED) : OK;
}

err fiber_breathe(void)
{
    struct fiber *f = fiber_current();
    if (f == NULL)
        return OK;
    int64_t now_ns = clock_real_ns(); /* not the test clock: this is about the machine */
    if (f->slice_start_ns == 0)
        f->slice_start_ns = now_ns;
    if (now_ns - f->slice_start_ns > SLICE_NS)
        return fiber_yield();
    return f->cancelled ? err_plain(ERR_CANCELLED) : OK;
}

static void block_thread_until(int64_t deadline_ns)
{
    for (int64_t left_ns; (left_ns = deadline_ns - clock_now_ns()) > 0;) {
        int64_t step_ns = clock_test_frozen() ? CLOCK_MS : MIN(left_ns, CLOCK_S);
        poll(NULL, 0, (int)((step_ns - 1) / CLOCK_MS + 1));
    }
}

err fiber_sleep_until(int64_t deadline_ns)
{
    if (fiber_current() == NULL) {
        block_thread_until(deadline_ns);
        return OK;
    }
    static const bool never = false;
    err e = park_for(&never, deadline_ns, true);
    return e.code == ERR_TIMEOUT ? OK : e;
}

void fiber_set_doing(const char *kind, struct slice text)
{
    struct fiber *f = fiber_current();
    if (f == NULL)
        return;
    f->doing_kind = kind;
    f->doing = text;
}

/* A request with such a word is not shown. */
static bool has_secret(struct slice text)
{
    static const char *const words[] = {"secret", "seed", "passphrase", "password"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (memmem(text.p, text.n, words[i], strlen(words[i])))
            return true;
    return false;
}

void fiber_describe(char *out, size_t n)
{
    const struct fiber *f = fiber_current();
    *out = 0;
    if (f == NULL)
        return;
    int at = snprintf(out, n, "fiber \"%s\"", f->name);
    if (f->doing_kind == NULL || at < 0 || (size_t)at >= n)
        return;
    struct slice text = has_secret(f->doing) ? SLICE_LIT("(with a secret)") : f->doing;
    snprintf(out + at, n - (size_t)at, ", %s %.*s", f->doing_kind, (int)MIN(text.n, (size_t)300),
             (const char *)text.p);
}

void fiber_set_deadline(int64_t deadline_ns)
{
    struct fiber *f = fiber_current();
    if (f)
        f->deadline_ns = deadline_ns;
}

void fiber_set_share(uint16_t share)
{
    own_fiber()->ready.share = share;
    ready_set_share_now(share);
}

int64_t fiber_deadline(void)
{
    struct fiber *f = fiber_current();
    return f ? f->deadline_ns : CLOCK_NEVER;
}

struct fiber_no_yield fiber_no_yield_enter(void)
{
    struct fiber *f = fiber_current();
    if (f)
        f->no_yield_depth++;
    return (struct fiber_no_yield){f};
}

void fiber_no_yield_leave(struct fiber_no_yield *s)
{
    if (s->fiber)
        s->fiber->no_yield_depth--;
}
