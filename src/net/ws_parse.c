/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_parse.h"

#include "base/bits.h"
#include "base/mem.h"

#define MAX_KEPT_BYTES 1024 /* of memory between messages */
#define MAX_FRAMES 64       /* of a message, at a time */

void ws_parse_init(struct ws_parse *p, bool from_client, size_t max_message_bytes)
{
    memset(p, 0, sizeof *p);
    p->from_client = from_client;
    p->max_message_bytes = max_message_bytes;
}

void ws_parse_deinit(struct ws_parse *p)
{
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
    if (p->message_op == 0 && p->message.cap > MAX_KEPT_BYTES)
        buf_deinit(&p->message);
    return rest;
}

bool ws_parse_in_progress(const struct ws_parse *p)
{
    return p->n_head > 0 || p->message_op != 0;
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

static size_t length_bytes(uint8_t length7)
{
    return length7 == 127 ? 8 : length7 == 126 ? 2 : 0;
}

/* Bytes that the head has, as far as its first two tell. */
static size_t head_bytes(const struct ws_parse *p)
{
    if (p->n_head < 2)
        return 2;
    return 2 + length_bytes(p->head[1] & 0x7f) + (p->head[1] & 0x80 ? 4 : 0);
}

/* False when the input ends first. */
static bool read_head(struct ws_parse *p)
{
    while (p->n_head < head_bytes(p)) {
        if (p->in.n == 0)
            return false;
        p->head[p->n_head++] = p->in.p[0];
        p->in = slice_from(p->in, 1);
    }
    return true;
}

/* Take the head apart; false when the length is not in its shortest form (RFC 6455, 5.2). */
static bool decode_head(struct ws_parse *p)
{
    uint8_t length7 = p->head[1] & 0x7f;
    size_t n = length_bytes(length7);
    p->fin = (p->head[0] & 0x80) != 0;
    p->frame_op = p->head[0] & 0x0f;
    p->frame_at = 0;
    p->frame_left = n == 8 ? bits_load64(p->head + 2) : n == 2 ? bits_load16(p->head + 2) : length7;
    if (p->head[1] & 0x80)
        memcpy(p->mask, p->head + 2 + n, 4);
    return n == 8   ? p->frame_left > 0xffff && p->frame_left >> 63 == 0
           : n == 2 ? p->frame_left > 125
                    : true;
}

static enum ws_parse_result begin_message_frame(struct ws_parse *p)
{
    if (p->frame_op > WS_FRAME_BINARY)
        return failed(p, WS_FRAME_CODE_PROTOCOL, "unknown opcode");
    if ((p->frame_op == WS_FRAME_CONTINUATION) != (p->message_op != 0))
        return failed(p, WS_FRAME_CODE_PROTOCOL, "fragments out of order");
    if (p->frame_op != WS_FRAME_CONTINUATION) {
        p->message_op = p->frame_op;
        p->is_packed = (p->head[0] & 0x40) != 0;
        p->utf8_bytes = 0;
        buf_clear(&p->message);
    }
    if (p->frame_left > p->max_message_bytes - p->message.n)
        return failed(p, WS_FRAME_CODE_TOO_LARGE, "message too large");
    return WS_PARSE_NONE;
}

/* A frame starts: may it come now, and is it in bounds? */
static enum ws_parse_result begin_frame(struct ws_parse *p)
{
    if (!decode_head(p))
        return failed(p, WS_FRAME_CODE_PROTOCOL, "malformed frame");
    bool starts = p->frame_op == WS_FRAME_TEXT || p->frame_op == WS_FRAME_BINARY;
    if (p->head[0] & (p->may_be_packed && starts ? 0x30 : 0x70))
        return failed(p, WS_FRAME_CODE_PROTOCOL, "reserved bit set");
    if (((p->head[1] & 0x80) != 0) != p->from_client)
        return failed(p, WS_FRAME_CODE_PROTOCOL,
                      p->from_client ? "frame not masked" : "frame masked");
    p->in_frame = true;
    if (!is_control(p->frame_op))
        return begin_message_frame(p);
    if (p->frame_op > WS_FRAME_PONG || !p->fin || p->frame_left > 125)
        return failed(p, WS_FRAME_CODE_PROTOCOL, "bad control frame");
    buf_clear(&p->control);
    return WS_PARSE_NONE;
}

/* Copy n payload bytes that are masked, `at` bytes into their frame. */
static void unmask(uint8_t *to, const uint8_t *from, size_t n, const uint8_t mask[4], uint64_t at)
{
    uint8_t m[8];
    for (size_t i = 0; i < 8; i++)
        m[i] = mask[(at + i) & 3];
    uint64_t m64, x;
    memcpy(&m64, m, 8);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&x, from + i, 8);
        x ^= m64;
        memcpy(to + i, &x, 8);
    }
    for (; i < n; i++)
        to[i] = from[i] ^ m[i & 7];
}

/* Take what there is of the frame's payload. */
static void take_payload(struct ws_parse *p)
{
    size_t n = (size_t)MIN((uint64_t)p->in.n, p->frame_left);
    if (n == 0)
        return;
    struct buf *to = is_control(p->frame_op) ? &p->control : &p->message;
    if (p->from_client) {
        unmask(buf_reserve(to, n), p->in.p, n, p->mask, p->frame_at);
        buf_advance(to, n);
    } else {
        buf_put(to, p->in.p, n);
    }
    p->in = slice_from(p->in, n);
    p->frame_at += n;
    p->frame_left -= n;
}

/* Is the text so far the beginning of UTF-8; at its end, all of it? */
static bool text_is_well_formed(struct ws_parse *p)
{
    bool bad;
    struct slice rest = slice_from(buf_slice(&p->message), p->utf8_bytes);
    p->utf8_bytes += ws_frame_utf8_prefix(rest, &bad);
    bool complete = p->fin && p->frame_left == 0;
    return !bad && (!complete || p->utf8_bytes == p->message.n);
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
    p->n_head = 0;
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
    return text ? WS_PARSE_TEXT : WS_PARSE_BINARY;
}

enum ws_parse_result ws_parse_next(struct ws_parse *p)
{
    if (p->why)
        return WS_PARSE_FAILED;
    for (int i = 0; i < MAX_FRAMES; i++) {
        enum ws_parse_result r;
        if (!p->in_frame) {
            if (!read_head(p))
                return WS_PARSE_NONE;
            if ((r = begin_frame(p)) != WS_PARSE_NONE)
                return r;
        }
        if (p->frame_left && p->in.n == 0)
            return WS_PARSE_NONE;
        take_payload(p);
        if (!is_control(p->frame_op) && p->message_op == WS_FRAME_TEXT && !p->is_packed &&
            !text_is_well_formed(p))
            return failed(p, WS_FRAME_CODE_BAD_TEXT, "text is not UTF-8");
        if (p->frame_left == 0 && (r = end_frame(p)) != WS_PARSE_NONE)
            return r;
    }
    return WS_PARSE_MORE;
}
