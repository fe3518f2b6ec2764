/* SPDX-License-Identifier: Apache-2.0 */
#include "web/web_http.h"

#include "base/mem.h"
#include "front.h"
#include "net/http_client.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "test.h"

#define SOON (clock_now_ns() + 20 * CLOCK_S)

static void check_statuses(struct front *f)
{
    front_expect(f, NULL, "{\"method\":\"ping\"}", 200, "\"result\":{\"status\":\"success\"}");
    front_expect(f, NULL, "{\"method\":\"nonsense\"}", 200, "unknownCmd");
    front_expect(f, NULL, "[]", 400, "Unable to parse JSON from the request");
    front_expect(f, NULL, "{}", 400, "Null method");
    front_expect(f, NULL, "{\"method\":\"ping\",\"params\":[{\"api_version\":9}]}", 400,
                 "invalid_API_version");
}

TEST(each_kind_of_failure_has_its_status)
{
    front_run(NULL, check_statuses);
}

static void check_headers(struct front *f)
{
    struct buf head = {0};
    ASSERT_INT(200, front_get(f, "/health", NULL, &head, NULL));
    ASSERT(front_has(&head, "server: kleio-test"));
    buf_deinit(&head);
}

TEST(responses_name_the_server)
{
    front_run(NULL, check_headers);
}

static void with_one_connection(struct web_opts *o)
{
    o->max_connections_per_ip = 1;
}

static void check_connections(struct front *f)
{
    struct http_client *held = NULL;
    struct http_response r = {0};
    struct http_client_request ping = {
        .method = "POST", .target = "/", .body = SLICE_LIT("{\"method\":\"ping\"}")};
    ASSERT_OK(http_client_open("127.0.0.1", f->port, SOON, &held));
    ASSERT_OK(http_client_do(held, &ping, SOON, &r));
    ASSERT_INT(200, r.status);
    front_expect(f, NULL, "{\"method\":\"ping\"}", 429, "Too many requests");
    ASSERT_OK(http_client_do(held, &ping, SOON, &r));
    ASSERT_INT(200, r.status);
    http_response_deinit(&r);
    http_client_close(held);
    int status = 429;
    for (int i = 0; i < 1000 && status == 429;
         i++) { /* the server hears of the end a little later */
        ASSERT_OK(fiber_yield());
        status = front_post(f, NULL, "{\"method\":\"ping\"}", NULL);
    }
    ASSERT_INT(200, status);
}

TEST(connections_over_the_limit_are_refused_and_counted_down)
{
    front_run(with_one_connection, check_connections);
}

static void check_gone(struct front *f)
{
    static const char text[] =
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\n\r\n{\"method\":\"fee\"}";
    struct sock *s = NULL;
    f->hang = true;
    ASSERT_OK(sock_connect("127.0.0.1", f->port, SOON, &s));
    ASSERT_OK(sock_write(s, slice_str(text)));
    while (f->n_forwarded == 0)
        ASSERT_OK(fiber_yield());
    sock_close(s, 0);
    f->hang = false;
    front_expect(f, NULL, "{\"method\":\"ping\"}", 200,
                 "success"); /* and web_stop finds nothing left */
}

TEST(a_request_whose_client_goes_is_cancelled)
{
    front_run(NULL, check_gone);
}
