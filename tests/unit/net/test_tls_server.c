/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/ws.h"
#include "net/ws_client.h"
#include "tls_fixture.h"

#include <openssl/ssl.h>

static void expect_echo(struct sock *s, size_t n)
{
    struct buf out = {0}, in = {0};
    for (size_t i = 0; i < n; i++)
        buf_put_u8(&out, (uint8_t)(i * 13 + i / 251));
    ASSERT_OK(sock_write(s, buf_slice(&out)));
    net_read_n(s, &in, n);
    ASSERT(slice_eq(buf_slice(&out), buf_slice(&in)));
    buf_deinit(&out);
    buf_deinit(&in);
}

static struct sock *connect_to(struct tls_rig *r, struct tls_client *t)
{
    struct sock *s = net_connect(r->port);
    ASSERT_OK(tls_connect(t, s, "127.0.0.1", SOON));
    return s;
}

static void echo_main(void *arg)
{
    struct tls_rig r;
    tls_rig_init(&r, (struct tls_server_opts){0});
    struct tls_client *t = tls_rig_client(&r, (struct tls_client_opts){0});
    struct sock *s = connect_to(&r, t);
    static const size_t sizes[] = {1, 100, 16384, 16385, 100000, 3000000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        expect_echo(s, sizes[i]);
    sock_close(s, 1000);
    while (r.s)
        ASSERT_OK(fiber_yield());
    ASSERT_INT(1, r.n_done);
    ASSERT_INT(1, (int)tls_server_figures(r.server).n_done);
    tls_client_free(t);
    tls_rig_deinit(&r);
}

TEST(bytes_of_all_sizes_come_back_over_tls)
{
    ASSERT_OK(core_run_fiber("t", echo_main, NULL));
}

/* A client of its own, between two places in memory. */
struct hasty {
    SSL *ssl;
    BIO *in, *out;
};

static void flush_to(struct hasty *h, struct sock *s)
{
    struct buf all = {0};
    size_t n = BIO_ctrl_pending(h->out);
    ASSERT(n > 0 && BIO_read(h->out, buf_reserve(&all, n), (int)n) == (int)n);
    buf_advance(&all, n);
    ASSERT_OK(sock_write(s, buf_slice(&all)));
    buf_deinit(&all);
}

static void hear_from(struct hasty *h, struct sock *s)
{
    static uint8_t some[5000];
    size_t n;
    ASSERT_OK(sock_read(s, some, sizeof some, SOON, &n));
    ASSERT(n > 0 && BIO_write(h->in, some, (int)n) == (int)n);
}

static struct hasty hasty_new(SSL_CTX *ctx, struct sock *s)
{
    struct hasty h = {SSL_new(ctx), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())};
    SSL_set_bio(h.ssl, h.in, h.out);
    SSL_set_connect_state(h.ssl);
    while (SSL_do_handshake(h.ssl) != 1) {
        if (BIO_ctrl_pending(h.out))
            flush_to(&h, s);
        hear_from(&h, s);
    }
    return h;
}

static void hear_echo(struct hasty *h, struct sock *s, const uint8_t *want, size_t size)
{
    static uint8_t in[100000];
    for (size_t got = 0; got < size;) {
        int n = SSL_read(h->ssl, in + got, (int)(size - got));
        if (n > 0)
            got += (size_t)n;
        else
            hear_from(h, s);
    }
    ASSERT(memcmp(in, want, size) == 0);
}

/* Its first data leave together with the last of its handshake. */
static void expect_hasty_echo(SSL_CTX *ctx, uint16_t port, size_t size)
{
    static uint8_t out[100000];
    struct sock *s = net_connect(port);
    struct hasty h = hasty_new(ctx, s);
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(i * 7 + i / 250);
    ASSERT_INT((int)size, SSL_write(h.ssl, out, (int)size));
    flush_to(&h, s);
    hear_echo(&h, s, out, size);
    SSL_free(h.ssl);
    sock_close(s, 0);
}

static void hasty_main(void *arg)
{
    struct tls_rig r;
    tls_rig_init(&r, (struct tls_server_opts){0});
    static const size_t sizes[] = {1, 1000, 5000, 100000};
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t v = 0; v < ARRAY_LEN(versions); v++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_max_proto_version(ctx, versions[v]);
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            expect_hasty_echo(ctx, r.port, sizes[i]);
            while (r.s)
                ASSERT_OK(fiber_yield());
        }
        SSL_CTX_free(ctx);
    }
    tls_rig_deinit(&r);
}

TEST(what_comes_with_the_last_of_the_handshake_is_not_lost)
{
    ASSERT_OK(core_run_fiber("t", hasty_main, NULL));
}

