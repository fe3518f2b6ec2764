/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_client.h"
#include "net_fixture.h"

/* Answers a connection's first bytes with a fixed text. */
struct fake {
    struct sock *s;
    const char *reply;
};

static void fake_data(void *arg, struct slice data)
{
    struct fake *f = arg;
    (void)data;
    if (f->reply)
        net_send(f->s, f->reply);
    f->reply = NULL;
}

static void fake_end(void *arg, err e)
{
    struct fake *f = arg;
    (void)e;
    f->s = sock_close(f->s, 0);
}

static void fake_drain(void *arg)
{
    (void)arg;
}

static const struct sock_handler fake_handler = {fake_data, fake_end, fake_drain};

static void fake_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct fake *f = arg;
    (void)peer_ip;
    f->s = s;
    sock_set_handler(s, &fake_handler, f);
}

static void refused_main(void *arg)
{
    static const struct {
        const char *reply;
        int code;
    } cases[] = {
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", ERR_STATUS},
        {"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
         "bad\r\n\r\n",
         ERR_PROTOCOL},
        {"garbage\r\n\r\n", ERR_PARSE},
        {NULL, ERR_TIMEOUT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fake f = {.reply = cases[i].reply};
        struct sock_listener *l = net_listen(fake_accept, &f);
        struct ws_client_opts o = {.host = "127.0.0.1", .port = sock_listener_port(l)};
        struct ws_client *c = NULL;
        int64_t deadline =
            clock_now_ns() + (cases[i].code == ERR_TIMEOUT ? 20 * CLOCK_MS : 10 * CLOCK_S);
        ASSERT_ERR(cases[i].code, ws_client_connect(&o, deadline, &c));
        ASSERT(c == NULL);
        net_settle();
        sock_listener_close(l);
    }
    struct ws_client *c = NULL;
    struct ws_client_opts o = {.host = "127.0.0.1", .port = 1};
    ASSERT_ERR(ERR_REFUSED, ws_client_connect(&o, SOON, &c));
}

TEST(a_handshake_that_is_not_accepted_is_an_error)
{
    ASSERT_OK(core_run_fiber("t", refused_main, NULL));
}
