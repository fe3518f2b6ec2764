/* SPDX-License-Identifier: Apache-2.0 */
/* Incremental parser of HTTP/1.x requests over llhttp: bytes in, complete requests out. No I/O. */
#pragma once
#include "net/http_request.h"

struct llhttp__internal_s; /* llhttp_t */

struct http_parse_limits {
    uint32_t
        max_header_bytes; /* request line and headers; trailers and chunk extensions count, too */
    uint32_t max_body_bytes;
    bool accept_upgrade; /* stop behind a WebSocket handshake; else the Upgrade header is ignored */
};

struct http_parse {
    struct llhttp__internal_s *llhttp;
    struct http_parse_limits limits;
    struct http_request_pool *pool;
    struct http_request *req; /* being received; NULL between requests */
    uint32_t n_header_bytes;
    bool in_value, headers_done;
    bool complete;
    bool expects_continue; /* the client waits for 100 Continue; cleared by the owner once it was
                              sent */
    int failed_status;     /* HTTP status that tells why the input was refused */
};

enum http_parse_result {
    HTTP_PARSE_NONE = 0, /* all consumed, no complete request */
    HTTP_PARSE_REQUEST,  /* take it with http_parse_take; go on with the rest of the input */
    HTTP_PARSE_UPGRADE,  /* as REQUEST, and what follows is not HTTP: a WebSocket handshake */
    HTTP_PARSE_FAILED    /* see failed_status: 400, 413, 417, 431, 501, 505. The parser is of no
                          * further use
                          */
};

void http_parse_init(struct http_parse *p, const struct http_parse_limits *limits,
                     struct http_request_pool *pool);
void http_parse_deinit(struct http_parse *p);

/* Parse up to the end of one request. *ret_used = bytes consumed (all of them unless a request is
 * complete). */
enum http_parse_result http_parse_feed(struct http_parse *p, struct slice in, size_t *ret_used);
/* The complete request; the caller owns it (http_request_put). */
struct http_request *http_parse_take(struct http_parse *p);
