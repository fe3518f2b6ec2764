/* SPDX-License-Identifier: Apache-2.0 */
#include "ws_fixture.h"

static void slow_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct ws_opts){.max_queue_bytes = 1 << 20, .max_queue_msgs = 100});
    struct sock *s = raw_connect(&r); /* never reads from here on */
    net_settle();
    struct buf payload = {0};
    memset(buf_reserve(&payload, 100000), 'x', 100000);
    buf_advance(&payload, 100000);
    struct ws_msg *m = ws_msg_new(WS_FRAME_TEXT, buf_slice(&payload));
    err e = OK;
    int n = 0;
    for (; n < 1000 && !err_failed(e); n++)
        e = ws_send_msg(r.ws, m);
    ASSERT_INT(ERR_LIMIT, e.code);
    ASSERT(n > 10);
    ASSERT_INT(0, r.n_closed); /* never from inside a call */
    net_settle();
    ASSERT_INT(1, r.n_closed);
    ASSERT_STR("slow consumer", r.reason);
    ASSERT_INT(1, m->refs);
    ws_msg_unref(m);
    buf_deinit(&payload);
    sock_close(s, 0);
    rig_deinit(&r);
}

TEST(a_slow_consumer_is_disconnected_and_holds_no_messages)
{
    ASSERT_OK(core_run_fiber("t", slow_main, NULL));
}

static void cut_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct ws_opts){.max_queue_msgs = 100000});
    struct ws_client *c = connect_client(&r, (struct ws_client_opts){.max_inbox_msgs = 1000});
    struct buf payload = {0}, got = {0};
    memset(buf_reserve(&payload, 100000), 'x', 100000);
    buf_advance(&payload, 100000);
    net_settle();
    struct ws_msg *m = ws_msg_new(WS_FRAME_TEXT, buf_slice(&payload));
    for (int i = 0; i < 200; i++) /* 20 MB: more than all buffers on the way take */
        ASSERT_OK(ws_send_msg(r.ws, m));
    ASSERT(ws_queued_msgs(r.ws) > 0);
    ws_cut(r.ws, WS_FRAME_CODE_POLICY, "too slow", 5000);
    ASSERT_INT(1, r.n_closed == 0 && !ws_open(r.ws));
    int n = 0;
    while (ws_client_read(c, SOON, &got, NULL).code == 0)
        n++;
    ASSERT(n > 0 && n < 200); /* whole messages, then why */
    ASSERT_INT(WS_FRAME_CODE_POLICY, ws_client_close_code(c));
    ASSERT_INT(1, r.n_closed);
    ASSERT_INT(1, m->refs);
    ws_msg_unref(m);
    ws_client_free(c);
    buf_deinit(&payload);
    buf_deinit(&got);
    rig_deinit(&r);
}

TEST(who_is_cut_off_reads_what_was_under_way_and_why)
{
    ASSERT_OK(core_run_fiber("t", cut_main, NULL));
}

static void many_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct ws_opts){.max_queue_msgs = 100000});
    struct ws_client *c = connect_client(&r, (struct ws_client_opts){.max_inbox_msgs = 3});
    net_settle();
    struct ws_msg *m = ws_msg_new(WS_FRAME_TEXT, slice_str("an event"));
    ws_cork(r.ws);
    for (int i = 0; i < 10000; i++)
        ASSERT_OK(ws_send_msg(r.ws, m));
    ASSERT_INT(10001, m->refs);
    ASSERT(ws_queued_bytes(r.ws) == 10000 * m->n);
    ws_uncork(r.ws);
    struct buf got = {0};
    for (int i = 0; i < 10000; i++) { /* although only three are kept unread */
        ASSERT_OK(ws_client_read(c, SOON, &got, NULL));
        ASSERT_SLICE("an event", buf_slice(&got));
    }
    ASSERT_INT(1, m->refs);
    ws_msg_unref(m);
    ws_client_free(c);
    net_settle();
    ASSERT_INT(1, r.n_closed);
    buf_deinit(&got);
    rig_deinit(&r);
}

TEST(many_shared_messages_arrive_though_the_reader_keeps_few)
{
    ASSERT_OK(core_run_fiber("t", many_main, NULL));
}

static void buf_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct ws_opts){0});
    struct ws_client *c = connect_client(&r, (struct ws_client_opts){0});
    net_settle();
    struct buf got = {0};
    static const size_t sizes[] = {10, 3000, 65536, 3000000, 20};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct buf b = {0};
        memset(buf_reserve(&b, sizes[i]), 'b', sizes[i]);
        buf_advance(&b, sizes[i]);
        ASSERT_OK(ws_send_buf(r.ws, WS_FRAME_TEXT, &b));
        ASSERT_INT(0, b.n);
        buf_deinit(&b);
    }
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) { /* in order, although the large one waited */
        ASSERT_OK(ws_client_read(c, SOON, &got, NULL));
        ASSERT_INT(sizes[i], got.n);
    }
    ws_client_free(c);
    buf_deinit(&got);
    rig_deinit(&r);
}

TEST(buffers_are_sent_in_order_whatever_their_size)
{
    ASSERT_OK(core_run_fiber("t", buf_main, NULL));
}
