/* SPDX-License-Identifier: Apache-2.0 */
#include "web/cors.h"

#include "front.h"
#include "net/http_client.h"
#include "rt/clock.h"
#include "test.h"

static void with_two_origins(struct web_opts *o)
{
    static const char *const origins[] = {"https://a.example", "http://localhost:3000"};
    o->cors_origins = origins;
    o->n_cors_origins = 2;
}

static void with_any_origin(struct web_opts *o)
{
    static const char *const origins[] = {"*"};
    o->cors_origins = origins;
    o->n_cors_origins = 1;
}

/* The header of the response to a request; its status. */
static int ask(struct front *f, const char *method, const char *headers, struct buf *ret_head)
{
    struct http_client *c = NULL;
    struct http_response r = {0};
    struct http_client_request req = {.method = method, .target = "/", .headers = headers};
    if (strcmp(method, "POST") == 0)
        req.body = SLICE_LIT("{\"method\":\"ping\"}");
    ASSERT_OK(http_client_open("127.0.0.1", f->port, clock_now_ns() + 20 * CLOCK_S, &c));
    ASSERT_OK(http_client_do(c, &req, clock_now_ns() + 20 * CLOCK_S, &r));
    http_client_close(c);
    buf_clear(ret_head);
    buf_put_slice(ret_head, buf_slice(&r.head));
    int status = r.status;
    http_response_deinit(&r);
    return status;
}

static bool lacks(const struct buf *head, const char *part)
{
    return memmem(head->p, head->n, part, strlen(part)) == NULL;
}

#define PREFLIGHT(origin) "Origin: " origin "\r\nAccess-Control-Request-Method: POST\r\n"

static void check_two(struct front *f)
{
    struct buf head = {0};
    ASSERT_INT(204, ask(f, "OPTIONS", PREFLIGHT("https://a.example"), &head));
    ASSERT(front_has(&head, "access-control-allow-origin: https://a.example"));
    ASSERT(front_has(&head, "access-control-allow-methods: GET, HEAD, POST"));
    ASSERT(front_has(&head, "access-control-allow-headers: Authorization, Content-Type"));
    ASSERT_INT(200, ask(f, "POST", "Origin: http://localhost:3000\r\n", &head));
    ASSERT(front_has(&head, "access-control-allow-origin: http://localhost:3000"));
    ASSERT(front_has(&head, "vary: Origin"));
    ASSERT_INT(405, ask(f, "OPTIONS", PREFLIGHT("https://b.example"), &head));
    ASSERT(lacks(&head, "access-control-allow"));
    ASSERT_INT(200, ask(f, "POST", "Origin: https://b.example\r\n", &head));
    ASSERT(lacks(&head, "access-control-allow") && front_has(&head, "vary: Origin"));
    ASSERT_INT(200, ask(f, "POST", NULL, &head));
    ASSERT(lacks(&head, "access-control-allow"));
    buf_deinit(&head);
}

TEST(pages_of_the_named_origins_may_ask)
{
    front_run(with_two_origins, check_two);
}

static void check_any(struct front *f)
{
    struct buf head = {0};
    ASSERT_INT(204, ask(f, "OPTIONS", PREFLIGHT("https://b.example"), &head));
    ASSERT(front_has(&head, "access-control-allow-origin: *"));
    ASSERT_INT(200, ask(f, "POST", "Origin: null\r\n", &head));
    ASSERT(front_has(&head, "access-control-allow-origin: *"));
    buf_deinit(&head);
}

TEST(a_star_lets_every_page_ask)
{
    front_run(with_any_origin, check_any);
}

static void check_none(struct front *f)
{
    struct buf head = {0};
    ASSERT_INT(405, ask(f, "OPTIONS", PREFLIGHT("https://a.example"), &head));
    ASSERT(front_has(&head, "allow: GET, HEAD, POST"));
    ASSERT_INT(200, ask(f, "POST", "Origin: https://a.example\r\n", &head));
    ASSERT(lacks(&head, "access-control") && lacks(&head, "vary"));
    buf_deinit(&head);
}

TEST(without_the_key_nothing_is_said_about_origins)
{
    front_run(NULL, check_none);
}
