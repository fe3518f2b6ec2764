/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket frames going out, the handshake key, and close codes (RFC 6455). Pure. */
#pragma once
#include "base/buf.h"

enum ws_frame_op {
    WS_FRAME_CONTINUATION = 0,
    WS_FRAME_TEXT = 1,
    WS_FRAME_BINARY = 2,
    WS_FRAME_CLOSE = 8,
    WS_FRAME_PING = 9,
    WS_FRAME_PONG = 10
};

/* Close codes we send or report. 1005 and 1006 are never on the wire. */
enum ws_frame_code {
    WS_FRAME_CODE_NORMAL = 1000,
    WS_FRAME_CODE_GOING_AWAY = 1001,
    WS_FRAME_CODE_PROTOCOL = 1002,
    WS_FRAME_CODE_NO_STATUS = 1005,
    WS_FRAME_CODE_ABNORMAL = 1006,
    WS_FRAME_CODE_BAD_TEXT = 1007,
    WS_FRAME_CODE_POLICY = 1008,
    WS_FRAME_CODE_TOO_LARGE = 1009,
    WS_FRAME_CODE_INTERNAL = 1011
};

#define WS_FRAME_MAX_HEAD 14

/* Write the head of a frame of n payload bytes to out; returns its length. `mask` = the 4 mask
 * bytes or NULL. */
size_t ws_frame_head(uint8_t out[WS_FRAME_MAX_HEAD], enum ws_frame_op op, bool fin, uint64_t n,
                     const uint8_t *mask);
/* Append a whole frame; with `mask` the payload is masked. */
void ws_frame_build(struct buf *out, enum ws_frame_op op, struct slice payload,
                    const uint8_t *mask);

/* Sec-WebSocket-Accept of a Sec-WebSocket-Key: 28 characters and NUL. */
void ws_frame_accept_key(struct slice key, char out[29]);
/* A fresh random Sec-WebSocket-Key: 24 characters and NUL. */
void ws_frame_new_key(char out[25]);
void ws_frame_random(void *p, size_t n);

/* May this code be sent in a close frame? */
bool ws_frame_code_valid(uint16_t code);
/* Strict UTF-8: no overlong forms, surrogates or values above U+10FFFF. */
bool ws_frame_utf8_valid(struct slice s);
/* How many bytes of s are whole characters. *ret_bad: what follows them cannot become one, whatever
 * comes. */
size_t ws_frame_utf8_prefix(struct slice s, bool *ret_bad);
