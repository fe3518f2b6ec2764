/* SPDX-License-Identifier: Apache-2.0 */
#include "ws_fixture.h"

static void echo_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct ws_opts){0});
    struct ws_client *c = connect_client(&r, (struct ws_client_opts){.headers = "X-A: b\r\n"});
    struct buf got = {0};
    struct buf large = {0};
    static const size_t sizes[] = {0, 1, 125, 126, 2000, 2001, 65535, 65536, 5000000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        buf_clear(&large);
        memset(buf_reserve(&large, sizes[i] + 1), (int)('a' + i), sizes[i]);
        buf_advance(&large, sizes[i]);
        bool text;
        ASSERT_OK(ws_client_send(c, i & 1 ? WS_FRAME_TEXT : WS_FRAME_BINARY, buf_slice(&large)));
        ASSERT_OK(ws_client_read(c, SOON, &got, &text));
        ASSERT(slice_eq(buf_slice(&large), buf_slice(&got)));
        ASSERT(text == ((i & 1) != 0));
    }
    ASSERT_ERR(ERR_TIMEOUT, ws_client_read(c, clock_now_ns() + CLOCK_MS, &got, NULL));
    ws_client_shutdown(c, 4321, "done");
    ASSERT_ERR(ERR_CLOSED, ws_client_read(c, SOON, &got, NULL));
    ASSERT_INT(4321, ws_client_close_code(c));
    ASSERT_INT(1, r.n_closed);
    ASSERT_INT(4321, r.code);
    ASSERT_STR("done", r.reason);
    ASSERT_ERR(ERR_CLOSED, ws_send(r.ws, WS_FRAME_TEXT, SLICE_EMPTY));
    ws_client_free(c);
    buf_deinit(&got);
    buf_deinit(&large);
    rig_deinit(&r);
}

TEST(messages_of_all_sizes_come_back_and_the_connection_is_closed_in_order)
{
    ASSERT_OK(core_run_fiber("t", echo_main, NULL));
}

/* Send a frame, expect these bytes and then the end. */
static void expect_bytes(struct rig *r, enum ws_frame_op op, struct slice payload,
                         struct slice want)
{
    struct sock *s = raw_connect(r);
    raw_frame(s, op, payload);
    struct buf out = {0};
    net_read_n(s, &out, want.n);
    ASSERT(slice_eq(want, buf_slice(&out)));
    buf_deinit(&out);
    sock_close(s, 0);
    net_settle();
}

static void control_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct ws_opts){.max_message_bytes = 1000});
    expect_bytes(&r, WS_FRAME_PING, SLICE_LIT("abc"),
                 SLICE_LIT("\x8a\x03"
                           "abc"));
    expect_bytes(&r, WS_FRAME_CLOSE, SLICE_LIT("\x03\xe8"), SLICE_LIT("\x88\x02\x03\xe8"));
    ASSERT_INT(1000, r.code);
    expect_bytes(&r, WS_FRAME_CLOSE, SLICE_EMPTY, SLICE_LIT("\x88\x00"));
    ASSERT_INT(1005, r.code);
    expect_bytes(&r, WS_FRAME_TEXT, SLICE_LIT("\xff\xfe"),
                 SLICE_LIT("\x88\x13\x03\xeftext is not UTF-8"));
    ASSERT_INT(1007, r.code);
    uint8_t large[1001] = {0};
    expect_bytes(&r, WS_FRAME_BINARY, slice_of(large, sizeof large),
                 SLICE_LIT("\x88\x13\x03\xf1message too large"));
    ASSERT_INT(1009, r.code);
    expect_bytes(&r, WS_FRAME_CONTINUATION, SLICE_EMPTY,
                 SLICE_LIT("\x88\x18\x03\xea"
                           "fragments out of order"));
    ASSERT_INT(1002, r.code);
    struct sock *s = raw_connect(&r);
    net_send(s, "\x81\x02hi"); /* not masked */
    struct buf out = {0};
    net_read_until(s, &out, "frame not masked");
    sock_close(s, 0);
    net_settle();
    ASSERT_INT(7, r.n_closed);
    s = raw_connect(&r);
    sock_close(s, 0);
    net_settle();
    ASSERT_INT(8, r.n_closed);
    ASSERT_INT(1006, r.code);
    buf_deinit(&out);
    rig_deinit(&r);
}

TEST(control_frames_and_violations_are_answered_as_the_rfc_says)
{
    ASSERT_OK(core_run_fiber("t", control_main, NULL));
}

static void pause_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct ws_opts){0});
    r.pauses = true;
    struct sock *s = raw_connect(&r);
    struct buf in = {0};
    for (int i = 0; i < 3; i++)
        ws_frame_build(&in, WS_FRAME_TEXT, slice_str("m"), (const uint8_t *)"mask");
    ASSERT_OK(sock_write_buf(s, &in));
    for (int i = 1; i <= 3; i++) {
        net_settle();
        ASSERT_INT(i, r.n_messages);
        ws_resume(r.ws);
    }
    sock_close(s, 0);
    buf_deinit(&in);
    rig_deinit(&r);
}

TEST(a_paused_connection_delivers_nothing_until_it_is_resumed)
{
    ASSERT_OK(core_run_fiber("t", pause_main, NULL));
}

static void idle_main(void *arg)
{
    int64_t now = clock_now_ns();
    clock_test_set(&now, now);
    struct rig r;
    rig_init(&r, (struct ws_opts){.idle_timeout_ms = 10000, .ping_interval_ms = 4000});
    struct sock *s = raw_connect(&r);
    net_settle();
    clock_test_advance(4100 * CLOCK_MS);
    struct buf out = {0};
    net_read_n(s, &out, 2);
    ASSERT(memcmp(out.p, "\x89\x00", 2) == 0);
    raw_frame(s, WS_FRAME_PONG, SLICE_EMPTY);
    net_settle();
    clock_test_advance(9 * CLOCK_S);
    net_settle();
    ASSERT_INT(0, r.n_closed);
    clock_test_advance(2 * CLOCK_S);
    net_settle();
    ASSERT_INT(1, r.n_closed);
    ASSERT_STR("idle", r.reason);
    clock_test_set(NULL, 0);
    sock_close(s, 0);
    buf_deinit(&out);
    rig_deinit(&r);
}

TEST(a_silent_peer_is_pinged_and_then_disconnected)
{
    ASSERT_OK(core_run_fiber("t", idle_main, NULL));
}

static void close_main(void *arg)
{
    int64_t now = clock_now_ns();
    clock_test_set(&now, now);
    struct rig r;
    rig_init(&r, (struct ws_opts){0});
    struct sock *s = raw_connect(&r);
    ws_close(r.ws, 1001, "going"); /* before its first look at the input */
    struct buf out = {0};
    net_read_n(s, &out, 9);
    ASSERT(memcmp(out.p, "\x88\x07\x03\xe9going", 9) == 0);
    net_settle();
    ASSERT_INT(0, r.n_closed);
    clock_test_advance(3 * CLOCK_S); /* the peer does not answer */
    net_settle();
    ASSERT_INT(1, r.n_closed);
    ASSERT_INT(1001, r.code);
    clock_test_set(NULL, 0);
    sock_close(s, 0);
    buf_deinit(&out);
    rig_deinit(&r);
}

TEST(our_close_does_not_wait_for_ever)
{
    ASSERT_OK(core_run_fiber("t", close_main, NULL));
}
