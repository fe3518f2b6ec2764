/* SPDX-License-Identifier: Apache-2.0 */
#include "sock_fixture.h"

#include <stdlib.h>

#define TOTAL (12 * 1024 * 1024) /* more than the kernel takes for a connection */

static struct sock *server;

static void keep_accept(void *arg, struct sock *s, const char *peer_ip)
{
    server = s;
}

static struct sock *pair(void)
{
    server = NULL;
    struct sock_listener *l = sock_fixture_listen(keep_accept, NULL, 0);
    struct sock *s = sock_fixture_connect(l);
    while (server == NULL)
        ASSERT_OK(fiber_yield());
    sock_listener_close(l);
    return s;
}

static uint8_t byte_at(size_t i)
{
    return (uint8_t)(i * 31 + i / 251);
}

static uint8_t *pattern(void)
{
    uint8_t *p = xmalloc(TOTAL);
    for (size_t i = 0; i < TOTAL; i++)
        p[i] = byte_at(i);
    return p;
}

static void expect_pattern(struct sock *s)
{
    static uint8_t buf[50000];
    for (size_t at = 0, n; at < TOTAL; at += n) {
        ASSERT_OK(sock_read(s, buf, MIN(sizeof buf, TOTAL - at), SOON, &n));
        ASSERT(n > 0);
        for (size_t i = 0; i < n; i++)
            ASSERT_INT(byte_at(at + i), buf[i]);
    }
}

struct owner {
    int n_drains;
    size_t queued_at_drain;
    int n_unrefs;
    int n_ends;
};

static void no_data(void *arg, struct slice data)
{
}

static void count_end(void *arg, err e)
{
    ((struct owner *)arg)->n_ends++;
}

static void count_drain(void *arg)
{
    struct owner *o = arg;
    o->n_drains++;
    o->queued_at_drain = sock_queued(server);
}

static void count_unref(void *obj)
{
    ((struct owner *)obj)->n_unrefs++;
}

static const struct sock_handler handler = {no_data, count_end, count_drain};

static void back_pressure_main(void *arg)
{
    struct sock *client = pair();
    struct owner o = {0};
    sock_set_handler(server, &handler, &o);
    sock_set_low_water(server, 100000);
    CLEANUP(mem_freep) uint8_t *all = pattern();
    for (size_t at = 0; at < TOTAL;) { /* pieces of all sizes */
        size_t n = MIN((size_t)rand() % 9000 + 1, TOTAL - at);
        ASSERT_OK(sock_write(server, slice_of(all + at, n)));
        at += n;
    }
    ASSERT(sock_queued(server) > 100000);
    ASSERT_INT(0, o.n_drains);
    expect_pattern(client);
    ASSERT_OK(sock_flush(server, SOON));
    ASSERT_INT(0, sock_queued(server));
    ASSERT_INT(1, o.n_drains);
    ASSERT(o.queued_at_drain <= 100000);
    sock_close(client, 0);
    sock_close(server, 0);
}

TEST(what_the_kernel_does_not_take_is_queued_and_drains_in_order)
{
    ASSERT_OK(core_run_fiber("test", back_pressure_main, NULL));
}

static void kinds_main(void *arg)
{
    struct sock *client = pair();
    struct owner o = {0};
    CLEANUP(mem_freep) uint8_t *all = pattern();
    size_t at = 0, third = TOTAL / 3;
    struct buf b = {0};
    buf_put(&b, all, third);
    ASSERT_OK(sock_write_buf(server, &b));
    ASSERT_INT(0, b.n);
    at += third;
    ASSERT_OK(sock_write_shared(server, slice_of(all + at, third), &o, count_unref));
    ASSERT_INT(0, o.n_unrefs); /* still in the queue */
    at += third;
    ASSERT_OK(sock_write(server, slice_of(all + at, 10)));
    ASSERT_OK(sock_write(server, slice_of(all + at + 10, TOTAL - at - 10)));
    expect_pattern(client);
    ASSERT_OK(sock_flush(server, SOON));
    ASSERT_INT(1, o.n_unrefs);
    buf_put_str(&b, "short");
    ASSERT_OK(sock_write_buf(server, &b)); /* goes at once */
    ASSERT_OK(sock_write_shared(server, SLICE_LIT("!"), &o, count_unref));
    ASSERT_INT(2, o.n_unrefs);
    char text[6];
    sock_fixture_read(client, text, 6);
    ASSERT(memcmp(text, "short!", 6) == 0);
    buf_deinit(&b);
    sock_close(client, 0);
    sock_close(server, 0);
}

TEST(copied_given_and_shared_bytes_arrive_in_order)
{
    ASSERT_OK(core_run_fiber("test", kinds_main, NULL));
}

