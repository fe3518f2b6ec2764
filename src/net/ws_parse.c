/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_parse.h"

#include "base/bits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <wslay/wslay.h>

#define MAX_KEPT_BYTES ((size_t)64 << 10)

/* wslay pulls; what it cannot get yet it asks for again. */
static ssize_t pull(uint8_t *to, size_t n, int flags, void *arg)
{
    struct ws_parse *p = arg;
    (void)flags;
    n = MIN(n, p->in.n);
    if (n == 0)
        return -1;
    memcpy(to, p->in.p, n);
    p->in = slice_from(p->in, n);
    return (ssize_t)n;
}

void ws_parse_init(struct ws_parse *p, bool from_client, size_t max_message_bytes)
{
    memset(p, 0, sizeof *p);
    p->from_client = from_client;
    p->max_message_bytes = max_message_bytes;
    const struct wslay_frame_callbacks callbacks = {.recv_callback = pull};
    if (wslay_frame_context_init(&p->wslay, &callbacks, p) != 0)
        abort(); /* out of memory, as in xmalloc */
}

void ws_parse_deinit(struct ws_parse *p)
{
    if (p->wslay)
        wslay_frame_context_free(p->wslay);
    p->wslay = NULL;
    buf_deinit(&p->message);
    buf_deinit(&p->control);
}

void ws_parse_input(struct ws_parse *p, struct slice in)
{
    p->in = in;
}

struct slice ws_parse_rest(struct ws_parse *p)
{
    struct slice rest = p->in;
    p->in = SLICE_EMPTY;
    return rest;
}

static enum ws_parse_result failed(struct ws_parse *p, uint16_t code, const char *why)
{
    p->code = code;
    p->why = why;
    return WS_PARSE_FAILED;
}

static bool is_control(uint8_t op)
{
    return (op & 8) != 0;
}

/* A frame starts: may it come now, and is it in bounds? */
static enum ws_parse_result begin_frame(struct ws_parse *p, const struct wslay_frame_iocb *f)
{
    if (f->rsv != 0)
        return failed(p, WS_FRAME_CODE_PROTOCOL, "reserved bit set");
    if ((f->mask != 0) != p->from_client)
        return failed(p, WS_FRAME_CODE_PROTOCOL,
                      p->from_client ? "frame not masked" : "frame masked");
    p->in_frame = true;
    p->fin = f->fin;
    p->frame_op = f->opcode;
    p->frame_left = f->payload_length;
    if (is_control(f->opcode)) {
        if (f->opcode > WS_FRAME_PONG || !f->fin || f->payload_length > 125)
            return failed(p, WS_FRAME_CODE_PROTOCOL, "bad control frame");
        buf_clear(&p->control);
        return WS_PARSE_NONE;
    }
    if (f->opcode > WS_FRAME_BINARY)
        return failed(p, WS_FRAME_CODE_PROTOCOL, "unknown opcode");
    if ((f->opcode == WS_FRAME_CONTINUATION) != (p->message_op != 0))
        return failed(p, WS_FRAME_CODE_PROTOCOL, "fragments out of order");
    if (f->opcode != WS_FRAME_CONTINUATION) {
        p->message_op = f->opcode;
        buf_clear(&p->message);
    }
    if (f->payload_length > p->max_message_bytes - p->message.n)
        return failed(p, WS_FRAME_CODE_TOO_LARGE, "message too large");
    return WS_PARSE_NONE;
}

static enum ws_parse_result end_close(struct ws_parse *p)
{
    struct slice body = buf_slice(&p->control);
    p->code = WS_FRAME_CODE_NO_STATUS;
    if (body.n == 0)
        return WS_PARSE_CLOSE;
    if (body.n == 1 || !ws_frame_code_valid(bits_load16(body.p)))
        return failed(p, WS_FRAME_CODE_PROTOCOL, "bad close code");
    p->code = bits_load16(body.p);
    buf_consume(&p->control, 2);
    if (!ws_frame_utf8_valid(buf_slice(&p->control)))
        return failed(p, WS_FRAME_CODE_BAD_TEXT, "close reason is not UTF-8");
    return WS_PARSE_CLOSE;
}

static enum ws_parse_result end_frame(struct ws_parse *p)
{
    p->in_frame = false;
    switch (p->frame_op) {
    case WS_FRAME_PING: return WS_PARSE_PING;
    case WS_FRAME_PONG: return WS_PARSE_PONG;
    case WS_FRAME_CLOSE: return end_close(p);
    default: break;
    }
    if (!p->fin)
        return WS_PARSE_NONE;
    bool text = p->message_op == WS_FRAME_TEXT;
    p->message_op = 0;
    if (text && !ws_frame_utf8_valid(buf_slice(&p->message)))
        return failed(p, WS_FRAME_CODE_BAD_TEXT, "text is not UTF-8");
    return text ? WS_PARSE_TEXT : WS_PARSE_BINARY;
}

enum ws_parse_result ws_parse_next(struct ws_parse *p)
{
    if (p->why)
        return WS_PARSE_FAILED;
    if (p->message_op == 0 && p->message.cap > MAX_KEPT_BYTES)
        buf_deinit(&p->message); /* of a message delivered before */
    for (;;) {
        struct wslay_frame_iocb f = {0};
        ssize_t n = wslay_frame_recv(p->wslay, &f);
        if (n == WSLAY_ERR_WANT_READ)
            return WS_PARSE_NONE;
        if (n < 0)
            return failed(p, WS_FRAME_CODE_PROTOCOL, "malformed frame");
        enum ws_parse_result r = p->in_frame ? WS_PARSE_NONE : begin_frame(p, &f);
        if (r != WS_PARSE_NONE)
            return r;
        buf_put(is_control(p->frame_op) ? &p->control : &p->message, f.data, f.data_length);
        p->frame_left -= f.data_length;
        if (p->frame_left == 0 && (r = end_frame(p)) != WS_PARSE_NONE)
            return r;
    }
}
