/* SPDX-License-Identifier: Apache-2.0 */
#include "app/signals.h"

#include "rt/clock.h"
#include "test.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_int n_stops, n_hangups;

static void on_stop(void *arg, int signum)
{
    ASSERT_INT(SIGTERM, signum);
    n_stops++;
}

static void on_hangup(void *arg)
{
    n_hangups++;
}

static const struct signals_handler handler = {on_stop, on_hangup, NULL};

static void wait_for(const atomic_int *n, int wanted)
{
    while (*n < wanted)
        usleep(1000);
}

TEST(signals_reach_their_handlers_and_the_others_do_not_kill)
{
    ASSERT_OK(signals_start(60 * CLOCK_S));
    signals_set_handler(&handler);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGQUIT);
    kill(getpid(), SIGPIPE);
    for (int i = 1; i <= 3; i++) {
        kill(getpid(), SIGHUP);
        wait_for(&n_hangups, i);
    }
    ASSERT_INT(0, n_stops);
    kill(getpid(), SIGTERM);
    wait_for(&n_stops, 1);
    signals_stop();
    struct sigaction now;
    ASSERT(sigaction(SIGTERM, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
}

TEST(a_stop_asked_for_before_there_is_a_handler_is_not_lost)
{
    ASSERT_OK(signals_start(60 * CLOCK_S));
    kill(getpid(), SIGTERM);
    usleep(50000); /* before or after the thread has read it: both must do */
    signals_set_handler(&handler);
    wait_for(&n_stops, 1);
    signals_stop();
}

/* Run in a child, whose standard error is a pipe; returns its status and what it said. */
static int in_child(void (*fn)(void), char said[200], int64_t *ret_ns)
{
    int ends[2], status;
    ASSERT(pipe(ends) == 0);
    int64_t begun_ns = clock_now_ns();
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        fn();
        _exit(99);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t m; (m = read(ends[0], said + n, 199 - n)) > 0 && n < 199;)
        n += (size_t)m;
    said[n] = 0;
    close(ends[0]);
    ASSERT(waitpid(pid, &status, 0) == pid);
    *ret_ns = clock_now_ns() - begun_ns;
    ASSERT(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Everything that could act on the first signal hangs. */
static void hang_with_two_signals(void)
{
    ASSERT_OK(signals_start(60 * CLOCK_S));
    signals_set_handler(&handler);
    kill(getpid(), SIGTERM);
    wait_for(&n_stops, 1);
    kill(getpid(), SIGINT);
    for (;;)
        pause();
}

TEST(a_second_signal_ends_at_once_whatever_hangs)
{
    char said[200];
    int64_t ns;
    ASSERT_INT(1, in_child(hang_with_two_signals, said, &ns));
    ASSERT(strstr(said, "second signal") != NULL);
    ASSERT(ns < 30 * CLOCK_S);
}

static void hang_with_one_signal(void)
{
    ASSERT_OK(signals_start(200 * CLOCK_MS));
    signals_set_handler(&handler);
    kill(getpid(), SIGTERM);
    for (;;)
        pause();
}

TEST(a_stop_that_hangs_is_cut_off_in_time)
{
    char said[200];
    int64_t ns;
    ASSERT_INT(1, in_child(hang_with_one_signal, said, &ns));
    ASSERT(strstr(said, "graceful_period") != NULL);
    ASSERT(ns >= 200 * CLOCK_MS && ns < 30 * CLOCK_S);
}

static void stop_for_another_reason(void)
{
    ASSERT_OK(signals_start(10 * CLOCK_MS));
    signals_begin_stop();
    for (;;)
        pause();
}

TEST(the_time_runs_whatever_the_reason_of_the_stop)
{
    char said[200];
    int64_t ns;
    ASSERT_INT(1, in_child(stop_for_another_reason, said, &ns));
}
