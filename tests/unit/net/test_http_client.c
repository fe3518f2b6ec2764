/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"
#include "net/http_server.h"
#include "net_fixture.h"

static void on_request(void *arg, struct http_request *req)
{
    (void)arg;
    struct buf body = {0};
    buf_put_slice(&body, req->body);
    bool gone = slice_is(req->target, "/last");
    req->keep_alive = req->keep_alive && !gone;
    http_server_respond(req, slice_is(req->target, "/404") ? 404 : 200, "text/x", "X-Y: Z z\r\n",
                        &body);
    buf_deinit(&body);
}

static void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    (void)peer_ip;
    http_server_accept(arg, s, NULL);
}

static void main_fiber(void *arg)
{
    struct http_server_opts so = {.on_request = on_request};
    struct http_server *server = http_server_new(&so);
    struct sock_listener *l = net_listen(on_accept, server);
    struct http_client *c = NULL;
    ASSERT_OK(http_client_open("127.0.0.1", sock_listener_port(l), SOON, &c));
    struct http_response r = {0};
    struct http_client_request post = {.method = "POST", .target = "/", .body = slice_str("hello")};
    ASSERT_OK(http_client_do(c, &post, SOON, &r));
    ASSERT_INT(200, r.status);
    ASSERT_SLICE("hello", buf_slice(&r.body));
    ASSERT_SLICE("Z z", http_client_header(&r, "x-y"));
    ASSERT(http_client_header(&r, "x").p == NULL);
    ASSERT(http_client_reusable(c));
    struct http_client_request head = {.method = "HEAD", .target = "/404"};
    ASSERT_OK(http_client_do(c, &head, SOON, &r));
    ASSERT_INT(404, r.status);
    ASSERT_INT(0, r.body.n);
    struct http_client_request small = post;
    small.max_reply_bytes = 3;
    struct http_client *d = NULL;
    ASSERT_OK(http_client_open("127.0.0.1", sock_listener_port(l), SOON, &d));
    ASSERT_ERR(ERR_LIMIT, http_client_do(d, &small, SOON, &r));
    http_client_close(d);
    struct http_client_request last = {.method = "GET", .target = "/last"};
    ASSERT_OK(http_client_do(c, &last, SOON, &r));
    ASSERT(!http_client_reusable(c));
    ASSERT_ERR(ERR_CLOSED, http_client_do(c, &last, SOON, &r));
    http_client_close(c);
    http_response_deinit(&r);
    sock_listener_close(l);
    http_server_free(server);
}

TEST(a_client_talks_to_our_server)
{
    ASSERT_OK(core_run_fiber("t", main_fiber, NULL));
}

static void fixed_data(void *arg, struct slice data)
{
    (void)data;
    net_send(arg, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nuntil the end");
    sock_close(arg, 1000);
}
static void fixed_end(void *arg, err e)
{
    (void)arg, (void)e;
}
static void fixed_drain(void *arg)
{
    (void)arg;
}
static const struct sock_handler fixed = {fixed_data, fixed_end, fixed_drain};

static void fixed_accept(void *arg, struct sock *s, const char *peer_ip)
{
    (void)arg, (void)peer_ip;
    sock_set_handler(s, &fixed, s);
}

static void eof_main(void *arg)
{
    struct sock_listener *l = net_listen(fixed_accept, NULL);
    struct http_client *c = NULL;
    struct http_response r = {0};
    struct http_client_request get = {.method = "GET", .target = "/"};
    ASSERT_OK(http_client_open("127.0.0.1", sock_listener_port(l), SOON, &c));
    ASSERT_OK(http_client_do(c, &get, SOON, &r));
    ASSERT_SLICE("until the end", buf_slice(&r.body));
    ASSERT(!http_client_reusable(c));
    http_client_close(c);
    http_response_deinit(&r);
    sock_listener_close(l);
}

TEST(a_body_without_length_ends_with_the_connection)
{
    ASSERT_OK(core_run_fiber("t", eof_main, NULL));
}
