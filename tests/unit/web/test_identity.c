/* SPDX-License-Identifier: Apache-2.0 */
#include "web/identity.h"

#include "front.h"
#include "net/http_client.h"
#include "rt/clock.h"
#include "test.h"

/* SHA-256 of "secret". */
#define SECRET "2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B"

static void with_password(struct web_opts *o)
{
    o->admin_password = "secret";
}

static void with_proxy(struct web_opts *o)
{
    static const char *const ips[] = {"127.0.0.1"};
    o->proxy_ips = ips;
    o->n_proxy_ips = 1;
}

static void with_token(struct web_opts *o)
{
    static const char *const tokens[] = {"one", "two"};
    o->proxy_tokens = tokens;
    o->n_proxy_tokens = 2;
}

/* Who asks, as rippled is told. */
static void expect_client(struct front *f, const char *headers, const char *who)
{
    front_expect(f, headers, "{\"method\":\"fee\"}", 200, "echo");
    ASSERT(strncmp(f->forwarded, who, strlen(who)) == 0 ||
           (fprintf(stderr, "%s\n", f->forwarded), false));
}

static void check_local(struct front *f)
{
    expect_client(f, NULL, "127.0.0.1 admin ");
    expect_client(f, "Forwarded: for=9.9.9.9\r\nX-Proxy-Token: one\r\n", "127.0.0.1 user ");
    expect_client(f, "Forwarded: for=127.0.0.1\r\n", "127.0.0.1 user ");
    expect_client(f, "X-Forwarded-For: 127.0.0.1\r\n", "127.0.0.1 user ");
    expect_client(f, "X-Real-IP: 127.0.0.1\r\n", "127.0.0.1 user ");
    expect_client(f, "Via: 1.1 somewhere\r\n", "127.0.0.1 user ");
}

TEST(loopback_is_admin_unless_the_request_was_passed_on)
{
    front_run(NULL, check_local);
}

static void check_password(struct front *f)
{
    expect_client(f, NULL, "127.0.0.1 user ");
    expect_client(f, "Authorization: Password " SECRET "\r\n", "127.0.0.1 admin ");
    expect_client(f,
                  "Authorization: Password "
                  "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\r\n",
                  "127.0.0.1 admin ");
    expect_client(f, "Authorization: Password secret\r\n", "127.0.0.1 user ");
    expect_client(f, "Authorization: password " SECRET "\r\n", "127.0.0.1 user ");
    expect_client(f, "Authorization: Password  " SECRET "\r\n", "127.0.0.1 user ");
}

TEST(a_password_replaces_the_loopback_rule_and_is_sent_as_its_hash)
{
    front_run(with_password, check_password);
}

static void check_proxy(struct front *f)
{
    expect_client(f, NULL, "127.0.0.1 admin ");
    expect_client(f, "Forwarded: for=9.9.9.9\r\n", "9.9.9.9 user ");
    expect_client(f, "Forwarded: for=1.1.1.1;proto=http, FOR=\"8.8.8.8\";by=x\r\n",
                  "8.8.8.8 user ");
    expect_client(f, "Forwarded: for=\"[2001:DB8::1]:99\"\r\n", "2001:db8::1 user ");
    expect_client(f, "Forwarded: for=\"::ffff:8.8.8.8\"\r\n", "8.8.8.8 user ");
    /* whatever a client wrote, the proxy's own words come last */
    expect_client(f, "Forwarded: for=127.0.0.1\r\nForwarded: for=9.9.9.9\r\n", "9.9.9.9 user ");
    expect_client(f, "Forwarded: \"x\r\nForwarded: for=9.9.9.9\r\n", "9.9.9.9 user ");
    expect_client(f, "Forwarded: for=9.9.9.9;host=for=127.0.0.1\r\n", "9.9.9.9 user ");
    expect_client(f, "Forwarded: for=9.9.9.9;host=\"for=127.0.0.1\"\r\n", "9.9.9.9 user ");
    /* a client that is not named is nobody, not the proxy */
    expect_client(f, "Forwarded: host=for=127.0.0.1\r\n", "127.0.0.1 user ");
    expect_client(f, "Forwarded: for=short\r\n", "127.0.0.1 user ");
    expect_client(f, "Forwarded: by=9.9.9.9\r\n", "127.0.0.1 user ");
    expect_client(f, "X-Forwarded-For: 127.0.0.1\r\n", "127.0.0.1 user ");
    /* a local client of a local proxy is local */
    expect_client(f, "Forwarded: for=127.0.0.1\r\n", "127.0.0.1 admin ");
}

