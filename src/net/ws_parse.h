/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket frames coming in, over wslay: bytes in, checked messages out. No I/O. */
#pragma once
#include "net/ws_frame.h"

struct wslay_frame_context;

struct ws_parse {
    struct wslay_frame_context *wslay;
    struct slice in;  /* input not consumed yet; borrowed from the caller of ws_parse_input */
    bool from_client; /* frames must be masked; else they must not be */
    size_t max_message_bytes;
    struct buf message; /* of the data message, over its fragments */
    struct buf control; /* of the control frame */
    uint8_t message_op; /* of the message in progress; 0 = none */
    bool in_frame;
    bool fin;
    uint8_t frame_op;
    uint64_t frame_left;
    uint16_t
        code; /* after CLOSE: the peer's code (1005 = none); after FAILED: the code to close with */
    const char *why; /* after FAILED: a short reason */
};

enum ws_parse_result {
    WS_PARSE_NONE = 0, /* all input consumed */
    WS_PARSE_TEXT,     /* payload: `message`, checked UTF-8 */
    WS_PARSE_BINARY,   /* payload: `message` */
    WS_PARSE_PING,     /* payload: `control` */
    WS_PARSE_PONG,     /* payload: `control` */
    WS_PARSE_CLOSE,    /* reason: `control` */
    WS_PARSE_FAILED    /* see code and why; the parser is of no further use */
};

void ws_parse_init(struct ws_parse *p, bool from_client, size_t max_message_bytes);
void ws_parse_deinit(struct ws_parse *p);
/* Give input; it must stay valid until ws_parse_next returned NONE or ws_parse_rest was taken. */
void ws_parse_input(struct ws_parse *p, struct slice in);
/* The next event. Its payload is valid until the next call. */
enum ws_parse_result ws_parse_next(struct ws_parse *p);
/* Take back the input that was not consumed (up to 4 KiB more may stay inside). */
struct slice ws_parse_rest(struct ws_parse *p);
