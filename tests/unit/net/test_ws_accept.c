/* SPDX-License-Identifier: Apache-2.0 */
#include "ws_fixture.h"

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
#define START "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
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
