/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/ready.h"
#include "sock_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_CORES 3

static struct core *cores[N_CORES];
static _Atomic int n_accepted[N_CORES];
static atomic_int n_all;

static void echo_data(void *arg, struct slice data)
{
    ASSERT_OK(sock_write(arg, data));
}

static void close_at_end(void *arg, err e)
{
    sock_close(arg, 0);
}

static void ignore_drain(void *arg)
{
}

static const struct sock_handler echo = {echo_data, close_at_end, ignore_drain};

static void count_accept(void *arg, struct sock *s, const char *peer_ip)
{
    ASSERT(sock_core(s) == core_current());
    n_accepted[core_index(core_current())]++;
    n_all++;
    sock_set_handler(s, &echo, s);
}

static int dial(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

static bool echoes(int fd)
{
    char c = 0;
    struct timeval limit = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return send(fd, "x", 1, MSG_NOSIGNAL) == 1 && recv(fd, &c, 1, 0) == 1 && c == 'x';
}

struct start {
    struct core_mail mail;
    uint32_t max_connections;
    struct sock_listener *listener;
    _Atomic uint16_t port;
};

static void start_listening(struct core_mail *mail)
{
    struct start *st = container_of(mail, struct start, mail);
    struct sock_listen_opts opts = {.ip = "127.0.0.1",
                                    .cores = cores,
                                    .n_cores = N_CORES,
                                    .max_connections = st->max_connections,
                                    .on_accept = count_accept};
    ASSERT_OK(sock_listen(&opts, &st->listener));
    st->port = sock_listener_port(st->listener);
}

/* The cores run on their own threads; the test is an ordinary client. */
static uint16_t serve(struct start *st)
{
    for (uint32_t i = 0; i < N_CORES; i++) {
        ASSERT_OK(core_new(&(struct core_opts){.index = i}, &cores[i]));
        ASSERT_OK(core_start(cores[i]));
    }
    st->mail.run = start_listening;
    core_post(cores[0], &st->mail);
    while (st->port == 0)
        usleep(100);
    return st->port;
}

static void end_serving(void)
{
    for (int i = 0; i < N_CORES; i++)
        core_stop(cores[i]);
    for (int i = 0; i < N_CORES; i++)
        core_join(cores[i]);
    for (int i = 0; i < N_CORES; i++) {
        ASSERT_INT(0, core_load(cores[i]));
        core_free(cores[i]);
    }
}

TEST(connections_are_spread_evenly_over_the_cores)
{
    struct start st = {0};
    uint16_t port = serve(&st);
    int fds[30];
    for (int i = 0; i < 30; i++)
        fds[i] = dial(port);
    for (int i = 0; i < 30; i++)
        ASSERT(echoes(fds[i]));
    for (int i = 0; i < N_CORES; i++) {
        ASSERT_INT(10, n_accepted[i]);
        ASSERT_INT(10, core_load(cores[i]));
    }
    for (int i = 0; i < 15; i++)
        close(fds[i]);
    end_serving();
    for (int i = 15; i < 30; i++)
        close(fds[i]);
}

TEST(a_loaded_core_gets_fewer_connections)
{
    struct start st = {0};
    uint16_t port = serve(&st);
    core_load_add(cores[1], 100);
    int fds[10];
    for (int i = 0; i < 10; i++) {
        fds[i] = dial(port);
        ASSERT(echoes(fds[i]));
    }
    ASSERT_INT(0, n_accepted[1]);
    ASSERT_INT(5, n_accepted[0]);
    ASSERT_INT(5, n_accepted[2]);
    core_load_add(cores[1], -100);
    end_serving();
    for (int i = 0; i < 10; i++)
        close(fds[i]);
}

TEST(one_connection_too_many_is_closed_until_another_ends)
{
    struct start st = {.max_connections = 2};
    uint16_t port = serve(&st);
    int a = dial(port), b = dial(port);
    ASSERT(echoes(a) && echoes(b));
    int c = dial(port);
    ASSERT(!echoes(c));
    close(a);
    close(c);
    bool served = false;
    for (int i = 0; i < 1000 && !served; i++) { /* until the server has seen the close */
        c = dial(port);
        served = echoes(c);
        close(c);
    }
    ASSERT(served);
    close(b);
    end_serving();
}

static void addresses_main(void *arg)
{
    struct core *self = core_current();
    struct sock_listener *l = sock_fixture_listen(count_accept, NULL, 0), *m = NULL;
    struct sock_listen_opts opts = {.ip = "127.0.0.1",
                                    .port = sock_listener_port(l),
                                    .cores = &self,
                                    .n_cores = 1,
                                    .on_accept = count_accept};
    ASSERT_ERR(ERR_IO, sock_listen(&opts, &m));
    ASSERT(strstr(err_text(), "127.0.0.1") && strstr(err_text(), "in use"));
    opts.ip = "example";
    ASSERT_ERR(ERR_INVALID, sock_listen(&opts, &m));
    ASSERT(sock_listener_close(l) == NULL && sock_listener_close(NULL) == NULL);
}

TEST(an_address_in_use_or_malformed_is_an_error_that_names_it)
{
    ASSERT_OK(core_run_fiber("test", addresses_main, NULL));
}

static char seen_ip[64];

static void note_ip(void *arg, struct sock *s, const char *peer_ip)
{
    ASSERT(sock_share(s) != SHARE_OWN);
    ASSERT_INT(sock_share(s), ready_share_now()); /* whoever is started works for the peer */
    snprintf(seen_ip, sizeof seen_ip, "%s %s", peer_ip, sock_name(s));
    sock_close(s, 0);
}

static void mapped_main(void *arg)
{
    struct core *self = core_current();
    struct sock_listener *l = NULL;
    struct sock_listen_opts opts = {.ip = "::", .cores = &self, .n_cores = 1, .on_accept = note_ip};
    err e = sock_listen(&opts, &l);
    if (err_failed(e))
        return; /* no IPv6 on this machine */
    struct sock *s = NULL;
    ASSERT_OK(sock_connect("127.0.0.1", sock_listener_port(l), SOON, &s));
    sock_fixture_expect_end(s);
    ASSERT(strncmp(seen_ip, "127.0.0.1 127.0.0.1:", 20) == 0);
    sock_close(s, 0);
}

TEST(an_ipv4_peer_of_an_ipv6_listener_is_named_as_ipv4)
{
    ASSERT_OK(core_run_fiber("test", mapped_main, NULL));
}
