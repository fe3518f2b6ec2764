/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_server.h"
#include "net_fixture.h"

/* A server whose answers tell what was asked: "METHOD target body". /later and /never wait in
 * `held`. */
struct rig {
    struct http_server *server;
    struct sock_listener *listener;
    uint16_t port;
    struct http_request *held[64];
    int n_held, n_requests, n_aborted, n_closed;
    size_t large_bytes; /* body of /large */
};

static void answer(struct rig *r, struct http_request *req)
{
    struct buf body = {0};
    if (slice_is(req->target, "/large")) {
        memset(buf_reserve(&body, r->large_bytes), 'x', r->large_bytes);
        buf_advance(&body, r->large_bytes);
    } else {
        buf_printf(&body, "%.*s %.*s %.*s", SLICE_FMT(req->method), SLICE_FMT(req->target),
                   SLICE_FMT(req->body));
    }
    http_server_respond(req, 200, "text/plain", "X-Test: 1\r\n", &body);
    buf_deinit(&body);
}

static void on_request(void *arg, struct http_request *req)
{
    struct rig *r = arg;
    r->n_requests++;
    ASSERT(req->conn_user == r);
    if (slice_is(req->target, "/later"))
        r->held[r->n_held++] = req;
    else
        answer(r, req);
}

static void on_abort(void *arg, struct http_request *req)
{
    struct rig *r = arg;
    r->n_aborted++;
    ASSERT(req->conn == NULL);
}

static void on_close(void *arg, void *conn_user)
{
    struct rig *r = arg;
    ASSERT(conn_user == r);
    r->n_closed++;
}

static void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct rig *r = arg;
    (void)peer_ip;
    http_server_accept(r->server, s, r);
}

static void rig_init(struct rig *r, struct http_server_opts opts)
{
    memset(r, 0, sizeof *r);
    opts.on_request = on_request;
    opts.on_abort = on_abort;
    opts.on_close = on_close;
    opts.server_name = "kleio-test";
    opts.arg = r;
    r->server = http_server_new(&opts);
    r->listener = net_listen(on_accept, r);
    r->port = sock_listener_port(r->listener);
}

static void rig_deinit(struct rig *r)
{
    sock_listener_close(r->listener);
    http_server_free(r->server);
}

/* Send `in`, read until the server closes. */
static struct buf talk(struct rig *r, const char *in)
{
    struct buf out = {0};
    struct sock *s = net_connect(r->port);
    net_send(s, in);
    net_read_end(s, &out);
    sock_close(s, 0);
    return out;
}

#define LAST "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static void one_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct http_server_opts){0});
    int64_t now_ns = 5 * CLOCK_S;
    clock_test_set(&now_ns, (int64_t)784111777 * CLOCK_S);
    struct buf out = talk(&r, LAST);
    clock_test_set(NULL, 0);
    ASSERT_SLICE("HTTP/1.1 200 OK\r\nServer: kleio-test\r\n"
                 "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: "
                 "text/plain\r\nContent-Length: 10\r\n"
                 "X-Test: 1\r\nConnection: close\r\n\r\nGET /last ",
                 buf_slice(&out));
    ASSERT_INT(1, r.n_closed);
    ASSERT_INT(0, http_server_n_conns(r.server));
    buf_deinit(&out);
    rig_deinit(&r);
}

TEST(a_request_is_answered_and_the_connection_closed_when_asked)
{
    ASSERT_OK(core_run_fiber("t", one_main, NULL));
}

static void pipeline_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct http_server_opts){.max_pipelined = 2});
    struct buf in = {0};
    for (int i = 0; i < 50; i++)
        buf_printf(&in, "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", i);
    buf_put_str(&in, LAST);
    buf_put_u8(&in, 0);
    struct buf out = talk(&r, (const char *)in.p);
    size_t at = 0;
    for (int i = 0; i < 50; i++) {
        char want[40];
        int n = snprintf(want, sizeof want, "\r\n\r\nPOST /%d abc", i);
        uint8_t *p = memmem(out.p + at, out.n - at, want, (size_t)n);
        ASSERT(p != NULL);
        at = (size_t)(p - out.p);
    }
    ASSERT(net_has(&out, "GET /last"));
    buf_deinit(&in);
    buf_deinit(&out);
    rig_deinit(&r);
}

