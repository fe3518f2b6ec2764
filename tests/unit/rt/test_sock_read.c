/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/sock_filter.h"
#include "sock_fixture.h"

#include "rt/ready.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sock *accepted;

static void keep_accept(void *arg, struct sock *s, const char *peer_ip)
{
    accepted = s;
}

static struct sock *pair(void)
{
    accepted = NULL;
    struct sock_listener *l = sock_fixture_listen(keep_accept, NULL, 0);
    struct sock *s = sock_fixture_connect(l);
    while (accepted == NULL)
        ASSERT_OK(fiber_yield());
    sock_listener_close(l);
    return s;
}

/* A client with a descriptor of its own, for what a sock does not do. */
static int raw_pair(void)
{
    accepted = NULL;
    struct sock_listener *l = sock_fixture_listen(keep_accept, NULL, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(sock_listener_port(l))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    while (accepted == NULL)
        ASSERT_OK(fiber_yield());
    sock_listener_close(l);
    return fd;
}

static void settle(void)
{
    for (int i = 0; i < 20; i++)
        ASSERT_OK(fiber_yield());
}

struct hearer {
    struct sock *s;
    struct buf data;
    size_t largest; /* bytes in one call */
    int n_calls;
    size_t takes; /* bytes a call takes, the rest is handed back; 0 = all */
    int n_ends;
    err end;
};

static void hear_data(void *arg, struct slice data)
{
    struct hearer *h = arg;
    size_t n = h->takes ? MIN(h->takes, data.n) : data.n;
    h->n_calls++;
    h->largest = MAX(h->largest, data.n);
    buf_put(&h->data, data.p, n);
    sock_unread(h->s, slice_from(data, n));
}

static void hear_end(void *arg, err e)
{
    struct hearer *h = arg;
    h->n_ends++;
    h->end = e;
}

static void hear_drain(void *arg)
{
}

static const struct sock_handler hears = {hear_data, hear_end, hear_drain, false};
static const struct sock_handler hears_end_first = {hear_data, hear_end, hear_drain, true};

static void unread_main(void *arg)
{
    struct sock *client = pair();
    struct hearer h = {.s = accepted, .takes = 1000};
    static uint8_t bytes[100000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 253);
    ASSERT_OK(sock_write(client, slice_of(bytes, sizeof bytes)));
    sock_close(client, 1000);
    sock_set_handler(accepted, &hears, &h);
    ASSERT_INT(0, h.n_calls); /* from the loop only */
    while (h.n_ends == 0)
        ASSERT_OK(fiber_yield());
    ASSERT(h.n_calls >= 100);
    ASSERT(slice_eq(slice_of(bytes, sizeof bytes), buf_slice(&h.data)));
    buf_deinit(&h.data);
    sock_close(accepted, 0);
}

TEST(what_a_handler_hands_back_comes_again_in_order)
{
    ASSERT_OK(core_run_fiber("t", unread_main, NULL));
}

static void to_fiber_main(void *arg)
{
    struct sock *client = pair();
    struct hearer h = {.s = accepted, .takes = 3};
    ASSERT_OK(sock_write(client, SLICE_LIT("abcdef")));
    sock_set_handler(accepted, &hears, &h);
    while (h.n_calls == 0)
        ASSERT_OK(fiber_yield());
    sock_set_handler(accepted, NULL, NULL);
    sock_unread(accepted, SLICE_LIT("xyz"));
    char buf[6];
    sock_fixture_read(accepted, buf, 6);
    ASSERT(memcmp(buf, "xyzdef", 6) == 0);
    buf_deinit(&h.data);
    sock_close(client, 0);
    sock_close(accepted, 0);
}

TEST(bytes_given_back_are_read_by_whoever_is_next)
{
    ASSERT_OK(core_run_fiber("t", to_fiber_main, NULL));
}

/* A client that floods, and another that asks once. */
static void fair_main(void *arg)
{
    int flood = raw_pair();
    struct hearer a = {.s = accepted};
    sock_set_handler(accepted, &hears, &a);
    struct sock *client = pair();
    struct hearer b = {.s = accepted};
    sock_set_handler(accepted, &hears, &b);
    static uint8_t bytes[1 << 20];
    ssize_t n = send(flood, bytes, sizeof bytes, MSG_DONTWAIT);
    ASSERT(n > 256 << 10);
    ASSERT_OK(sock_write(client, SLICE_LIT("x")));
    while (b.n_calls == 0)
        ASSERT_OK(fiber_yield());
    ASSERT(a.data.n <= 128 << 10); /* a slice or two, not all that the kernel has */
    ASSERT(a.largest <= 64 << 10);
    while (a.data.n < (size_t)n)
        ASSERT_OK(fiber_yield());
    buf_deinit(&a.data);
    buf_deinit(&b.data);
    close(flood);
    sock_close(client, 0);
    sock_close(a.s, 0);
    sock_close(b.s, 0);
}

TEST(a_flood_on_one_connection_is_read_in_slices)
{
    ASSERT_OK(core_run_fiber("t", fair_main, NULL));
}

static void reset(int fd)
{
    struct linger now = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

static void paused_main(void *arg)
{
    int fd = raw_pair();
    struct hearer h = {.s = accepted};
    sock_set_handler(accepted, &hears, &h);
    sock_pause(accepted);
    ASSERT_INT(3, send(fd, "abc", 3, 0));
    settle();
    ASSERT_INT(0, h.n_calls + h.n_ends);
    reset(fd);
    settle();
    ASSERT_INT(0, h.n_calls);
    ASSERT_INT(1, h.n_ends);
    ASSERT_ERR(ERR_IO, h.end);
    sock_close(accepted, 0);
}

TEST(a_paused_connection_hears_of_a_reset)
{
    ASSERT_OK(core_run_fiber("t", paused_main, NULL));
}

static void paused_end_main(void *arg)
{
    int fd = raw_pair();
    struct hearer h = {.s = accepted};
    sock_set_handler(accepted, &hears, &h);
    sock_pause(accepted);
    ASSERT_INT(3, send(fd, "abc", 3, 0));
    shutdown(fd, SHUT_WR);
    settle();
    ASSERT_INT(0, h.n_ends); /* it may still want its answer: what it has sent comes first */
    sock_set_handler(accepted, &hears_end_first, &h);
    sock_pause(accepted);
    settle();
    ASSERT_INT(1, h.n_ends);
    ASSERT_OK(h.end);
    ASSERT_INT(0, h.n_calls);
    sock_close(accepted, 0);
    close(fd);
}

TEST(a_paused_connection_hears_of_an_orderly_end_if_it_cares)
{
    ASSERT_OK(core_run_fiber("t", paused_end_main, NULL));
}

static void half_main(void *arg)
{
    int fd = raw_pair();
    struct hearer h = {.s = accepted};
    sock_set_handler(accepted, &hears, &h);
    shutdown(fd, SHUT_WR);
    settle();
    ASSERT_INT(1, h.n_ends);
    ASSERT_OK(h.end);
    ASSERT_OK(sock_write(accepted, SLICE_LIT("still")));
    char buf[8];
    ASSERT_INT(5, recv(fd, buf, sizeof buf, 0));
    reset(fd);
    settle();
    ASSERT_INT(2, h.n_ends);
    ASSERT_ERR(ERR_IO, h.end);
    sock_close(accepted, 0);
}

TEST(a_failure_is_told_after_an_orderly_end)
{
    ASSERT_OK(core_run_fiber("t", half_main, NULL));
}

/* A filter that has ten bytes to say for each that comes, and nothing for its user. */
static err talk(struct sock_filter *f, struct slice wire, struct buf *ret_plain,
                struct buf *ret_wire, bool *ret_end)
{
    for (size_t i = 0; i < wire.n; i++)
        buf_put_str(ret_wire, "0123456789");
    return OK;
}

static err no_seal(struct sock_filter *f, struct slice plain, struct buf *ret_wire)
{
    return OK;
}

static void no_word(struct sock_filter *f, struct buf *ret_wire)
{
}

static void not_freed(struct sock_filter *f)
{
}

static void talker_main(void *arg)
{
    static const struct sock_filter_ops ops = {talk, no_seal, no_word, not_freed};
    static uint8_t bytes[1 << 16];
    struct sock_filter talker = {.ops = &ops};
    int fd = raw_pair();
    struct hearer h = {.s = accepted};
    sock_set_filter(accepted, &talker);
    sock_set_handler(accepted, &hears, &h);
    size_t n_sent = 0;
    for (int i = 0; i < 3000; i++) { /* it does not read */
        ssize_t n = send(fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
        n_sent += n > 0 ? (size_t)n : 0;
        ASSERT_OK(fiber_yield());
        ASSERT(sock_queued(accepted) < 1 << 20);
    }
    ASSERT(n_sent > 1 << 18 && h.n_calls == 0);
    for (ssize_t n = 1; n > 0 || sock_queued(accepted);) { /* now it does */
        n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        ASSERT_OK(fiber_yield());
    }
    sock_close(accepted, 0);
    close(fd);
    settle();
}

TEST(a_peer_that_does_not_take_a_filters_answers_is_not_read_from)
{
    ASSERT_OK(core_run_fiber("t", talker_main, NULL));
}
