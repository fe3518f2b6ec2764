/* SPDX-License-Identifier: Apache-2.0 */
#include "sock_fixture.h"

#include <errno.h>
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

/* A server that sends before anybody reads, then goes away. */
static void greet_accept(void *arg, struct sock *s, const char *peer_ip)
{
    ASSERT_OK(sock_write(s, SLICE_LIT("hello world")));
    sock_close(s, 1000);
}

struct heard {
    struct buf data;
    int n_ends;
    err end;
};

static void hear_data(void *arg, struct slice data)
{
    buf_put_slice(&((struct heard *)arg)->data, data);
}

static void hear_end(void *arg, err e)
{
    struct heard *h = arg;
    h->n_ends++;
    h->end = e;
}

static const struct sock_handler hear_handler = {hear_data, hear_end, ignore_drain};

static void early_main(void *arg)
{
    struct sock_listener *l = sock_fixture_listen(greet_accept, NULL, 0);
    struct sock *s = sock_fixture_connect(l);
    char c[2];
    sock_fixture_read(s, c, 2); /* the rest comes while nobody reads */
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 5 * CLOCK_MS));
    struct heard h = {0};
    sock_set_handler(s, &hear_handler, &h);
    while (h.n_ends == 0)
        ASSERT_OK(fiber_yield());
    ASSERT_SLICE("llo world", buf_slice(&h.data));
    ASSERT_OK(h.end);
    ASSERT_INT(1, h.n_ends);
    buf_deinit(&h.data);
    sock_close(s, 0);
    sock_listener_close(l);
}

TEST(a_handler_set_late_hears_what_came_before_and_the_end)
{
    on_fiber("early", early_main);
}

static struct sock *accepted;

static void keep_accept(void *arg, struct sock *s, const char *peer_ip)
{
    accepted = s;
}

/* Both ends of a connection; the server's side has no handler. */
static struct sock *pair(struct sock_listener **ret_l)
{
    accepted = NULL;
    *ret_l = sock_fixture_listen(keep_accept, NULL, 0);
    struct sock *s = sock_fixture_connect(*ret_l);
    while (accepted == NULL)
        ASSERT_OK(fiber_yield());
    return s;
}

static void read_waits_main(void *arg)
{
    struct sock_listener *l;
    struct sock *s = pair(&l);
    char c;
    size_t n;
    ASSERT_ERR(ERR_TIMEOUT, sock_read(s, &c, 1, clock_now_ns() + 2 * CLOCK_MS, &n));
    ASSERT_OK(sock_write(accepted, SLICE_LIT("x"))); /* it is still usable */
    ASSERT_OK(sock_read(s, &c, 1, SOON, &n));
    ASSERT(n == 1 && c == 'x');
    sock_close(accepted, 0);
    sock_fixture_expect_end(s);
    sock_fixture_expect_end(s); /* again and again */
    sock_close(s, 0);
}

TEST(a_read_that_timed_out_leaves_the_connection_usable)
{
    on_fiber("read", read_waits_main);
}

struct reading {
    struct sock *s;
    struct fiber *fiber;
    err got;
    bool done;
};

static void read_one(void *arg)
{
    struct reading *r = arg;
    char c;
    size_t n;
    r->fiber = fiber_current();
    r->got = sock_read(r->s, &c, 1, CLOCK_NEVER, &n);
    r->done = true;
}

static void close_under_reader_main(void *arg)
{
    struct sock_listener *l;
    struct reading r = {.s = pair(&l)};
    fiber_spawn_now("reader", read_one, &r);
    sock_close(r.s, 0);
    while (!r.done)
        ASSERT_OK(fiber_yield());
    ASSERT_ERR(ERR_CLOSED, r.got);
    struct reading q = {.s = pair(&l)}; /* of whose peer nothing comes */
    fiber_spawn_now("reader", read_one, &q);
    fiber_cancel(q.fiber);
    while (!q.done)
        ASSERT_OK(fiber_yield());
    ASSERT_ERR(ERR_CANCELLED, q.got);
}

TEST(a_reader_learns_that_its_sock_was_closed_or_that_it_is_cancelled)
{
    on_fiber("close", close_under_reader_main);
}

static void reset_main(void *arg)
{
    struct sock_listener *l = sock_fixture_listen(keep_accept, NULL, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(sock_listener_port(l))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    while (accepted == NULL)
        ASSERT_OK(fiber_yield());
    struct linger now = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd); /* a reset */
    char c;
    size_t n;
    ASSERT_ERR(ERR_IO, sock_read(accepted, &c, 1, SOON, &n));
    ASSERT(strstr(err_text(), "127.0.0.1:") && strstr(err_text(), "reset"));
}

TEST(a_reset_is_an_io_error_that_names_the_peer)
{
    on_fiber("reset", reset_main);
}