TEST(pipelined_requests_are_answered_in_order)
{
    ASSERT_OK(core_run_fiber("t", pipeline_main, NULL));
}

static void order_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct http_server_opts){.max_pipelined = 3});
    struct sock *s = net_connect(r.port);
    net_send(s, "GET /later HTTP/1.1\r\nHost: x\r\n\r\nPOST /later HTTP/1.1\r\nHost: "
                "x\r\nContent-Length: 1\r\n\r\n2"
                "GET /3 HTTP/1.1\r\nHost: x\r\n\r\nGET /4 HTTP/1.1\r\nHost: x\r\n\r\n" LAST);
    net_settle();
    ASSERT_INT(2, r.n_held);
    ASSERT_INT(3, r.n_requests); /* the fourth waits: three are outstanding */
    answer(&r, r.held[1]);
    net_settle();
    ASSERT_INT(3, r.n_requests);
    answer(&r, r.held[0]);
    struct buf out = {0};
    net_read_end(s, &out);
    const char *order[] = {"GET /later ", "POST /later 2", "GET /3", "GET /4", "GET /last"};
    const uint8_t *from = out.p;
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        const uint8_t *p = memmem(from, (size_t)(out.p + out.n - from), order[i], strlen(order[i]));
        ASSERT(p != NULL);
        from = p;
    }
    ASSERT_INT(5, net_count(&out, "HTTP/1.1 200 OK"));
    buf_deinit(&out);
    sock_close(s, 0);
    rig_deinit(&r);
}

TEST(responses_leave_in_the_order_of_requests_and_reading_pauses_at_the_bound)
{
    ASSERT_OK(core_run_fiber("t", order_main, NULL));
}

static void split_main(void *arg)
{
    const char *in = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbodyGET /b "
                     "HTTP/1.1\r\nHost: x\r\n\r\n" LAST;
    struct rig r;
    rig_init(&r, (struct http_server_opts){0});
    for (size_t split = 1; split < strlen(in); split++) {
        struct sock *s = net_connect(r.port);
        ASSERT_OK(sock_write(s, slice_of(in, split)));
        ASSERT_OK(fiber_yield());
        ASSERT_OK(fiber_yield());
        ASSERT_OK(sock_write(s, slice_str(in + split)));
        struct buf out = {0};
        net_read_end(s, &out);
        ASSERT_INT(3, net_count(&out, "HTTP/1.1 200 OK"));
        ASSERT(net_has(&out, "POST /a body") && net_has(&out, "GET /b ") &&
               net_has(&out, "GET /last "));
        buf_deinit(&out);
        sock_close(s, 0);
    }
    rig_deinit(&r);
}

TEST(a_connection_cut_at_any_byte_gives_the_same_answers)
{
    ASSERT_OK(core_run_fiber("t", split_main, NULL));
}

static void errors_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct http_server_opts){.max_header_bytes = 300, .max_body_bytes = 10});
    static const struct {
        const char *in, *status;
    } cases[] = {
        {"nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n01234567890", "HTTP/1.1 413 "},
        {"GET / HTTP/3.0\r\n\r\n", "HTTP/1.1 505 "},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: x\r\n\r\n", "HTTP/1.1 417 "},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = talk(&r, cases[i].in);
        if (!net_has(&out, cases[i].status))
            test_fail(__FILE__, __LINE__, "%s gives %.*s", cases[i].in, SLICE_FMT(buf_slice(&out)));
        ASSERT(net_has(&out, "Connection: close\r\n"));
        buf_deinit(&out);
    }
    struct buf in = {0};
    buf_printf(
        &in, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nA: %0400d\r\n\r\n", 0);
    buf_put_u8(&in, 0);
    struct buf out = talk(&r, (const char *)in.p);
    ASSERT_INT(1, net_count(&out, "HTTP/1.1 200 OK"));
    ASSERT_INT(1, net_count(&out, "HTTP/1.1 431 "));
    buf_deinit(&in);
    buf_deinit(&out);
    rig_deinit(&r);
}

