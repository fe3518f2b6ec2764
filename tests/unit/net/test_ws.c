/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws.h"
#include "net/http_server.h"
#include "net/ws_client.h"
#include "net/ws_msg.h"
#include "net_fixture.h"

/* A WebSocket server that sends back what comes. */
struct rig {
    struct http_server *server;
    struct sock_listener *listener;
    uint16_t port;
    struct ws_opts opts;
    struct ws *ws; /* the last one accepted; a reference */
    int n_messages, n_closed;
    uint16_t code;
    char reason[124];
    bool pauses, silent;
};

static void on_message(void *arg, struct ws *ws, struct slice payload, bool text)
{
    struct rig *r = arg;
    r->n_messages++;
    if (!r->silent)
        ASSERT_OK(ws_send(ws, text ? WS_FRAME_TEXT : WS_FRAME_BINARY, payload));
    if (r->pauses)
        ws_pause(ws);
}

static void on_close(void *arg, struct ws *ws, uint16_t code, const char *reason)
{
    struct rig *r = arg;
    ASSERT(!ws_open(ws));
    r->n_closed++;
    r->code = code;
    snprintf(r->reason, sizeof r->reason, "%s", reason);
}

static void on_request(void *arg, struct http_request *req)
{
    (void)arg;
    http_server_respond(req, 404, NULL, NULL, NULL);
}

static void on_upgrade(void *arg, struct http_request *req)
{
    struct rig *r = arg;
    r->opts.on_message = on_message;
    r->opts.on_close = on_close;
    r->opts.arg = r;
    struct ws *ws = ws_accept(req, &r->opts, "X-Extra: 1\r\n");
    if (ws == NULL)
        return;
    ws_unref(r->ws);
    r->ws = ws_ref(ws);
}

static void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct rig *r = arg;
    (void)peer_ip;
    http_server_accept(r->server, s, r);
}

static void rig_init(struct rig *r, struct ws_opts opts)
{
    memset(r, 0, sizeof *r);
    r->opts = opts;
    struct http_server_opts o = {.on_request = on_request, .on_upgrade = on_upgrade, .arg = r};
    r->server = http_server_new(&o);
    r->listener = net_listen(on_accept, r);
    r->port = sock_listener_port(r->listener);
}

static void rig_deinit(struct rig *r)
{
    if (r->ws) {
        ws_abort(r->ws, "test ends");
        ws_unref(r->ws);
    }
    sock_listener_close(r->listener);
    http_server_free(r->server);
}

#define HELLO                                                                                      \
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "                              \
    "Upgrade\r\nSec-WebSocket-Version: 13\r\n"                                                     \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static struct sock *raw_connect(struct rig *r)
{
    struct sock *s = net_connect(r->port);
    struct buf out = {0};
    net_send(s, HELLO);
    net_read_until(s, &out, "\r\n\r\n");
    ASSERT(net_has(&out, "HTTP/1.1 101 "));
    ASSERT(net_has(&out, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    ASSERT(net_has(&out, "X-Extra: 1\r\n"));
    buf_deinit(&out);
    return s;
}

static void raw_frame(struct sock *s, enum ws_frame_op op, struct slice payload)
{
    struct buf b = {0};
    ws_frame_build(&b, op, payload, (const uint8_t *)"mask");
    ASSERT_OK(sock_write_buf(s, &b));
    buf_deinit(&b);
}

static struct ws_client *connect_client(struct rig *r, struct ws_client_opts o)
{
    o.host = "127.0.0.1";
    o.port = r->port;
    struct ws_client *c = NULL;
    ASSERT_OK(ws_client_connect(&o, SOON, &c));
    return c;
}

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

static void refuse_one(struct rig *r, const char *in, const char *want)
{
    struct sock *s = net_connect(r->port);
    struct buf out = {0};
    net_send(s, in);
    net_read_end(s, &out);
    if (!net_has(&out, want))
        test_fail(__FILE__, __LINE__, "want %s, got %.*s", want, SLICE_FMT(buf_slice(&out)));
    sock_close(s, 0);
    buf_deinit(&out);
}

static void handshake_main(void *arg)
{
    struct rig r;
    rig_init(&r, (struct ws_opts){0});
#define START "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    refuse_one(
        &r, START "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        "HTTP/1.1 426 Upgrade Required\r\n");
    refuse_one(&r, START "Sec-WebSocket-Version: 13\r\n\r\n", "HTTP/1.1 400 ");
    refuse_one(&r, START "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
               "HTTP/1.1 400 ");
    refuse_one(&r,
               START
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: !!hlIHNhbXBsZSBub25jZQ==\r\n\r\n",
               "HTTP/1.1 400 ");
    /* a frame in the same packet as the handshake */
    struct sock *s = net_connect(r.port);
    struct buf b = {0};
    buf_put_str(&b, HELLO);
    ws_frame_build(&b, WS_FRAME_TEXT, slice_str("early"), (const uint8_t *)"mask");
    ASSERT_OK(sock_write_buf(s, &b));
    buf_clear(&b);
    net_read_until(s, &b,
                   "\x81\x05"
                   "early");
    sock_close(s, 0);
    buf_deinit(&b);
    rig_deinit(&r);
}

TEST(bad_handshakes_are_refused_and_early_frames_are_kept)
{
    ASSERT_OK(core_run_fiber("t", handshake_main, NULL));
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
    ASSERT_INT(1, r.n_closed);
    ASSERT_STR("slow consumer", r.reason);
    net_settle();
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
