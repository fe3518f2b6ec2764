/* SPDX-License-Identifier: Apache-2.0 */
#include "sock_fixture.h"

#include <stdlib.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_fiber(const char *name, fiber_fn fn)
{
    ASSERT_OK(core_run_fiber(name, fn, NULL));
}

/* A server's connection that sends back what comes, and closes at the end of the stream. */
struct echo {
    struct sock *s;
    int n_ends;
    err end;
};

static void echo_data(void *arg, struct slice data)
{
    struct echo *e = arg;
    ASSERT_OK(sock_write(e->s, data));
}

static void echo_end(void *arg, err end)
{
    struct echo *e = arg;
    e->n_ends++;
    e->end = end;
    e->s = sock_close(e->s, 1000);
}

static void ignore_drain(void *arg)
{
}

static const struct sock_handler echo_handler = {echo_data, echo_end, ignore_drain};

static void echo_accept(void *arg, struct sock *s, const char *peer_ip)
{
    ASSERT_STR("127.0.0.1", peer_ip);
    struct echo *e = arg;
    e->s = s;
    sock_set_handler(s, &echo_handler, e);
}

static void echo_main(void *arg)
{
    struct echo e = {0};
    struct sock_listener *l = sock_fixture_listen(echo_accept, &e, 0);
    struct sock *s = sock_fixture_connect(l);
    ASSERT_STR("127.0.0.1", sock_peer_ip(s));
    ASSERT(sock_core(s) == core_current());
    char buf[5];
    ASSERT_OK(sock_write(s, SLICE_LIT("hello")));
    sock_fixture_read(s, buf, 5);
    ASSERT(memcmp(buf, "hello", 5) == 0);
    sock_close(s, 0);
    while (e.n_ends == 0)
        ASSERT_OK(fiber_yield());
    sock_listener_close(l);
}

TEST(what_is_written_comes_back_from_an_echo_server)
{
    on_fiber("echo", echo_main);
}

/* A server that answers only once the client has ended its side. */
static void half_end(void *arg, err end)
{
    struct echo *e = arg;
    ASSERT_OK(end);
    e->n_ends++;
    ASSERT_OK(sock_write(e->s, SLICE_LIT("goodbye")));
    e->s = sock_close(e->s, 1000);
}

static void discard(void *arg, struct slice data)
{
}

static const struct sock_handler half_handler = {discard, half_end, ignore_drain};

static void half_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct echo *e = arg;
    e->s = s;
    sock_set_handler(s, &half_handler, e);
}

static void reads_the_answer(void *arg)
{
    struct echo e = {0};
    struct sock_listener *l = sock_fixture_listen(half_accept, &e, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(sock_listener_port(l))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    shutdown(fd, SHUT_WR);
    while (e.n_ends == 0)
        ASSERT_OK(fiber_yield());
    char buf[16];
    ASSERT_INT(7, recv(fd, buf, sizeof buf, MSG_WAITALL));
    ASSERT_INT(1, e.n_ends);
    close(fd);
}

TEST(a_half_closed_connection_still_gets_its_answer)
{
    on_fiber("half", reads_the_answer);
}
