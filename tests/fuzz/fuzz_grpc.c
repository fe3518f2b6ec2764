/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 and gRPC over a real socket. First byte even: the rest is what a client sends to our
 * server; odd: what a server sends to our client, whose call must end. */
#include "fuzz.h"

#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"

#include <stdlib.h>

#define SOON (clock_now_ns() + 10 * CLOCK_S)

static void must(err e)
{
    if (err_failed(e))
        abort();
}

static void settle(void)
{
    for (int i = 0; i < 6; i++)
        must(fiber_yield());
}

static void echo(void *arg, struct grpc_server_call *call)
{
    struct buf reply = {0};
    (void)arg;
    buf_put_slice(&reply, call->request);
    grpc_server_reply(call, &reply);
}

static void to_server(struct slice in)
{
    struct grpc_server *server = NULL;
    struct grpc_server_opts so = {.handler = echo, .max_request_bytes = 1000};
    struct sock *s = NULL;
    must(grpc_server_start(&so, &server));
    must(sock_connect("127.0.0.1", grpc_server_port(server), SOON, &s));
    must(sock_write(s, in));
    settle();
    sock_close(s, 0);
    settle();
    grpc_server_stop(server);
}

static void on_data(void *arg, struct slice data)
{
    struct sock **s = arg;
    (void)data;
    if (*s)
        *s = sock_close(*s, 1000);
}

static void on_end(void *arg, err e)
{
    (void)e;
    on_data(arg, SLICE_EMPTY);
}

static void on_drain(void *arg)
{
    (void)arg;
}

static const struct sock_handler handler = {on_data, on_end, on_drain};

struct peer {
    struct slice says;
    struct sock *s;
};

static void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct peer *peer = arg;
    (void)peer_ip;
    peer->s = s;
    must(sock_write(s, peer->says));
    sock_set_handler(s, &handler, &peer->s);
}

static void to_client(struct slice in)
{
    struct core *self = core_current();
    struct peer peer = {.says = in};
    struct sock_listen_opts lo = {
        .ip = "127.0.0.1", .cores = &self, .n_cores = 1, .on_accept = on_accept, .arg = &peer};
    struct sock_listener *l = NULL;
    must(sock_listen(&lo, &l));
    struct grpc_client_opts co = {.host = "127.0.0.1", .port = sock_listener_port(l)};
    struct grpc_client *c = grpc_client_new(&co);
    struct buf reply = {0};
    err e = grpc_client_call(c, "/x", SLICE_LIT("request"), 1000, SOON, &reply, NULL);
    if (e.code == ERR_TIMEOUT || reply.n > 1000)
        abort();
    buf_deinit(&reply);
    grpc_client_free(c);
    settle();
    sock_listener_close(l);
}

static void run(void *arg)
{
    struct slice *in = arg;
    if (in->p[0] & 1)
        to_client(slice_from(*in, 1));
    else
        to_server(slice_from(*in, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct slice in = slice_of(p, n);
    if (n)
        must(core_run_fiber("fuzz", run, &in));
    return 0;
}
