/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving large gRPC replies: client and server are two threads on the loopback. Prints the rate
 * and the client's CPU time. usage: bench_grpc [REPLIES] */
#include "base/mem.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define REPLY_BYTES ((size_t)32 << 20)

struct server {
    _Atomic int port;
    struct core *core;
};

static void handler(void *arg, struct grpc_server_call *call)
{
    struct buf reply = {0};
    (void)arg;
    memset(buf_reserve(&reply, REPLY_BYTES), 'x', REPLY_BYTES);
    buf_advance(&reply, REPLY_BYTES);
    grpc_server_reply(call, &reply);
}

static void server_main(void *arg)
{
    struct server *s = arg;
    struct grpc_server *server = NULL;
    struct grpc_server_opts o = {.handler = handler};
    if (err_failed(grpc_server_start(&o, &server)))
        exit(1);
    s->core = core_current();
    s->port = grpc_server_port(server);
    if (err_failed(fiber_sleep_until(CLOCK_NEVER))) /* cancelled by core_stop */
        grpc_server_stop(server);
}

static void *server_thread(void *arg)
{
    if (err_failed(core_run_fiber("server", server_main, arg)))
        exit(1);
    return NULL;
}

struct client {
    int port;
    long n_replies;
};

static void client_main(void *arg)
{
    struct client *c = arg;
    struct grpc_client_opts o = {.host = "127.0.0.1", .port = (uint16_t)c->port};
    struct grpc_client *client = grpc_client_new(&o);
    struct buf reply = {0};
    int64_t from = clock_now_ns(), cpu = clock_cpu_ns();
    for (long i = 0; i < c->n_replies; i++)
        if (err_failed(
                grpc_client_call(client, "/bench", SLICE_EMPTY, 0, CLOCK_NEVER, &reply, NULL)) ||
            reply.n != REPLY_BYTES)
            exit(1);
    double gb = (double)c->n_replies * (double)REPLY_BYTES / 1e9;
    double s = (double)(clock_now_ns() - from) / 1e9, cpu_s = (double)(clock_cpu_ns() - cpu) / 1e9;
    printf("gRPC, %zu MiB replies: %.2f GB/s, %.0f ms client CPU per GB\n", REPLY_BYTES >> 20,
           gb / s, cpu_s * 1000 / gb);
    buf_deinit(&reply);
    grpc_client_free(client);
}

int main(int argc, char **argv)
{
    struct server s = {0};
    struct client c = {.n_replies = argc > 1 ? strtol(argv[1], NULL, 10) : 30};
    pthread_t thread;
    pthread_create(&thread, NULL, server_thread, &s);
    while (s.port == 0)
        usleep(1000);
    c.port = s.port;
    if (err_failed(core_run_fiber("client", client_main, &c)))
        return 1;
    core_stop(s.core);
    pthread_join(thread, NULL);
    return 0;
}
