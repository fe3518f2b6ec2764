/* SPDX-License-Identifier: Apache-2.0 */
#include "web/identity.h"

#include "front.h"
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
    expect_client(f, "Forwarded: for=9.9.9.9\r\nX-Proxy-Token: one\r\n", "127.0.0.1 admin ");
}

TEST(loopback_is_admin_and_strangers_cannot_name_another_address)
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
    expect_client(f, "Forwarded: for=short\r\n", "127.0.0.1 admin ");
    expect_client(f, "Forwarded: by=9.9.9.9\r\n", "127.0.0.1 admin ");
}

TEST(a_trusted_proxy_names_its_clients)
{
    front_run(with_proxy, check_proxy);
}

static void check_token(struct front *f)
{
    expect_client(f, "Forwarded: for=9.9.9.9\r\nX-Proxy-Token: two\r\n", "9.9.9.9 user ");
    expect_client(f, "Forwarded: for=9.9.9.9\r\nX-Proxy-Token: three\r\n", "127.0.0.1 admin ");
    expect_client(f, "Forwarded: for=9.9.9.9\r\n", "127.0.0.1 admin ");
}

TEST(a_token_makes_a_proxy_trusted)
{
    front_run(with_token, check_token);
}