/* The kernel takes all of both, the head and some, a part of the head, nothing. */
static void both_main(void *arg)
{
    CLEANUP(mem_freep) uint8_t *all = pattern();
    static const size_t heads[] = {10, TOTAL - 10, 0, TOTAL};
    struct buf b = {0};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct sock *client = pair();
        buf_put_str(&b, "body");
        ASSERT_OK(sock_write_both(server, SLICE_LIT("head "), &b));
        ASSERT_INT(0, sock_queued(server));
        char text[9];
        sock_fixture_read(client, text, 9);
        ASSERT(memcmp(text, "head body", 9) == 0);
        for (int n_more = 0; n_more < 2; n_more++) { /* the second is queued whole */
            buf_put(&b, all + heads[i], TOTAL - heads[i]);
            ASSERT_OK(sock_write_both(server, slice_of(all, heads[i]), &b));
            ASSERT_INT(0, b.n);
        }
        ASSERT(sock_queued(server) > TOTAL);
        expect_pattern(client);
        expect_pattern(client);
        ASSERT_INT(0, sock_queued(server));
        sock_close(client, 0);
        sock_close(server, 0);
    }
    buf_deinit(&b);
}

TEST(a_head_and_its_body_arrive_in_order_whatever_the_kernel_takes)
{
    ASSERT_OK(core_run_fiber("test", both_main, NULL));
}

/* What waits is counted by its bytes: it must not hold memory many times as large. */
static void roomy_main(void *arg)
{
    struct sock *client = pair();
    CLEANUP(mem_freep) uint8_t *all = pattern();
    CLEANUP(buf_deinit) struct buf b = {0};
    ASSERT_OK(sock_write(server, slice_of(all, TOTAL)));
    ASSERT(sock_queued(server) > 0);
    buf_reserve(&b, 100000);
    uint8_t *room = b.p;
    buf_put_str(&b, "a few bytes");
    ASSERT_OK(sock_write_buf(server, &b));
    ASSERT(b.n == 0 && b.p == room);
    buf_put(&b, all, 60000);
    ASSERT_OK(sock_write_buf(server, &b));
    ASSERT(b.n == 0 && b.p == NULL);
    sock_close(client, 0);
    sock_close(server, 0);
}

TEST(a_buffer_with_far_more_room_than_bytes_is_not_taken_over)
{
    ASSERT_OK(core_run_fiber("test", roomy_main, NULL));
}

static void broken_main(void *arg)
{
    struct sock *client = pair();
    struct owner o = {0};
    CLEANUP(mem_freep) uint8_t *all = pattern();
    sock_set_handler(server, &handler, &o);
    ASSERT_OK(sock_write_shared(server, slice_of(all, TOTAL), &o, count_unref));
    sock_close(client, 0); /* unread data: a reset */
    ASSERT_ERR(ERR_CLOSED, sock_flush(server, SOON));
    ASSERT_INT(1, o.n_unrefs);
    ASSERT_ERR(ERR_CLOSED, sock_write(server, SLICE_LIT("x")));
    ASSERT_ERR(ERR_CLOSED, sock_write_shared(server, SLICE_LIT("x"), &o, count_unref));
    ASSERT_INT(2, o.n_unrefs);
    while (o.n_ends == 0)
        ASSERT_OK(fiber_yield());
    ASSERT_INT(1, o.n_ends);
    sock_close(server, 0);
}

TEST(writing_to_a_peer_that_went_away_is_closed_and_releases_the_queue)
{
    ASSERT_OK(core_run_fiber("test", broken_main, NULL));
}

static void closed_main(void *arg)
{
    struct sock *client = pair();
    struct owner o = {0};
    CLEANUP(mem_freep) uint8_t *all = pattern();
    ASSERT_OK(sock_write_shared(server, slice_of(all, TOTAL), &o, count_unref));
    sock_close(server, 0);
    for (int i = 0; i < 3 && o.n_unrefs == 0; i++)
        ASSERT_OK(fiber_yield());
    ASSERT_INT(1, o.n_unrefs);
    sock_close(client, 0);
}

TEST(closing_at_once_drops_the_queue)
{
    ASSERT_OK(core_run_fiber("test", closed_main, NULL));
}

static void flushed_close_main(void *arg)
{
    struct sock *client = pair();
    CLEANUP(mem_freep) uint8_t *all = pattern();
    ASSERT_OK(sock_write(client, SLICE_LIT("unread: would cause a reset")));
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS));
    ASSERT_OK(sock_write(server, slice_of(all, TOTAL)));
    sock_close(server, 5000);
    expect_pattern(client);
    sock_fixture_expect_end(client);
    sock_close(client, 0);
}

TEST(closing_with_time_to_flush_delivers_everything_and_then_the_end)
{
    ASSERT_OK(core_run_fiber("test", flushed_close_main, NULL));
}

static void stuck_main(void *arg)
{
    struct sock *client = pair();
    struct owner o = {0};
    CLEANUP(mem_freep) uint8_t *all = pattern();
    ASSERT_OK(sock_write_shared(server, slice_of(all, TOTAL), &o, count_unref));
    ASSERT_ERR(ERR_TIMEOUT, sock_flush(server, clock_now_ns() + 2 * CLOCK_MS));
    sock_close(server, 5); /* the client reads nothing */
    while (o.n_unrefs == 0)
        ASSERT_OK(fiber_yield());
    sock_close(client, 0);
}

TEST(a_flush_that_takes_too_long_is_given_up)
{
    ASSERT_OK(core_run_fiber("test", stuck_main, NULL));
}