TEST(bad_requests_get_a_status_and_a_close)
{
    ASSERT_OK(core_run_fiber("t", errors_main, NULL));
}

static void variants_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct http_server_opts){0});
    struct buf out = talk(&r, "HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n" LAST);
    ASSERT(net_has(&out, "Content-Length: 8\r\nX-Test: 1\r\n\r\nHTTP/1.1 200"));
    buf_deinit(&out);
    out = talk(&r, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n");
    ASSERT_INT(1, net_count(&out, "Connection: keep-alive"));
    ASSERT_INT(1, net_count(&out, "Connection: close"));
    buf_deinit(&out);
    struct sock *s = net_connect(r.port);
    out = (struct buf){0};
    net_send(s, "POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    net_read_until(s, &out, "HTTP/1.1 100 Continue\r\n\r\n");
    net_send(s, "ok");
    net_read_until(s, &out, "POST /c ok");
    sock_close(s, 0);
    buf_deinit(&out);
    rig_deinit(&r);
}

TEST(head_http10_and_expect_are_served)
{
    ASSERT_OK(core_run_fiber("t", variants_main, NULL));
}

static void large_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct http_server_opts){0});
    r.large_bytes = (size_t)5 << 20;
    struct buf out = talk(
        &r, "GET /large HTTP/1.1\r\nHost: x\r\n\r\nGET /large HTTP/1.1\r\nHost: x\r\n\r\n" LAST);
    ASSERT(out.n > 2 * r.large_bytes);
    ASSERT_INT(3, net_count(&out, "HTTP/1.1 200 OK"));
    buf_deinit(&out);
    rig_deinit(&r);
}

TEST(large_responses_arrive_whole)
{
    ASSERT_OK(core_run_fiber("t", large_main, NULL));
}

static void gone_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct http_server_opts){0});
    struct sock *s = net_connect(r.port);
    net_send(s, "GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /later HTTP/1.1\r\nHost: x\r\n\r\nGET "
                "/x HTTP/1.1\r\nHost: x\r\n\r\n");
    net_settle();
    ASSERT_INT(3, r.n_requests);
    sock_close(s, 0);
    net_settle();
    ASSERT_INT(0, r.n_aborted); /* it may have ended its side only */
    answer(&r, r.held[0]);      /* the answer is refused */
    net_settle();
    ASSERT_INT(1, r.n_aborted);
    ASSERT_INT(1, r.n_closed);
    answer(&r, r.held[1]); /* goes nowhere, frees the request */
    rig_deinit(&r);
}

TEST(requests_of_a_client_that_left_are_aborted)
{
    ASSERT_OK(core_run_fiber("t", gone_main, NULL));
}

static void half_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct http_server_opts){0});
    struct sock *s = net_connect(r.port);
    net_send(s, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    net_settle();
    /* sock has no half-close of its own: closing with time to flush shuts down and goes on reading
     */
    sock_close(s, 5000);
    net_settle();
    ASSERT_INT(0, r.n_aborted);
    ASSERT_INT(1, r.n_held);
    answer(&r, r.held[0]);
    net_settle();
    ASSERT_INT(1, r.n_closed);
    rig_deinit(&r);
}

TEST(a_half_closed_client_still_gets_its_response)
{
    ASSERT_OK(core_run_fiber("t", half_main, NULL));
}