TEST(a_trusted_proxy_names_its_clients)
{
    front_run(with_proxy, check_proxy);
}

static void check_token(struct front *f)
{
    expect_client(f, "Forwarded: for=9.9.9.9\r\nX-Proxy-Token: two\r\n", "9.9.9.9 user ");
    expect_client(f, "Forwarded: for=9.9.9.9\r\nX-Proxy-Token: three\r\n", "127.0.0.1 user ");
    expect_client(f, "Forwarded: for=9.9.9.9\r\n", "127.0.0.1 user ");
}

TEST(a_token_makes_a_proxy_trusted)
{
    front_run(with_token, check_token);
}

static void with_x_forwarded_for(struct web_opts *o)
{
    with_proxy(o);
    o->by_x_forwarded_for = true;
}

static void check_x_forwarded_for(struct front *f)
{
    expect_client(f, "X-Forwarded-For: 127.0.0.1, 9.9.9.9\r\n", "9.9.9.9 user ");
    expect_client(f, "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 9.9.9.9\r\n", "9.9.9.9 user ");
    /* such a proxy may pass on what a client wrote there */
    expect_client(f, "Forwarded: for=127.0.0.1\r\nX-Forwarded-For: 9.9.9.9\r\n", "9.9.9.9 user ");
    expect_client(f, "Forwarded: for=8.8.8.8\r\n", "127.0.0.1 user ");
}

TEST(proxies_may_name_their_clients_in_x_forwarded_for_instead)
{
    front_run(with_x_forwarded_for, check_x_forwarded_for);
}

static void check_origin(struct front *f)
{
    char own[64];
    snprintf(own, sizeof own, "Origin: http://127.0.0.1:%u\r\n", f->port);
    expect_client(f, own, "127.0.0.1 admin ");
    expect_client(f, "Origin: http://evil.example\r\n", "127.0.0.1 user ");
    expect_client(f, "Origin: null\r\n", "127.0.0.1 user ");
    expect_client(f, "Origin: http://127.0.0.1\r\n", "127.0.0.1 user ");
}

TEST(a_page_of_somewhere_else_is_no_admin)
{
    front_run(NULL, check_origin);
}

/* Two requests on one connection: each is its own sender's. */
static void check_one_connection(struct front *f)
{
    struct http_client *c = NULL;
    struct http_response r = {0};
    static const char *const headers[] = {"Forwarded: for=9.9.9.9\r\n",
                                          "Forwarded: for=8.8.8.8\r\n", NULL};
    static const char *const who[] = {"9.9.9.9 user ", "8.8.8.8 user ", "127.0.0.1 admin "};
    ASSERT_OK(http_client_open("127.0.0.1", f->port, clock_now_ns() + 20 * CLOCK_S, &c));
    for (int i = 0; i < 3; i++) {
        struct http_client_request req = {.method = "POST",
                                          .target = "/",
                                          .headers = headers[i],
                                          .body = SLICE_LIT("{\"method\":\"fee\"}")};
        ASSERT_OK(http_client_do(c, &req, clock_now_ns() + 20 * CLOCK_S, &r));
        ASSERT(strncmp(f->forwarded, who[i], strlen(who[i])) == 0);
    }
    http_client_close(c);
    http_response_deinit(&r);
}

TEST(the_client_is_taken_from_each_request)
{
    front_run(with_proxy, check_one_connection);
}
