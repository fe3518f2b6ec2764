/* SPDX-License-Identifier: Apache-2.0 */
/* What a fiber costs: start to end, a switch there and back, a wait with a deadline, a socket echo.
 */
#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"

#include <stdio.h>
#include <stdlib.h>

#define N 5000000

static uint64_t n_runs;

static void report(const char *what, int64_t start_ns, int64_t n, const char *compare)
{
    printf("%-44s %8.1f ns   (%s)\n", what, (double)(clock_cpu_ns() - start_ns) / (double)n,
           compare);
}

static void empty(void *arg)
{
    n_runs++;
}

static void bench_spawn(void)
{
    int64_t start_ns = clock_cpu_ns();
    for (int i = 0; i < N; i++)
        fiber_spawn_now("empty", empty, NULL);
    report("fiber_spawn_now and end", start_ns, N, "aim: about 100");
}

static void wake_each_other(void *arg)
{
    struct fiber **other = arg;
    for (;;) {
        if (*other)
            fiber_wake(*other);
        if (err_failed(fiber_park(CLOCK_NEVER)))
            return;
        n_runs++;
    }
}

/* Each round is a wake, a park and the switches fiber → loop → fiber. */
static void bench_switch(void)
{
    static struct fiber *a, *b;
    a = fiber_spawn("a", wake_each_other, &b);
    b = fiber_spawn("b", wake_each_other, &a);
    if (err_failed(fiber_yield()))
        return;
    n_runs = 0;
    int64_t start_ns = clock_cpu_ns();
    while (n_runs < N)
        if (err_failed(fiber_yield()))
            return;
    report("wake, park and two switches", start_ns, (int64_t)n_runs, "swapcontext alone: 2 x 440");
    fiber_cancel(a);
    fiber_cancel(b);
}

static void park_with_deadline(void *arg)
{
    int64_t deadline_ns = clock_now_ns() + 100 * CLOCK_S;
    while (!err_failed(fiber_park(deadline_ns++)))
        n_runs++;
}

static void bench_deadline(void)
{
    struct fiber *f = fiber_spawn("deadline", park_with_deadline, NULL);
    if (err_failed(fiber_yield()))
        return;
    n_runs = 0;
    int64_t start_ns = clock_cpu_ns();
    for (int i = 0; i < N / 20; i++) {
        fiber_wake(f);
        if (err_failed(fiber_yield()))
            return;
    }
    report("park with deadline, plus one turn of the loop", start_ns, N / 20,
           "the poll is most of it");
    fiber_cancel(f);
}

static void echo_back(void *arg, struct slice data)
{
    err_ignore(sock_write(arg, data)); /* the end of the stream will tell */
}

static void close_at_end(void *arg, err e)
{
    sock_close(arg, 0);
}

static void ignore_drain(void *arg)
{
}

static const struct sock_handler echo = {echo_back, close_at_end, ignore_drain};

static void accept_one(void *arg, struct sock *s, const char *peer_ip)
{
    sock_set_handler(s, &echo, s);
}

static ERR run_echo(struct sock *s, int n)
{
    char buf[128] = {0};
    size_t got;
    for (int i = 0; i < n; i++) {
        TRY(sock_write(s, slice_of(buf, sizeof buf)));
        TRY(sock_read(s, buf, sizeof buf, CLOCK_NEVER, &got));
    }
    return OK;
}

static void bench_echo(void)
{
    struct core *self = core_current();
    struct sock_listener *l = NULL;
    struct sock *s = NULL;
    struct sock_listen_opts opts = {
        .ip = "127.0.0.1", .cores = &self, .n_cores = 1, .on_accept = accept_one};
    err e = sock_listen(&opts, &l);
    if (!err_failed(e))
        e = sock_connect("127.0.0.1", sock_listener_port(l), CLOCK_NEVER, &s);
    int64_t start_ns = clock_cpu_ns();
    if (!err_failed(e))
        e = run_echo(s, 100000);
    if (err_failed(e))
        fprintf(stderr, "%s\n", err_text());
    else
        report("echo of 128 bytes, both ends on this core", start_ns, 100000,
               "4 system calls and 2 polls");
    sock_close(s, 0);
    sock_listener_close(l);
}

static void all(void *arg)
{
    bench_spawn();
    bench_switch();
    bench_deadline();
    bench_echo();
}

int main(void)
{
    return core_run_fiber("bench", all, NULL).code;
}