static void new_keys(struct hasty *h, int n)
{
    for (int i = 0; i < n; i++) {
        ASSERT(SSL_key_update(h->ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
        ASSERT(SSL_do_handshake(h->ssl) == 1);
    }
}

static void keys_main(void *arg)
{
    struct tls_rig r;
    tls_rig_init(&r, (struct tls_server_opts){0});
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    struct sock *s = net_connect(r.port);
    struct hasty h = hasty_new(ctx, s);
    new_keys(&h, 20);
    ASSERT_INT(5, SSL_write(h.ssl, "hello", 5));
    flush_to(&h, s);
    hear_echo(&h, s, (const uint8_t *)"hello", 5);
    new_keys(&h, 1000);
    flush_to(&h, s);
    struct buf rest = {0};
    net_read_end(s, &rest);
    ASSERT(rest.n < 33 * 60); /* it has not answered them all first */
    buf_deinit(&rest);
    SSL_free(h.ssl);
    sock_close(s, 0);
    while (r.s)
        ASSERT_OK(fiber_yield());
    SSL_CTX_free(ctx);
    tls_rig_deinit(&r);
}

TEST(a_client_that_changes_its_keys_all_the_time_is_cut_off)
{
    ASSERT_OK(core_run_fiber("t", keys_main, NULL));
}

/* What a server does that has something to say before it is asked, in pieces of all kinds. */
static int n_unrefs;

static void unref(void *obj)
{
    n_unrefs++;
}

static void say_much(struct tls_rig *r, struct sock *s)
{
    static uint8_t large[400000];
    memset(large, 'L', sizeof large);
    sock_cork(s);
    for (int i = 0; i < 1000; i++)
        ASSERT_OK(sock_write(s, SLICE_LIT("small ")));
    ASSERT_OK(sock_write_shared(s, slice_of(large, sizeof large), r, unref));
    ASSERT_OK(sock_write(s, SLICE_LIT("end")));
    sock_uncork(s);
    r->s = sock_close(s, 5000);
}

static void pieces_main(void *arg)
{
    struct tls_rig r;
    tls_rig_init(&r, (struct tls_server_opts){0});
    r.on_ready = say_much;
    struct tls_client *t = tls_rig_client(&r, (struct tls_client_opts){0});
    struct sock *s = connect_to(&r, t);
    struct buf in = {0};
    net_read_n(s, &in, 6000 + 400000 + 3);
    ASSERT_INT(1000, net_count(&in, "small "));
    ASSERT(memcmp(in.p + in.n - 4, "Lend", 4) == 0);
    char c;
    size_t n;
    ASSERT_OK(sock_read(s, &c, 1, SOON, &n)); /* the end, in good form */
    ASSERT_INT(0, n);
    ASSERT_INT(1, n_unrefs);
    sock_close(s, 0);
    buf_deinit(&in);
    tls_client_free(t);
    tls_rig_deinit(&r);
}

TEST(queued_pieces_arrive_in_order_and_the_end_is_announced)
{
    ASSERT_OK(core_run_fiber("t", pieces_main, NULL));
}

static void plain_main(void *arg)
{
    struct tls_rig r;
    tls_rig_init(&r, (struct tls_server_opts){0});
    struct sock *s = net_connect(r.port);
    net_send(s, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    struct buf out = {0};
    net_read_end(s, &out);
    ASSERT(net_has(&out, "HTTP/1.1 400 Bad Request\r\n") && net_has(&out, "https://"));
    const char *body = strstr((buf_put_u8(&out, 0), (const char *)out.p), "\r\n\r\n") + 4;
    char length[40];
    snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
    ASSERT(net_has(&out, length));
    sock_close(s, 0);
    s = net_connect(r.port);
    net_send(s, "\x01garbage");
    buf_clear(&out);
    net_read_end(s, &out); /* an alert at most */
    ASSERT_INT(2, r.n_failed);
    ASSERT_INT(0, r.n_done);
    sock_close(s, 0);
    buf_deinit(&out);
    tls_rig_deinit(&r);
}

TEST(plain_text_gets_an_answer_that_says_so)
{
    ASSERT_OK(core_run_fiber("t", plain_main, NULL));
}

static void bounds_main(void *arg)
{
    int64_t now_ns = clock_now_ns();
    clock_test_set(&now_ns, now_ns);
    struct tls_rig r;
    tls_rig_init(&r, (struct tls_server_opts){.max_handshakes = 2, .timeout_ms = 3000});
    struct sock *a = net_connect(r.port), *b = net_connect(r.port);
    net_send(b, "\x16"); /* and no more */
    net_settle();
    struct sock *c = net_connect(r.port); /* one too many: the oldest goes */
    struct buf out = {0};
    net_read_end(a, &out);
    ASSERT_INT(1, r.n_failed);
    clock_test_advance(2 * CLOCK_S);
    net_settle();
    ASSERT_INT(1, r.n_failed);
    clock_test_advance(2 * CLOCK_S);
    net_settle();
    ASSERT_INT(3, r.n_failed);
    net_read_end(b, &out);
    net_read_end(c, &out);
    clock_test_set(NULL, 0);
    buf_deinit(&out);
    sock_close(a, 0);
    sock_close(b, 0);
    sock_close(c, 0);
    tls_rig_deinit(&r);
}

TEST(handshakes_are_bounded_in_number_and_time)
{
    ASSERT_OK(core_run_fiber("t", bounds_main, NULL));
}

static void reload_main(void *arg)
{
    struct tls_rig r;
    tls_rig_init(&r, (struct tls_server_opts){0});
    struct tls_client *t = tls_rig_client(&r, (struct tls_client_opts){0});
    struct sock *old = connect_to(&r, t);
    expect_echo(old, 10);
    struct sock *served = r.s;
    /* a key that is not the certificate's: the old ones stay */
    char saved[80];
    snprintf(saved, sizeof saved, "%s/saved", r.files.dir);
    ASSERT(rename(r.files.key, saved) == 0 && rename(r.files.other_key, r.files.key) == 0);
    ASSERT_ERR(ERR_INVALID, tls_reload(r.server));
    ASSERT(strstr(err_text(), r.files.key));
    struct sock *s = connect_to(&r, t);
    sock_close(s, 0);
    net_settle();
    r.s = served;
    /* a whole new pair, of which the client has not heard */
    ASSERT(rename(r.files.other_cert, r.files.cert) == 0);
    ASSERT_OK(tls_reload(r.server));
    s = net_connect(r.port);
    ASSERT_ERR(ERR_PROTOCOL, tls_connect(t, s, "127.0.0.1", SOON));
    sock_close(s, 0);
    expect_echo(old, 100000); /* goes on */
    sock_close(old, 0);
    unlink(saved);
    tls_client_free(t);
    net_settle();
    tls_rig_deinit(&r);
}

TEST(files_read_again_count_from_the_next_handshake_on)
{
    ASSERT_OK(core_run_fiber("t", reload_main, NULL));
}

TEST(files_that_cannot_be_used_are_named)
{
    struct tls_files f;
    struct tls_server *t;
    tls_files_init(&f);
    struct tls_server_opts o = {.cert_file = "/nowhere/x.pem", .key_file = f.key, .n_cores = 1};
    ASSERT_ERR(ERR_INVALID, tls_server_new(&o, &t));
    ASSERT(strstr(err_text(), "/nowhere/x.pem: No such file"));
    o.cert_file = f.cert;
    o.key_file = f.cert; /* not a key */
    ASSERT_ERR(ERR_INVALID, tls_server_new(&o, &t));
    o.key_file = f.other_key;
    ASSERT_ERR(ERR_INVALID, tls_server_new(&o, &t));
    ASSERT(strstr(err_text(), "does not belong"));
    tls_files_deinit(&f);
}

/* ---- HTTP and WebSocket ---- */

static struct http_server *http;

static void on_request(void *arg, struct http_request *req)
{
    struct buf body = {0};
    memset(buf_reserve(&body, 300000), 'b', 300000);
    buf_advance(&body, 300000);
    http_server_respond(req, 200, "text/plain", NULL, &body);
    buf_deinit(&body);
}

static void on_message(void *arg, struct ws *ws, struct slice payload, bool text)
{
    ASSERT_OK(ws_send(ws, WS_FRAME_TEXT, payload));
}

static void on_upgrade(void *arg, struct http_request *req)
{
    struct ws_opts opts = {.on_message = on_message};
    ASSERT(ws_accept(req, &opts, NULL));
}

static void serve(struct tls_rig *r, struct sock *s)
{
    http_server_accept(http, s, NULL);
    r->s = NULL;
}

static void http_main(void *arg)
{
    struct tls_rig r;
    tls_rig_init(&r, (struct tls_server_opts){0});
    r.on_ready = serve;
    struct http_server_opts opts = {.on_request = on_request, .on_upgrade = on_upgrade};
    http = http_server_new(&opts);
    struct tls_client *t = tls_rig_client(&r, (struct tls_client_opts){.alpn = "http/1.1"});
    CLEANUP(http_client_closep) struct http_client *c = NULL;
    ASSERT_OK(http_client_open_tls("localhost", r.port, t, SOON, &c));
    CLEANUP(http_response_deinit) struct http_response reply = {0};
    struct http_client_request req = {.method = "GET", .target = "/"};
    for (int i = 0; i < 3; i++) {
        ASSERT_OK(http_client_do(c, &req, SOON, &reply));
        ASSERT_INT(200, reply.status);
        ASSERT_INT(300000, reply.body.n);
    }
    struct ws_client_opts wo = {.host = "127.0.0.1", .port = r.port, .tls = t};
    CLEANUP(ws_client_freep) struct ws_client *ws = NULL;
    ASSERT_OK(ws_client_connect(&wo, SOON, &ws));
    struct buf got = {0};
    ASSERT_OK(ws_client_send(ws, WS_FRAME_TEXT, SLICE_LIT("over tls")));
    ASSERT_OK(ws_client_read(ws, SOON, &got, NULL));
    ASSERT_SLICE("over tls", buf_slice(&got));
    ws_client_shutdown(ws, 1000, "bye");
    ASSERT_ERR(ERR_CLOSED, ws_client_read(ws, SOON, &got, NULL));
    ASSERT_INT(1000, ws_client_close_code(ws));
    buf_deinit(&got);
    http = http_server_free(http);
    tls_client_free(t);
    tls_rig_deinit(&r);
}

TEST(http_and_websocket_notice_no_difference)
{
    ASSERT_OK(core_run_fiber("t", http_main, NULL));
}
