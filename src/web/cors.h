/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of other origins that may ask this server from a browser (server.cors), and responses with
 * what a browser must be told. */
#pragma once
#include "base/buf.h"

struct http_request;

struct cors {
    const char *const *origins; /* "https://a.example", or "*" for all; borrowed */
    uint32_t n;                 /* 0 = none: nothing is said about origins */
};

/* As http_server_respond, with the headers for the request's origin. */
void cors_respond(const struct cors *c, struct http_request *req, int status,
                  const char *content_type, const char *extra_headers, struct buf *body);
/* Answer the question whether a request may be sent (a preflight). False when `req` is none, or its
 * origin is not allowed: it is then like any other. */
bool cors_preflight(const struct cors *c, struct http_request *req);
