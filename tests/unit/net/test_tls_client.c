/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_fixture.h"

static err try_connect(struct tls_rig *r, struct tls_client *t, const char *host)
{
    struct sock *s = net_connect(r->port);
    err e = tls_connect(t, s, host, SOON);
    sock_close(s, 0);
    net_settle();
    if (r->s)
        r->s = sock_close(r->s, 0);
    return e;
}

static void verify_main(void *arg)
{
    struct tls_rig r;
    tls_rig_init(&r, (struct tls_server_opts){0});
    struct tls_client *t = tls_rig_client(&r, (struct tls_client_opts){0});
    ASSERT_OK(try_connect(&r, t, "localhost"));
    ASSERT_OK(try_connect(&r, t, "127.0.0.1"));
    ASSERT_ERR(ERR_PROTOCOL, try_connect(&r, t, "example.com"));
    ASSERT(strstr(err_text(), "hostname mismatch") || strstr(err_text(), "ostname"));
    ASSERT_ERR(ERR_PROTOCOL, try_connect(&r, t, "127.0.0.2"));
    tls_client_free(t);
    t = tls_rig_client(&r, (struct tls_client_opts){.ca_file = r.files.other_cert});
    ASSERT_ERR(ERR_PROTOCOL, try_connect(&r, t, "localhost"));
    ASSERT(strstr(err_text(), "certificate"));
    tls_client_free(t);
    t = tls_rig_client(&r, (struct tls_client_opts){.insecure = true});
    ASSERT_OK(try_connect(&r, t, "example.com"));
    tls_client_free(t);
    t = tls_rig_client(&r, (struct tls_client_opts){.alpn = "h2"}); /* which it does not speak */
    ASSERT_ERR(ERR_PROTOCOL, try_connect(&r, t, "localhost"));
    tls_client_free(t);
    tls_rig_deinit(&r);
}

TEST(a_server_is_verified_and_must_be_who_is_meant)
{
    ASSERT_OK(core_run_fiber("t", verify_main, NULL));
}

static struct sock *plain;

static void keep(void *arg, struct sock *s, const char *peer_ip)
{
    plain = s;
}

static void plain_main(void *arg)
{
    struct tls_client *t;
    ASSERT_OK(tls_client_new(&(struct tls_client_opts){.insecure = true}, &t));
    struct sock_listener *l = net_listen(keep, NULL);
    struct sock *s = net_connect(sock_listener_port(l));
    while (plain == NULL)
        ASSERT_OK(fiber_yield());
    net_send(plain, "HTTP/1.1 400 Bad Request\r\n\r\n");
    ASSERT_ERR(ERR_PROTOCOL, tls_connect(t, s, "localhost", SOON));
    sock_close(s, 0);
    sock_close(plain, 0);
    s = net_connect(sock_listener_port(l));
    ASSERT_ERR(ERR_TIMEOUT, tls_connect(t, s, "localhost", clock_now_ns() + 5 * CLOCK_MS));
    sock_close(s, 0);
    sock_listener_close(l);
    tls_client_free(t);
}

TEST(a_server_without_tls_or_without_an_answer_is_an_error)
{
    ASSERT_OK(core_run_fiber("t", plain_main, NULL));
}

TEST(files_that_cannot_be_used_are_errors)
{
    struct tls_files f;
    struct tls_client *t;
    tls_files_init(&f);
    struct tls_client_opts o = {.ca_file = "/nowhere/ca.pem"};
    ASSERT_ERR(ERR_INVALID, tls_client_new(&o, &t));
    ASSERT(strstr(err_text(), "/nowhere/ca.pem"));
    o = (struct tls_client_opts){.ca_file = f.ca, .cert_file = f.cert};
    ASSERT_ERR(ERR_INVALID, tls_client_new(&o, &t));
    o.key_file = f.other_key;
    ASSERT_ERR(ERR_INVALID, tls_client_new(&o, &t));
    o.key_file = f.key;
    ASSERT_OK(tls_client_new(&o, &t));
    tls_client_free(t);
    tls_files_deinit(&f);
}
