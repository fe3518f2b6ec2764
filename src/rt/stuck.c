/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/stuck.h"

#include "base/crash.h"
#include "rt/clock.h"
#include "rt/core_impl.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define MAX_CORES 256
#define SIGNAL (SIGRTMIN + 5)

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    bool started;
    int64_t after_ns;
    int64_t look_ns;
    struct seen {
        uint64_t turns;
        int64_t since_ns; /* has been in this turn */
        bool told;
    } seen[MAX_CORES]; /* by index */
    _Atomic uint32_t n_reports;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

/* On the thread that is stuck. */
static void on_signal(int signum)
{
    int kept = errno;
    crash_report("a fiber has held its core for too long: its stack");
    atomic_fetch_add(&state.n_reports, 1);
    errno = kept;
    (void)signum;
}

static int64_t real_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * CLOCK_S + t.tv_nsec;
}

static void look_at(struct core *c, void *arg)
{
    int64_t now = real_now_ns();
    struct seen *s = &state.seen[c->index % MAX_CORES];
    uint64_t turns = atomic_load(&c->turns);
    if (!atomic_load(&c->running) || atomic_load(&c->polling) || turns != s->turns ||
        s->since_ns == 0) {
        *s = (struct seen){turns, now, false};
        return;
    }
    if (s->told || now - s->since_ns < state.after_ns)
        return;
    s->told = true;
    pthread_kill(c->runs_on, SIGNAL);
    (void)arg;
}

static void *run(void *arg)
{
    pthread_mutex_lock(&state.lock);
    while (!state.stopping) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        int64_t ns = until.tv_nsec + state.look_ns;
        until.tv_sec += ns / CLOCK_S;
        until.tv_nsec = ns % CLOCK_S;
        pthread_cond_timedwait(&state.wake, &state.lock, &until);
        if (!state.stopping)
            core_each(look_at, NULL);
    }
    pthread_mutex_unlock(&state.lock);
    return arg;
}

ERR stuck_start(int64_t after_ns)
{
    struct sigaction report = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
    sigemptyset(&report.sa_mask);
    sigaction(SIGNAL, &report, NULL);
    state.after_ns = after_ns;
    state.look_ns = MIN(after_ns / 10, CLOCK_S);
    state.stopping = false;
    int rc = pthread_create(&state.thread, NULL, run, NULL);
    if (rc)
        return FAIL(ERR_IO, "stuck: thread: %s", strerror(rc));
    pthread_setname_np(state.thread, "stuck");
    state.started = true;
    return OK;
}

void stuck_stop(void)
{
    if (!state.started)
        return;
    pthread_mutex_lock(&state.lock);
    state.stopping = true;
    pthread_cond_signal(&state.wake);
    pthread_mutex_unlock(&state.lock);
    pthread_join(state.thread, NULL);
    state.started = false;
}

uint32_t stuck_count(void)
{
    return atomic_load(&state.n_reports);
}
