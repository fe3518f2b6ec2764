/* SPDX-License-Identifier: Apache-2.0 */
#include "sock_fixture.h"

static void keep_accept(void *arg, struct sock *s, const char *peer_ip)
{
    ++*(int *)arg;
}

static uint16_t closed_port(void)
{
    struct sock_listener *l = sock_fixture_listen(keep_accept, NULL, 0);
    uint16_t port = sock_listener_port(l);
    sock_listener_close(l);
    err_ignore(fiber_yield()); /* the descriptor is closed by the loop */
    err_ignore(fiber_yield());
    return port;
}

static void refused_main(void *arg)
{
    struct sock *s = NULL;
    uint16_t port = closed_port();
    ASSERT_ERR(ERR_REFUSED, sock_connect("127.0.0.1", port, SOON, &s));
    ASSERT(s == NULL);
    char expected[64];
    snprintf(expected, sizeof expected, "connect to 127.0.0.1 port %u: connection refused", port);
    ASSERT_STR(expected, err_text());
}

TEST(a_refused_connection_says_where)
{
    ASSERT_OK(core_run_fiber("test", refused_main, NULL));
}

static void name_main(void *arg)
{
    int n_accepted = 0;
    struct sock_listener *l = sock_fixture_listen(keep_accept, &n_accepted, 0);
    struct sock *s = NULL; /* localhost may be ::1 first: then 127.0.0.1 must be tried, too */
    ASSERT_OK(sock_connect("localhost", sock_listener_port(l), SOON, &s));
    while (n_accepted == 0)
        ASSERT_OK(fiber_yield());
    char name[64];
    snprintf(name, sizeof name, "127.0.0.1:%u", sock_listener_port(l));
    ASSERT_STR(name, sock_name(s));
    sock_close(s, 0);
    sock_listener_close(l);
}

TEST(a_name_is_resolved_and_its_addresses_tried)
{
    ASSERT_OK(core_run_fiber("test", name_main, NULL));
}

static void unknown_main(void *arg)
{
    struct sock *s = NULL;
    ASSERT_ERR(ERR_RESOLVE, sock_connect("no.such.host.invalid", 1, SOON, &s));
    ASSERT(strstr(err_text(), "no.such.host.invalid") != NULL);
    ASSERT_ERR(ERR_RESOLVE, sock_connect("bad name", 1, SOON, &s));
}

TEST(a_name_that_does_not_resolve_is_an_error)
{
    ASSERT_OK(core_run_fiber("test", unknown_main, NULL));
}

struct attempt {
    const char *host;
    uint16_t port;
    err got;
    bool done;
};

static void connect_main(void *arg)
{
    struct attempt *a = arg;
    struct sock *s = NULL;
    a->got = sock_connect(a->host, a->port, SOON, &s);
    sock_close(s, 0);
    a->done = true;
}

/* A fiber cancelled or timed out at each wait of a connect leaves nothing behind (checked by the
 * sanitizers). */
static void cancel_main(void *arg)
{
    int n_accepted = 0;
    struct sock_listener *l = sock_fixture_listen(keep_accept, &n_accepted, 0);
    static const char *const hosts[] = {"127.0.0.1", "localhost", "no.such.host.invalid"};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct attempt a = {.host = hosts[i], .port = sock_listener_port(l)};
        struct fiber *f = fiber_spawn("connect", connect_main, &a);
        ASSERT_OK(fiber_yield());
        if (!a.done)
            fiber_cancel(f);
        while (!a.done)
            ASSERT_OK(fiber_yield());
        struct sock *s = NULL;
        err e = sock_connect(hosts[i], a.port, clock_now_ns() + 1, &s);
        ASSERT(err_failed(e));
    }
    struct sock *s = NULL;
    ASSERT_ERR(ERR_TIMEOUT,
               sock_connect("127.0.0.1", sock_listener_port(l), clock_now_ns() - 1, &s));
    sock_listener_close(l);
}

TEST(connecting_can_be_cancelled_and_times_out)
{
    ASSERT_OK(core_run_fiber("test", cancel_main, NULL));
}

struct names {
    char last[80];
    int n;
};

static void keep_name(void *arg, struct sock *s, const char *peer_ip)
{
    struct names *names = arg;
    snprintf(names->last, sizeof names->last, "%s", sock_name(s));
    names->n++;
}

static void from_port_main(void *arg)
{
    struct names names = {0};
    struct sock *s, *again;
    struct sock_listener *l = sock_fixture_listen(keep_name, &names, 0);
    uint16_t from;
    char expected[64];
    err e;
    do { /* a free port may be another program's a moment later */
        from = closed_port();
        e = sock_connect_from("127.0.0.1", sock_listener_port(l), from, SOON, &s);
    } while (e.code == ERR_EXISTS);
    ASSERT_OK(e);
    while (names.n < 1)
        err_ignore(fiber_yield());
    snprintf(expected, sizeof expected, "127.0.0.1:%u", from);
    ASSERT_STR(expected, names.last);
    ASSERT_ERR(ERR_EXISTS,
               sock_connect_from("127.0.0.1", sock_listener_port(l), from, SOON, &again));
    ASSERT_ERR(ERR_EXISTS, sock_connect_from("127.0.0.1", sock_listener_port(l),
                                             sock_listener_port(l), SOON, &again));
    sock_close(s, 0);
    sock_listener_close(l);
}

TEST(a_connection_comes_from_the_port_that_was_told)
{
    ASSERT_OK(core_run_fiber("test", from_port_main, NULL));
}
