/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine of WebSocket connections, as server (first byte even) or client: messages and
 * frames of all kinds, compressed ones, answers, pushed messages, pauses, both ends of the close
 * handshake, silence. The end is told once, from the loop; no message comes after it or while
 * paused. */
#include "fuzz.h"

#include "net/ws_impl.h"
#include "net/ws_msg.h"
#include "peer.h"

struct rig {
    struct ws *ws;
    struct ws_msg *msg;
    bool paused;
    bool in_call; /* a ws_* call is on the stack */
    bool echoes;
    uint32_t n_closed;
};

static void on_message(void *arg, struct ws *ws, struct slice payload, bool text)
{
    struct rig *r = arg;
    peer_check(!r->in_call && !r->paused && r->n_closed == 0 && ws_open(ws));
    peer_check(payload.n <= 2000 && (!text || ws_frame_utf8_valid(payload)));
    if (payload.n && payload.p[0] == 'p') {
        r->paused = true;
        ws_pause(ws);
    }
    if (payload.n && payload.p[0] == 'c')
        ws_close(ws, 1000, "as you wish");
    if (payload.n && payload.p[0] == 'a')
        ws_abort(ws, "as you wish");
    if (r->echoes)
        err_ignore(ws_send(ws, text ? WS_FRAME_TEXT : WS_FRAME_BINARY, payload));
}

static void on_close(void *arg, struct ws *ws, uint16_t code, const char *reason)
{
    struct rig *r = arg;
    peer_check(!r->in_call && r->n_closed == 0 && !ws_open(ws));
    peer_check(code >= 1000 && strlen(reason) <= 123);
    r->n_closed++;
}

static void send_large(struct ws *ws, size_t n)
{
    struct buf b = {0};
    memset(buf_reserve(&b, n + 1), 'x', n);
    buf_advance(&b, n);
    err_ignore(ws_send_buf(ws, WS_FRAME_TEXT, &b));
    buf_deinit(&b);
}

static void act(struct rig *r, struct peer *p, unsigned op)
{
    r->in_call = true;
    switch (op) {
    case 0: err_ignore(ws_send(r->ws, WS_FRAME_TEXT, peer_bytes(p))); break;
    case 1: send_large(r->ws, (size_t)peer_byte(p) << 10); break;
    case 2:
        for (unsigned n = peer_byte(p); n; n--)
            err_ignore(ws_send_msg(r->ws, r->msg));
        break;
    case 3:
        r->paused = true;
        ws_pause(r->ws);
        break;
    case 4:
        r->paused = false;
        ws_resume(r->ws);
        break;
    case 5: ws_close(r->ws, 1001, "going"); break;
    case 6: ws_abort(r->ws, "gone"); break;
    case 7:
        ws_cork(r->ws);
        err_ignore(ws_send_msg(r->ws, r->msg));
        err_ignore(ws_send(r->ws, WS_FRAME_BINARY, peer_bytes(p)));
        ws_uncork(r->ws);
        break;
    }
    r->in_call = false;
}

static void run(void *arg)
{
    struct peer *p = arg;
    uint8_t flags = peer_byte(p);
    struct rig r = {.echoes = (flags & 2) != 0};
    uint8_t payload[3000];
    memset(payload, 'm', sizeof payload);
    r.msg = ws_msg_new(WS_FRAME_TEXT, slice_of(payload, sizeof payload));
    struct ws_opts opts = {.max_message_bytes = 2000,
                           .max_queue_msgs = 20,
                           .idle_timeout_ms = 20000,
                           .ping_interval_ms = 6000,
                           .message_timeout_ms = 9000,
                           .on_message = on_message,
                           .on_close = on_close,
                           .arg = &r};
    opts.deflate = ws_deflate_new();
    peer_init(p);
    r.ws = ws_ref(ws_new(p->sock, flags & 1, &opts));
    if ((flags & 5) == 4) { /* as if the handshake had agreed on it */
        r.ws->terms.window_bits = 15;
        r.ws->parse.may_be_packed = true;
    }
    while (p->script.n) {
        unsigned op = peer_byte(p) % (PEER_N_OPS + 8);
        if (op < PEER_N_OPS)
            peer_act(p, op);
        else
            act(&r, p, op - PEER_N_OPS);
    }
    peer_settle();
    ws_abort(r.ws, "end");
    peer_settle();
    clock_test_advance(10 * CLOCK_S); /* what a close frame takes with it has 2 s to leave */
    peer_settle();
    peer_check(r.n_closed == 1 && r.msg->refs == 1);
    ws_unref(r.ws);
    ws_msg_unref(r.msg);
    ws_deflate_free(opts.deflate);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    return peer_run(p, n, run);
}
