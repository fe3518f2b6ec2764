/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_impl.h"

#include "tls_fixture.h"

#include <malloc.h>

static void cut_main(void *arg)
{
    struct tls_rig r;
    tls_rig_init(&r, (struct tls_server_opts){0});
    struct tls_client *t = tls_rig_client(&r, (struct tls_client_opts){0});
    struct sock *s = net_connect(r.port);
    ASSERT_OK(tls_connect(t, s, "localhost", SOON));
    while (r.s == NULL)
        ASSERT_OK(fiber_yield());
    r.s = sock_close(r.s, 0); /* without a word */
    char c;
    size_t n;
    ASSERT_ERR(ERR_IO, sock_read(s, &c, 1, SOON, &n));
    ASSERT(strstr(err_text(), "cut"));
    sock_close(s, 0);
    tls_client_free(t);
    tls_rig_deinit(&r);
}

TEST(a_stream_that_is_cut_does_not_look_complete)
{
    ASSERT_OK(core_run_fiber("t", cut_main, NULL));
}

/* Twice as many silent ends as keep their buffers: each connection here has two. */
#define N_SILENT 128

static struct sock *silent[2 * N_SILENT];

static void keep_silent(struct tls_rig *r, struct sock *s)
{
    silent[r->n_done - 1] = TAKE_PTR(r->s);
}

static size_t heap_bytes(void)
{
    return MEM_ASAN || MEM_TSAN ? 0 : mallinfo2().uordblks;
}

static void silent_main(void *arg)
{
    struct tls_rig r;
    size_t bytes[3];
    tls_rig_init(&r, (struct tls_server_opts){0});
    r.on_ready = keep_silent;
    struct tls_client *t = tls_rig_client(&r, (struct tls_client_opts){0});
    for (int i = 0; i < N_SILENT; i++) {
        if (i % (N_SILENT / 2) == 0)
            bytes[i / (N_SILENT / 2)] = heap_bytes();
        silent[N_SILENT + i] = net_connect(r.port);
        ASSERT_OK(tls_connect(t, silent[N_SILENT + i], "localhost", SOON));
        while (r.n_done <= i)
            ASSERT_OK(fiber_yield());
    }
    bytes[2] = heap_bytes();
    ASSERT((bytes[2] - bytes[1]) * 2 <= bytes[1] - bytes[0]);
    for (int i = 0; i < 2 * N_SILENT; i++)
        sock_close(silent[i], 0);
    tls_client_free(t);
    tls_rig_deinit(&r);
}

TEST(a_connection_that_says_nothing_after_its_handshake_keeps_no_buffers)
{
    ASSERT_OK(core_run_fiber("t", silent_main, NULL));
}

/* Two filters back to back; what goes from one to the other can be spoilt on the way. */
struct ends {
    struct tls_filter *a, *b;
};

static void shake(struct ends *e)
{
    struct buf to_a = {0}, to_b = {0};
    while (!SSL_is_init_finished(e->a->ssl) || !SSL_is_init_finished(e->b->ssl)) {
        e->a->in = buf_slice(&to_a);
        struct buf out = {0};
        e->a->out = &out;
        (void)SSL_do_handshake(e->a->ssl);
        ASSERT_INT(0, e->a->in.n);
        buf_clear(&to_a);
        buf_put_slice(&to_b, buf_slice(&out));
        buf_clear(&out);
        e->b->in = buf_slice(&to_b);
        e->b->out = &out;
        (void)SSL_do_handshake(e->b->ssl);
        buf_clear(&to_b);
        buf_put_slice(&to_a, buf_slice(&out));
        buf_deinit(&out);
    }
    bool end = false;
    struct buf plain = {0}, wire = {0};
    ASSERT_OK(e->a->filter.ops->open(&e->a->filter, buf_slice(&to_a), &plain, &wire, &end));
    buf_deinit(&to_a);
    buf_deinit(&to_b);
    buf_deinit(&plain);
    buf_deinit(&wire);
}

static struct ends make_ends(const struct tls_files *files)
{
    SSL_CTX *server = tls_impl_ctx(TLS_server_method());
    SSL_CTX *client = tls_impl_ctx(TLS_client_method());
    ASSERT_OK(tls_impl_load(server, files->cert, files->key));
    struct ends e = {tls_impl_filter(client, false), tls_impl_filter(server, true)};
    SSL_CTX_free(server);
    SSL_CTX_free(client);
    shake(&e);
    return e;
}

TEST(records_may_be_cut_anywhere_and_not_changed)
{
    struct tls_files files;
    tls_files_init(&files);
    struct ends e = make_ends(&files);
    struct buf wire = {0}, plain = {0}, back = {0};
    bool end = false;
    ASSERT_OK(e.a->filter.ops->seal(&e.a->filter, SLICE_LIT("hello world"), &wire));
    for (size_t i = 0; i < wire.n; i++)
        ASSERT_OK(
            e.b->filter.ops->open(&e.b->filter, slice_of(wire.p + i, 1), &plain, &back, &end));
    ASSERT_SLICE("hello world", buf_slice(&plain));
    buf_clear(&wire);
    buf_clear(&plain);
    ASSERT_OK(e.a->filter.ops->seal(&e.a->filter, SLICE_LIT("again"), &wire));
    wire.p[wire.n - 3] ^= 1;
    ASSERT_ERR(ERR_PROTOCOL,
               e.b->filter.ops->open(&e.b->filter, buf_slice(&wire), &plain, &back, &end));
    ASSERT(back.n > 0); /* the alert */
    ASSERT_INT(0, plain.n);
    ASSERT(!end);
    tls_impl_filter_free(e.a);
    tls_impl_filter_free(e.b);
    buf_deinit(&wire);
    buf_deinit(&plain);
    buf_deinit(&back);
    tls_files_deinit(&files);
}

TEST(the_last_word_ends_the_stream)
{
    struct tls_files files;
    tls_files_init(&files);
    struct ends e = make_ends(&files);
    struct buf wire = {0}, plain = {0}, back = {0};
    bool end = false;
    ASSERT_OK(e.a->filter.ops->seal(&e.a->filter, SLICE_LIT("last"), &wire));
    e.a->filter.ops->finish(&e.a->filter, &wire);
    ASSERT_OK(e.b->filter.ops->open(&e.b->filter, buf_slice(&wire), &plain, &back, &end));
    ASSERT_SLICE("last", buf_slice(&plain));
    ASSERT(end);
    tls_impl_filter_free(e.a);
    tls_impl_filter_free(e.b);
    buf_deinit(&wire);
    buf_deinit(&plain);
    buf_deinit(&back);
    tls_files_deinit(&files);
}
