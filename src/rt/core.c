/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/core.h"

#include "base/crash.h"
#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core_impl.h"
#include "rt/fiber.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For the program's own fibers when those of peers have taken all that the process may map. */
#define RESERVED_STACKS 32

__thread struct core *core_own;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
struct list core_all = {&core_all, &core_all};

static void run_mail(struct core *c)
{
    struct core_mail *newest = atomic_exchange_explicit(&c->inbox, NULL, memory_order_acquire);
    struct core_mail *oldest = NULL;
    while (newest) {
        struct core_mail *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct core_mail *mail = oldest;
        oldest = mail->next; /* run() frees the mail */
        mail->run(mail);
    }
}

static void on_async(uv_async_t *h)
{
    struct core *c = h->data;
    atomic_store_explicit(&c->polling, false, memory_order_relaxed);
    run_mail(c);
    if (c->phase == CORE_PHASE_RUNNING && atomic_load(&c->stop_wanted)) {
        c->phase = CORE_PHASE_FIBERS;
        fiber_cancel_all(c);
    }
}

/* One step towards the end of a stopping core that has no fibers left. */
static void stop_step(struct core *c)
{
    switch (c->phase) {
    case CORE_PHASE_RUNNING: break;
    case CORE_PHASE_FIBERS:
        c->phase = CORE_PHASE_NOTICE;
        sock_listen_stop_close(c);
        sock_stop_notice(c);
        break;
    case CORE_PHASE_NOTICE:
        if (!sock_stop_noticed(c))
            break;
        c->phase = CORE_PHASE_CLOSE;
        sock_stop_close(c);
        break;
    case CORE_PHASE_CLOSE:
        sock_stop_close(c); /* late mail may have brought more */
        if (c->n_open == 0 && !ready_waiting(c) && atomic_load(&c->inbox) == NULL)
            uv_stop(&c->loop);
        break;
    }
}

static void on_idle(uv_idle_t *h)
{
    (void)h;
}

static void on_prepare(uv_prepare_t *h)
{
    struct core *c = h->data;
    if (clock_test_frozen())
        timer_fire_due(c);
    bool again = ready_waiting(c);
    if (c->phase != CORE_PHASE_RUNNING && c->n_fibers == 0) {
        again = again || c->phase != CORE_PHASE_CLOSE;
        stop_step(c);
        again = again || ready_waiting(c);
    }
    if (again)
        uv_idle_start(&c->idle, on_idle);
    else
        uv_idle_stop(&c->idle);
    timer_arm_loop(c);
    atomic_store_explicit(&c->polling, true, memory_order_relaxed);
}

static void on_check(uv_check_t *h)
{
    struct core *c = h->data;
    atomic_store_explicit(&c->polling, false, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->turns, 1, memory_order_relaxed);
    ready_run(c);
}

