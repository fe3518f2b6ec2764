/* SPDX-License-Identifier: Apache-2.0 */
#include "net/h2.h"
#include "net_fixture.h"

static void no_callbacks(nghttp2_session_callbacks *cb)
{
    (void)cb;
}

struct end {
    int n_lost;
    int code;
};

static void on_lost(void *owner, err e)
{
    struct end *end = owner;
    end->n_lost++;
    end->code = e.code;
}

static void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    (void)peer_ip;
    struct h2_opts o = {.is_server = true,
                        .window_bytes = 1 << 20,
                        .max_concurrent_streams = 10,
                        .set_callbacks = no_callbacks,
                        .on_lost = on_lost,
                        .owner = arg};
    h2_start(h2_new(s, &o));
}

static void main_fiber(void *arg)
{
    struct end server = {0}, client = {0};
    struct sock_listener *l = net_listen(on_accept, &server);
    struct h2_opts o = {.window_bytes = 1 << 20,
                        .set_callbacks = no_callbacks,
                        .on_lost = on_lost,
                        .owner = &client};
    struct h2 *h = h2_new(net_connect(sock_listener_port(l)), &o);
    h2_start(h);
    net_settle();
    ASSERT_STR("127.0.0.1", h2_peer_ip(h));
    ASSERT_INT(1 << 20, nghttp2_session_get_remote_settings(h2_session(h),
                                                            NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE));
    ASSERT_INT(0, server.n_lost);
    (void)nghttp2_session_terminate_session(h2_session(h), NGHTTP2_NO_ERROR);
    h2_pump(h); /* GOAWAY leaves; nothing more is wanted: the end */
    net_settle();
    ASSERT_INT(1, client.n_lost);
    ASSERT_INT(ERR_CLOSED, client.code);
    ASSERT_INT(1, server.n_lost);
    ASSERT_INT(ERR_CLOSED, server.code);
    sock_listener_close(l);
}

TEST(settings_are_exchanged_and_both_sides_hear_of_the_end_once)
{
    ASSERT_OK(core_run_fiber("t", main_fiber, NULL));
}
