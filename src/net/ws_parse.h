/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket frames coming in: bytes in, checked messages out. No I/O. Keeps no input back, so an
 * idle connection holds no buffer, and stops after each message, so that the caller can stop, too.
 */
#pragma once
#include "net/ws_frame.h"

struct ws_parse {
    struct slice in;    /* input not consumed yet; borrowed from the caller of ws_parse_input */
    bool from_client;   /* frames must be masked; else they must not be */
    bool may_be_packed; /* the first frame of a message may have the bit that says so (RFC 7692) */
    size_t max_message_bytes;
    struct buf message;              /* of the data message, over its fragments */
    struct buf control;              /* of the control frame */
    size_t utf8_bytes;               /* of `message`, found well-formed so far */
    uint8_t head[WS_FRAME_MAX_HEAD]; /* of the frame in progress */
    uint8_t n_head;
    uint8_t message_op; /* of the message in progress; 0 = none */
    uint8_t frame_op;
    bool in_frame; /* its head is complete */
    bool fin;
    bool is_packed; /* the message: its text is not checked here */
    uint8_t mask[4];
    uint64_t frame_at; /* payload bytes of the frame taken */
    uint64_t frame_left;
    uint16_t
        code; /* after CLOSE: the peer's code (1005 = none); after FAILED: the code to close with */
    const char *why; /* after FAILED: a short reason */
};

enum ws_parse_result {
    WS_PARSE_NONE = 0, /* all input consumed */
    WS_PARSE_TEXT,     /* payload: `message`, checked UTF-8 unless it is_packed */
    WS_PARSE_BINARY,   /* payload: `message`, may be packed likewise */
    WS_PARSE_PING,     /* payload: `control` */
    WS_PARSE_PONG,     /* payload: `control` */
    WS_PARSE_CLOSE,    /* reason: `control` */
    WS_PARSE_MORE,     /* nothing yet, and there is more input: it takes long */
    WS_PARSE_FAILED    /* see code and why; the parser is of no further use */
};

void ws_parse_init(struct ws_parse *p, bool from_client, size_t max_message_bytes);
void ws_parse_deinit(struct ws_parse *p);
/* Give input; it must stay valid until ws_parse_next returned NONE or ws_parse_rest was taken. */
void ws_parse_input(struct ws_parse *p, struct slice in);
/* The next event. Its payload is valid until the next call. Text that is not UTF-8 fails as soon as
 * its bytes are there. */
enum ws_parse_result ws_parse_next(struct ws_parse *p);
/* Take back the input that was not consumed, and let go of the payload of the last event. */
struct slice ws_parse_rest(struct ws_parse *p);
/* A message or a frame has begun and is not complete. */
bool ws_parse_in_progress(const struct ws_parse *p);