/* A peer that went away must not kill the process at our next write. */
static void ignore_sigpipe(void)
{
    struct sigaction old;
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

static void close_handle(uv_handle_t *h, void *arg)
{
    (void)arg;
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

static void close_loop(struct core *c)
{
    uv_walk(&c->loop, close_handle, NULL);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&c->loop);
    assert(rc == 0);
    (void)rc;
}

static err open_loop(struct core *c)
{
    int rc = uv_loop_init(&c->loop);
    if (rc)
        return FAIL(ERR_IO, "core: event loop: %s", uv_strerror(rc));
    rc = uv_async_init(&c->loop, &c->async, on_async);
    err e = rc ? FAIL(ERR_IO, "core: event loop: %s", uv_strerror(rc)) : watch_open(c);
    if (err_failed(e)) {
        close_loop(c);
        return e;
    }
    uv_prepare_init(&c->loop, &c->prepare);
    uv_check_init(&c->loop, &c->check);
    uv_idle_init(&c->loop, &c->idle);
    uv_timer_init(&c->loop, &c->uv_timer);
    c->loop.data = c->async.data = c->prepare.data = c->check.data = c->uv_timer.data = c;
    uv_prepare_start(&c->prepare, on_prepare);
    uv_check_start(&c->check, on_check);
    return OK;
}

err core_new(const struct core_opts *opts, struct core **ret)
{
    struct core *c = xcalloc(1, sizeof *c);
    ready_queue_init(&c->ready);
    err e = open_loop(c);
    if (err_failed(e)) {
        free(c);
        return e;
    }
    ignore_sigpipe();
    c->polling = true;
    c->index = opts->index;
    c->armed_ns = CLOCK_NEVER;
    c->read_buf = xmalloc(CORE_READ_BYTES);
    list_init(&c->fibers);
    list_init(&c->socks);
    list_init(&c->lingering);
    list_init(&c->listeners);
    stack_pool_init(&c->stacks, opts->fiber_stack_bytes, opts->max_idle_stacks);
    stack_pool_reserve(&c->stacks, RESERVED_STACKS);
    pthread_mutex_lock(&all_lock);
    list_push_back(&core_all, &c->all_node);
    pthread_mutex_unlock(&all_lock);
    *ret = c;
    return OK;
}

struct core *core_free(struct core *c)
{
    if (c == NULL)
        return NULL;
    if (atomic_load(&c->inbox)) { /* posted after the end (or no run at all): it must be freed */
        core_stop(c);
        core_run(c);
    }
    assert(c->n_fibers == 0);
    pthread_mutex_lock(&all_lock);
    list_unlink(&c->all_node);
    pthread_mutex_unlock(&all_lock);
    close_loop(c);
    watch_close(c);
    stack_pool_deinit(&c->stacks);
    free(c->heap);
    free(c->read_buf);
    buf_deinit(&c->plain);
    buf_deinit(&c->wire);
    free(c);
    return NULL;
}

void core_run(struct core *c)
{
    assert(core_own == NULL);
    core_own = c;
    crash_thread();
    c->runs_on = pthread_self();
    atomic_store(&c->running, true);
    uv_update_time(&c->loop);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    atomic_store(&c->running, false);
    timer_disarm_all(c); /* their owners may stop them later, without a core */
    core_own = NULL;
}

static void *thread_main(void *arg)
{
    core_run(arg);
    return NULL;
}

err core_start(struct core *c)
{
    int rc = pthread_create(&c->thread, NULL, thread_main, c);
    if (rc)
        return FAIL(ERR_IO, "core: thread: %s", strerror(rc));
    char name[16];
    snprintf(name, sizeof name, "core-%u", c->index);
    pthread_setname_np(c->thread, name);
    return OK;
}

void core_join(struct core *c)
{
    pthread_join(c->thread, NULL);
}

void core_stop(struct core *c)
{
    atomic_store(&c->stop_wanted, true);
    uv_async_send(&c->async);
}

uint32_t core_index(const struct core *c)
{
    return c->index;
}

struct uv_loop_s *core_loop(struct core *c)
{
    return &c->loop;
}

void core_post(struct core *c, struct core_mail *mail)
{
    struct core_mail *head = atomic_load_explicit(&c->inbox, memory_order_relaxed);
    do
        mail->next = head;
    while (!atomic_compare_exchange_weak_explicit(&c->inbox, &head, mail, memory_order_release,
                                                  memory_order_relaxed));
    if (head == NULL)
        uv_async_send(
            &c->async); /* who found mail before his knows that its sender wakes the core */
}

void core_load_add(struct core *c, int32_t n)
{
    atomic_fetch_add_explicit(&c->load, n, memory_order_relaxed);
}

int32_t core_load(const struct core *c)
{
    return atomic_load_explicit(&c->load, memory_order_relaxed);
}

void core_each(void (*fn)(struct core *c, void *arg), void *arg)
{
    pthread_mutex_lock(&all_lock);
    LIST_EACH(it, &core_all)
    {
        fn(LIST_ENTRY(it, struct core, all_node), arg);
    }
    pthread_mutex_unlock(&all_lock);
}

void core_poke_all(void)
{
    pthread_mutex_lock(&all_lock);
    LIST_EACH(it, &core_all)
    uv_async_send(&LIST_ENTRY(it, struct core, all_node)->async);
    pthread_mutex_unlock(&all_lock);
}

struct first_fiber {
    struct core_mail mail;
    const char *name;
    void (*fn)(void *arg);
    void *arg;
};

static void first_fiber_main(void *arg)
{
    struct first_fiber *first = arg;
    first->fn(first->arg);
    core_stop(core_current());
}

static void first_fiber_run(struct core_mail *mail)
{
    struct first_fiber *first = container_of(mail, struct first_fiber, mail);
    fiber_spawn(first->name, first_fiber_main, first);
}

err core_run_fiber(const char *name, void (*fn)(void *arg), void *arg)
{
    struct core_opts opts = {0};
    struct core *c;
    TRY(core_new(&opts, &c));
    struct first_fiber first = {.mail.run = first_fiber_run, .name = name, .fn = fn, .arg = arg};
    core_post(c, &first.mail);
    core_run(c);
    core_free(c);
    return OK;
}
