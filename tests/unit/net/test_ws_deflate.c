/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_deflate.h"

#include "ws_fixture.h"

static int bits_of(const char *offers)
{
    struct ws_deflate_terms terms = {0};
    return ws_deflate_negotiate(slice_str(offers), &terms) ? terms.window_bits : 0;
}

TEST(the_first_offer_that_can_be_kept_is_taken)
{
    ASSERT_INT(15, bits_of("permessage-deflate"));
    ASSERT_INT(15, bits_of("permessage-deflate; client_max_window_bits"));
    ASSERT_INT(15, bits_of("x-webkit-deflate-frame, permessage-deflate;client_max_window_bits=9 "));
    ASSERT_INT(10, bits_of("permessage-deflate; server_max_window_bits=\"10\""));
    ASSERT_INT(15, bits_of("permessage-deflate; server_max_window_bits=8, permessage-deflate"));
    ASSERT_INT(0, bits_of("permessage-deflate; server_max_window_bits=8"));
    ASSERT_INT(0, bits_of("permessage-deflate; server_max_window_bits=16"));
    ASSERT_INT(0, bits_of("permessage-deflate; server_max_window_bits"));
    ASSERT_INT(0, bits_of("permessage-deflate; server_no_context_takeover=1"));
    ASSERT_INT(0, bits_of("permessage-deflate; client_no_context_takeover; "
                          "client_no_context_takeover"));
    ASSERT_INT(0, bits_of("permessage-deflate; unknown"));
    ASSERT_INT(0, bits_of("permessage-deflate; ; unknown"));
    ASSERT_INT(0, bits_of(""));
    struct ws_deflate_terms terms = {.window_bits = 12};
    struct buf head = {0};
    ws_deflate_accept(&terms, &head);
    ASSERT_SLICE("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                 "client_no_context_takeover; server_max_window_bits=12\r\n",
                 buf_slice(&head));
    buf_deinit(&head);
}

TEST(what_does_not_become_smaller_is_not_packed)
{
    struct ws_deflate *d = ws_deflate_new();
    struct slice packed;
    uint8_t noise[1000];
    ws_frame_random(noise, sizeof noise);
    ASSERT(!ws_deflate_pack(d, &(struct ws_deflate_terms){15}, slice_of(noise, 1000), &packed));
    ASSERT(ws_deflate_worth(256) && !ws_deflate_worth(255) && !ws_deflate_worth(1 << 20));
    ws_deflate_free(d);
}

#define HELLO_DEFLATE                                                                              \
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                   \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"                 \
    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"

static void shared_main(void *arg)
{
    struct rig r;
    struct ws_deflate *d = ws_deflate_new();
    rig_init(&r, (struct ws_opts){.deflate = d});
    struct sock *s = net_connect(r.port);
    struct buf out = {0};
    net_send(s, HELLO_DEFLATE);
    net_read_until(s, &out, "\r\n\r\n");
    ASSERT(net_has(&out, "permessage-deflate; server_no_context_takeover"));
    struct buf text = text_of(5000);
    struct ws_msg *m = ws_msg_new(WS_FRAME_TEXT, buf_slice(&text));
    ASSERT_OK(ws_send_msg(r.ws, m));
    struct ws_msg *packed = ws_msg_packed(m);
    ASSERT(packed && packed != m && packed->n < m->n / 3);
    ASSERT_OK(ws_send_msg(r.ws, m));
    ASSERT(ws_msg_packed(m) == packed); /* once is enough */
    buf_clear(&out);
    net_read_n(s, &out, 2 * packed->n);
    ASSERT(memcmp(out.p, packed->frame, packed->n) == 0);
    ASSERT(memcmp(out.p + packed->n, packed->frame, packed->n) == 0);
    ASSERT_INT(0xc1, out.p[0]);
    struct ws_msg *small = ws_msg_new(WS_FRAME_TEXT, SLICE_LIT("hi"));
    ASSERT_OK(ws_send_msg(r.ws, small));
    buf_clear(&out);
    net_read_n(s, &out, 4);
    ASSERT_INT(0x81, out.p[0]);
    ws_msg_unref(small);
    ws_msg_unref(m);
    sock_close(s, 0);
    net_settle();
    buf_deinit(&out);
    buf_deinit(&text);
    rig_deinit(&r);
    net_settle();
    ws_deflate_free(d);
}

TEST(a_message_pushed_to_many_is_packed_once)
{
    ASSERT_OK(core_run_fiber("t", shared_main, NULL));
}
