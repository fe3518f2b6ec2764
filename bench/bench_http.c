/* SPDX-License-Identifier: Apache-2.0 */
/* CPU time of the server thread per HTTP request over keep-alive: our http_server on a core against
 * bare libuv and llhttp (bench/echo, started by its path). usage: bench_http ECHO_PROGRAM
 * [REQUESTS] */
#include "base/mem.h"
#include "net/http_server.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_CONNECTIONS 8

static const char request[] =
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: 31\r\n\r\n{\"method\":\"ping\",\"params\":[{}]}\n";

struct server {
    struct core *core;
    struct http_server *http;
    struct sock_listener *listener;
    _Atomic int port;
    clockid_t cpu;
    struct buf body;
};

static void on_request(void *arg, struct http_request *req)
{
    struct server *s = arg;
    buf_clear(&s->body);
    buf_put_str(&s->body, "{\"result\":{\"status\":\"success\"}}\n");
    http_server_respond(req, 200, "application/json", NULL, &s->body);
}

static void on_accept(void *arg, struct sock *sock, const char *peer_ip)
{
    struct server *s = arg;
    (void)peer_ip;
    http_server_accept(s->http, sock, NULL);
}

static void server_main(void *arg)
{
    struct server *s = arg;
    struct core *self = core_current();
    struct http_server_opts o = {.on_request = on_request, .arg = s};
    s->http = http_server_new(&o);
    struct sock_listen_opts lo = {
        .ip = "127.0.0.1", .cores = &self, .n_cores = 1, .on_accept = on_accept, .arg = s};
    if (err_failed(sock_listen(&lo, &s->listener)))
        exit(1);
    pthread_getcpuclockid(pthread_self(), &s->cpu);
    s->core = self;
    s->port = sock_listener_port(s->listener);
    if (err_failed(fiber_sleep_until(CLOCK_NEVER))) /* cancelled by core_stop */
        s->listener = sock_listener_close(s->listener);
    s->http = http_server_free(s->http);
    buf_deinit(&s->body);
}

static void *server_thread(void *arg)
{
    if (err_failed(core_run_fiber("server", server_main, arg)))
        exit(1);
    return NULL;
}

static int dial(int port)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        exit(1);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* One request per connection in flight: send on all, then read from all. */
static void load(int port, long n)
{
    int fds[N_CONNECTIONS];
    char in[2048];
    for (int i = 0; i < N_CONNECTIONS; i++)
        fds[i] = dial(port);
    for (; n > 0; n -= N_CONNECTIONS) {
        for (int i = 0; i < N_CONNECTIONS; i++)
            if (write(fds[i], request, sizeof request - 1) != sizeof request - 1)
                exit(1);
        for (int i = 0; i < N_CONNECTIONS; i++)
            if (read(fds[i], in, sizeof in) <= 0)
                exit(1);
    }
    for (int i = 0; i < N_CONNECTIONS; i++)
        close(fds[i]);
}

static double cpu_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double measure(int port, clockid_t clock, long n)
{
    load(port, n / 10);
    double from = cpu_us(clock);
    load(port, n);
    return (cpu_us(clock) - from) / (double)n;
}

static double bench_ours(long n)
{
    struct server s = {0};
    pthread_t thread;
    pthread_create(&thread, NULL, server_thread, &s);
    while (s.port == 0)
        usleep(1000);
    double us = measure(s.port, s.cpu, n);
    core_stop(s.core);
    pthread_join(thread, NULL);
    return us;
}

static double bench_bare(const char *program, long n)
{
    int out[2], port = 0;
    clockid_t clock;
    if (pipe(out) != 0)
        exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        execl(program, program, (char *)NULL);
        _exit(1);
    }
    FILE *f = fdopen(out[0], "r");
    if (f == NULL || fscanf(f, "%d", &port) != 1 || clock_getcpuclockid(pid, &clock) != 0)
        exit(1);
    double us = measure(port, clock, n);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    fclose(f);
    return us;
}

int main(int argc, char **argv)
{
    long n = argc > 2 ? strtol(argv[2], NULL, 10) : 100000;
    if (argc < 2 || n < 1000) {
        fprintf(stderr, "usage: bench_http ECHO_PROGRAM [REQUESTS]\n");
        return 1;
    }
    double bare = bench_bare(argv[1], n), ours = bench_ours(n);
    printf("http ping, keep-alive, %d connections: %.2f us CPU per request (bare libuv+llhttp "
           "%.2f, ratio %.2f)\n",
           N_CONNECTIONS, ours, bare, ours / bare);
    return 0;
}
