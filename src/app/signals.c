/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_GENERAL
#include "app/signals.h"

#include "base/log.h"
#include "base/mem.h"
#include "rt/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What the pipe carries besides signal numbers. */
#define WORD_LOOK 0 /* the deadline has changed */
#define WORD_END 255

static const int heard[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT};

static struct {
    int pipe[2];
    pthread_t thread;
    pthread_mutex_t lock; /* of the handler */
    struct signals_handler handler;
    int stop_signum; /* asked for and not handed on yet; 0 = none */
    bool stopping;   /* of the thread */
    int64_t stop_within_ns;
    _Atomic int64_t deadline_ns; /* CLOCK_NEVER until the stop begins */
    struct sigaction before[ARRAY_LEN(heard)];
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void send_word(uint8_t word)
{
    ssize_t n = write(state.pipe[1], &word, 1);
    (void)n; /* a full pipe has enough to read */
}

static void on_signal(int signum)
{
    int kept = errno;
    send_word((uint8_t)signum);
    errno = kept;
}

/* A line for whoever looks at the terminal; never waits, standard error may be a full pipe. */
static void say(const char *text)
{
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
        return;
    ssize_t n = write(STDERR_FILENO, text, strlen(text));
    (void)n; /* nobody else to tell */
}

static void end_now(int status, const char *why)
{
    LOG_WARN("%s", why);
    char line[160];
    snprintf(line, sizeof line, "kleio: %s\n", why);
    say(line);
    log_flush_for(100 * CLOCK_MS);
    _exit(status);
}

/* Under the lock. */
static void hand_on_stop(void)
{
    if (state.stop_signum == 0 || state.handler.on_stop == NULL)
        return;
    state.handler.on_stop(state.handler.arg, state.stop_signum);
    state.stop_signum = 0;
}

static void on_stop_signal(int signum)
{
    if (state.stopping)
        end_now(1, "stopping at once: second signal");
    state.stopping = true;
    LOG_INFO("stopping: signal %d", signum);
    signals_begin_stop();
    pthread_mutex_lock(&state.lock);
    state.stop_signum = signum;
    hand_on_stop();
    pthread_mutex_unlock(&state.lock);
}

static void on_hangup(void)
{
    pthread_mutex_lock(&state.lock);
    struct signals_handler h = state.handler;
    pthread_mutex_unlock(&state.lock);
    if (h.on_hangup)
        h.on_hangup(h.arg);
}

/* False when it was the last word. */
static bool take_word(uint8_t word)
{
    switch (word) {
    case WORD_LOOK: break;
    case WORD_END: return false;
    case SIGTERM:
    case SIGINT: on_stop_signal(word); break;
    case SIGHUP: on_hangup(); break;
    default: LOG_INFO("signal %u: nothing is done", word); break;
    }
    return true;
}

/* Until the deadline; -1 = there is none. */
static int wait_ms(void)
{
    int64_t deadline_ns = atomic_load(&state.deadline_ns);
    if (deadline_ns == CLOCK_NEVER)
        return -1;
    int64_t left_ns = deadline_ns - clock_now_ns();
    return left_ns <= 0 ? 0 : (int)MIN(left_ns / CLOCK_MS + 1, INT64_C(3600000));
}

static void *thread_main(void *arg)
{
    (void)arg;
    for (;;) {
        struct pollfd p = {.fd = state.pipe[0], .events = POLLIN};
        int ms = wait_ms(), n = poll(&p, 1, ms);
        uint8_t word;
        if (n == 0 && atomic_load(&state.deadline_ns) <= clock_now_ns())
            end_now(1,
                    "stopping took longer than graceful_period allows, what was left is cut off");
        if (n == 1 && read(state.pipe[0], &word, 1) == 1 && !take_word(word))
            return NULL;
    }
}

static void listen_to(const int *signums, size_t n)
{
    struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigfillset(&act.sa_mask);
    for (size_t i = 0; i < n; i++)
        sigaction(signums[i], &act, &state.before[i]);
    signal(SIGPIPE, SIG_IGN);
}

err signals_start(int64_t stop_within_ns)
{
    state.stopping = false;
    state.stop_signum = 0;
    state.stop_within_ns = stop_within_ns;
    state.handler = (struct signals_handler){0};
    atomic_store(&state.deadline_ns, CLOCK_NEVER);
    if (pipe2(state.pipe, O_CLOEXEC) != 0)
        return FAIL(ERR_IO, "signals: pipe: %s", strerror(errno));
    fcntl(state.pipe[1], F_SETFL, O_NONBLOCK); /* a handler must not wait */
    int rc = pthread_create(&state.thread, NULL, thread_main, NULL);
    if (rc) {
        close(state.pipe[0]);
        close(state.pipe[1]);
        return FAIL(ERR_IO, "signals: thread: %s", strerror(rc));
    }
    pthread_setname_np(state.thread, "signals");
    listen_to(heard, ARRAY_LEN(heard));
    return OK;
}

void signals_set_handler(const struct signals_handler *handler)
{
    pthread_mutex_lock(&state.lock);
    state.handler = *handler;
    hand_on_stop();
    pthread_mutex_unlock(&state.lock);
}

void signals_begin_stop(void)
{
    int64_t never = CLOCK_NEVER, deadline_ns = clock_now_ns() + state.stop_within_ns;
    if (atomic_compare_exchange_strong(&state.deadline_ns, &never, deadline_ns))
        send_word(WORD_LOOK);
}

void signals_stop(void)
{
    for (size_t i = 0; i < ARRAY_LEN(heard); i++)
        sigaction(heard[i], &state.before[i], NULL);
    uint8_t word = WORD_END;
    while (write(state.pipe[1], &word, 1) != 1) /* must arrive */
        poll(NULL, 0, 1);
    pthread_join(state.thread, NULL);
    close(state.pipe[0]);
    close(state.pipe[1]);
}
