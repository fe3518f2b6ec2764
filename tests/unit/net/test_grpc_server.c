/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_server.h"
#include "net/grpc_client.h"
#include "net_fixture.h"

static void handler(void *arg, struct grpc_server_call *call)
{
    int *n = arg;
    ++*n;
    if (fiber_sleep_until(clock_now_ns() + 100 * CLOCK_S).code == ERR_CANCELLED)
        *n += 100;
    grpc_server_reply_error(call, GRPC_CODE_INTERNAL, NULL);
}

struct rig {
    struct grpc_client *client;
    err e;
};

static void one_call(void *arg)
{
    struct rig *r = arg;
    CLEANUP(buf_deinit) struct buf reply = {0};
    r->e = grpc_client_call(r->client, "/x", SLICE_LIT("a"), 0, SOON, &reply, NULL);
}

static void stop_main(void *arg)
{
    int n = 0;
    struct grpc_server *s = NULL;
    struct grpc_server_opts so = {.handler = handler, .arg = &n};
    ASSERT_OK(grpc_server_start(&so, &s));
    struct grpc_client_opts co = {.host = "127.0.0.1", .port = grpc_server_port(s)};
    struct rig r = {.client = grpc_client_new(&co)};
    struct fiber_group g;
    fiber_group_init(&g);
    fiber_group_spawn(&g, "call", one_call, &r);
    net_settle();
    ASSERT_INT(1, n);
    s = grpc_server_stop(s);
    ASSERT_INT(101, n);
    fiber_group_join(&g);
    ASSERT(r.e.code == ERR_CLOSED || r.e.code == ERR_IO);
    grpc_client_free(r.client);
}

TEST(stopping_cancels_the_handlers_and_waits_for_them)
{
    ASSERT_OK(core_run_fiber("t", stop_main, NULL));
}

static void raw_main(void *arg)
{
    int n = 0;
    struct grpc_server *s = NULL;
    struct grpc_server_opts so = {.handler = handler, .arg = &n};
    ASSERT_OK(grpc_server_start(&so, &s));
    struct buf out = {0};
    struct sock *c = net_connect(grpc_server_port(s));
    net_send(c, "GET / HTTP/1.1\r\nHost: not HTTP/2\r\n\r\n");
    net_read_end(c, &out);
    sock_close(c, 0);
    /* preface, SETTINGS, HEADERS of stream 1 without content-type: POST, http, /, x, END_STREAM */
    c = net_connect(grpc_server_port(s));
    net_send(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    ASSERT_OK(sock_write(c, SLICE_LIT("\0\0\0\4\0\0\0\0\0"
                                      "\0\0\6\1\5\0\0\0\1\x83\x86\x84\x41\1x")));
    buf_clear(&out);
    const char headers_of_1[] = {1, 5, 0, 0, 0, 1}; /* type HEADERS, ends headers and stream */
    while (out.n < 9 || memmem(out.p, out.n, headers_of_1, 6) == NULL)
        net_read_n(c, &out, out.n + 1);
    sock_close(c, 0);
    ASSERT_INT(0, n);
    buf_deinit(&out);
    grpc_server_stop(s);
}

TEST(what_is_not_grpc_never_reaches_the_handler)
{
    ASSERT_OK(core_run_fiber("t", raw_main, NULL));
}