static void slow_main(void *arg)
{
    int64_t now = clock_now_ns();
    clock_test_set(&now, now);
    struct rig r;
    rig_init(&r, (struct http_server_opts){.request_timeout_ms = 3000, .idle_timeout_ms = 60000});
    struct sock *slow = net_connect(r.port), *idle = net_connect(r.port),
                *busy = net_connect(r.port);
    struct buf out = {0};
    net_send(busy, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    net_send(idle, "GET /i HTTP/1.1\r\nHost: x\r\n\r\n");
    net_read_until(idle, &out, "GET /i");
    for (const char *p = "GET / H"; *p; p++) { /* a byte every 500 ms */
        ASSERT_OK(sock_write(slow, slice_of(p, 1)));
        net_settle();
        clock_test_advance(500 * CLOCK_MS);
        net_settle();
    }
    buf_clear(&out);
    net_read_end(slow, &out);
    ASSERT(net_has(&out, "HTTP/1.1 408 "));
    ASSERT_INT(1, r.n_closed);
    clock_test_advance(50 * CLOCK_S);
    net_settle();
    ASSERT_INT(1, r.n_closed); /* idle has 60 s, and busy is being served */
    clock_test_advance(20 * CLOCK_S);
    net_settle();
    ASSERT_INT(2, r.n_closed);
    clock_test_advance(100 * CLOCK_S);
    net_settle();
    ASSERT_INT(2, r.n_closed);
    ASSERT_INT(1, r.n_held);
    answer(&r, r.held[0]);
    buf_clear(&out);
    net_read_until(busy, &out, "GET /later");
    clock_test_set(NULL, 0);
    sock_close(slow, 0);
    sock_close(idle, 0);
    sock_close(busy, 0);
    buf_deinit(&out);
    rig_deinit(&r);
}

TEST(slow_and_idle_clients_are_disconnected_and_served_ones_are_not)
{
    ASSERT_OK(core_run_fiber("t", slow_main, NULL));
}

static void deaf_main(void *arg)
{
    int64_t now = clock_now_ns();
    clock_test_set(&now, now);
    struct rig r;
    rig_init(&r, (struct http_server_opts){.idle_timeout_ms = 1000});
    r.large_bytes = (size_t)32 << 20;
    struct sock *s = net_connect(r.port);
    net_send(s, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    net_settle();
    for (int i = 0; i < 4; i++) {
        clock_test_advance(1100 * CLOCK_MS);
        net_settle();
    }
    ASSERT_INT(1, r.n_closed);
    clock_test_set(NULL, 0);
    sock_close(s, 0);
    rig_deinit(&r);
}

TEST(a_client_that_takes_no_response_bytes_is_disconnected)
{
    ASSERT_OK(core_run_fiber("t", deaf_main, NULL));
}

static void drain_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct http_server_opts){0});
    struct sock *a = net_connect(r.port), *b = net_connect(r.port);
    net_send(b, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    net_settle();
    ASSERT_INT(2, http_server_n_conns(r.server));
    http_server_drain(r.server);
    net_settle();
    ASSERT_INT(1, http_server_n_conns(r.server));
    struct buf out = {0};
    answer(&r, r.held[0]);
    net_read_end(b, &out);
    ASSERT(net_has(&out, "Connection: close\r\n"));
    ASSERT_INT(0, http_server_n_conns(r.server));
    sock_close(a, 0);
    sock_close(b, 0);
    buf_deinit(&out);
    rig_deinit(&r);
}

TEST(draining_closes_idle_connections_and_finishes_the_others)
{
    ASSERT_OK(core_run_fiber("t", drain_main, NULL));
}

static void stop_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct http_server_opts){0});
    struct sock *a = net_connect(r.port);
    net_send(a, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    net_settle();
    http_server_stop(r.server);
    ASSERT_INT(1, r.n_aborted);
    ASSERT_INT(1, r.n_closed);
    struct sock *b = net_connect(r.port); /* accepted after the stop: closed at once */
    struct buf out = {0};
    net_read_end(b, &out);
    ASSERT_INT(0, out.n);
    ASSERT_INT(2, r.n_closed);
    answer(&r, r.held[0]); /* a fiber that took longer than the connection */
    sock_close(a, 0);
    sock_close(b, 0);
    buf_deinit(&out);
    rig_deinit(&r);
}

TEST(a_stopped_server_waits_for_its_requests_and_takes_no_connections)
{
    ASSERT_OK(core_run_fiber("t", stop_main, NULL));
}