static void pause_main(void *arg)
{
    struct sock_listener *l;
    struct sock *s = pair(&l);
    struct heard h = {0};
    sock_set_handler(accepted, &hear_handler, &h);
    sock_pause(accepted);
    ASSERT_OK(sock_write(s, SLICE_LIT("abc")));
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 5 * CLOCK_MS));
    ASSERT_INT(0, h.data.n);
    sock_resume(accepted);
    while (h.data.n == 0)
        ASSERT_OK(fiber_yield());
    ASSERT_SLICE("abc", buf_slice(&h.data));
    buf_deinit(&h.data);
    sock_close(s, 0);
    sock_close(accepted, 0);
}

TEST(a_paused_sock_delivers_nothing_until_resumed)
{
    on_fiber("pause", pause_main);
}

/* Socks whose handlers close each other when the core stops. */
static struct sock *left, *right;
static int n_told;

static void close_both(void *arg, err e)
{
    n_told++;
    ASSERT_ERR(ERR_CANCELLED, e);
    left = sock_close(left, 0);
    right = sock_close(right, 0);
}

static const struct sock_handler both_handler = {discard, close_both, ignore_drain};

static void stop_main(void *arg)
{
    struct sock_listener *l;
    left = pair(&l);
    right = accepted;
    sock_set_handler(left, &both_handler, NULL);
    sock_set_handler(right, &both_handler, NULL);
    pair(&l); /* left open: the core closes them */
}

TEST(a_stopping_core_tells_the_handlers_and_closes_the_rest)
{
    on_fiber("stop", stop_main);
    ASSERT_INT(1, n_told);
    ASSERT(left == NULL && right == NULL);
}

#define STREAM_BYTES 1000000

static void send_stream(void *arg)
{
    uint8_t piece[1000];
    for (size_t at = 0; at < STREAM_BYTES; at += sizeof piece) {
        for (size_t i = 0; i < sizeof piece; i++)
            piece[i] = (uint8_t)((at + i) % 251);
        ASSERT_OK(sock_write(accepted, slice_of(piece, sizeof piece)));
    }
}

/* More than may wait unread, in reads of odd sizes with pauses. */
static void slow_reader_main(void *arg)
{
    struct sock_listener *l;
    struct sock *s = pair(&l);
    fiber_spawn_now("send", send_stream, NULL);
    uint8_t buf[777];
    for (size_t at = 0, n; at < STREAM_BYTES; at += n) {
        ASSERT_OK(sock_read(s, buf, at % 3 ? 7 : sizeof buf, SOON, &n));
        for (size_t i = 0; i < n; i++)
            ASSERT_INT((at + i) % 251, buf[i]);
        if (at % 1000 == 0)
            ASSERT_OK(fiber_yield());
    }
    sock_close(s, 0);
    sock_close(accepted, 0);
}

TEST(bytes_that_wait_for_a_slow_reader_stay_in_order)
{
    on_fiber("slow", slow_reader_main);
}

static void close_accept(void *arg, struct sock *s, const char *peer_ip)
{
    int *n = arg;
    ++*n;
    sock_close(s, 60000);
}

static int raw_connect(const struct sock_listener *l)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(sock_listener_port(l))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

/* Does the other side still take what is sent? One that is no more answers with a reset. */
static bool is_heard(int fd)
{
    for (int i = 0; i < 20; i++) {
        if (send(fd, "x", 1, MSG_NOSIGNAL) < 0)
            return false;
        ASSERT_OK(fiber_yield());
    }
    return true;
}

/* Peers that do not close their side, more than are waited for. */
static void lingering_main(void *arg)
{
    enum { N = 256 };
    static int fds[N + 10];
    int n_accepted = 0;
    struct sock_listener *l = sock_fixture_listen(close_accept, &n_accepted, 0);
    for (int i = 0; i < N + 10; i++) {
        fds[i] = raw_connect(l);
        while (n_accepted <= i)
            ASSERT_OK(fiber_yield());
    }
    for (int i = 0; i < N + 10; i++)
        ASSERT_INT(i >= 10, is_heard(fds[i]));
    for (int i = 0; i < N + 10; i++)
        close(fds[i]);
    sock_listener_close(l);
}

TEST(of_those_that_do_not_close_the_oldest_are_cut)
{
    on_fiber("t", lingering_main);
}

/* A peer that goes on sending is listened to for so long only. */
static void endless_main(void *arg)
{
    static uint8_t bytes[1 << 18];
    int n_accepted = 0;
    struct sock_listener *l = sock_fixture_listen(close_accept, &n_accepted, 0);
    int fd = raw_connect(l);
    size_t n_sent = 0;
    for (ssize_t n; n_sent<1 << 30; n_sent += n> 0 ? (size_t)n : 0) {
        n = send(fd, bytes, sizeof bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN)
            break;
        ASSERT_OK(fiber_yield());
    }
    ASSERT(n_sent >= 16 << 20 && n_sent < 1 << 30);
    close(fd);
    sock_listener_close(l);
}

TEST(what_comes_after_the_end_is_swallowed_up_to_a_bound)
{
    on_fiber("t", endless_main);
}
