/* SPDX-License-Identifier: Apache-2.0 */
#include "web/cors.h"

#include "base/mem.h"
#include "net/http_server.h"

#include <stdio.h>

#define HEADERS_BYTES 1024
#define MAX_ORIGIN 256 /* a host name and what stands around it */

/* The origin to be named in the answer: the request's own, "*", or empty when it is not allowed. */
static struct slice allowed_origin(const struct cors *c, const struct http_request *req)
{
    struct slice origin = c->n ? http_request_header(req, "Origin") : SLICE_EMPTY;
    if (origin.p == NULL || origin.n > MAX_ORIGIN)
        return SLICE_EMPTY;
    for (uint32_t i = 0; i < c->n; i++) {
        if (strcmp(c->origins[i], "*") == 0)
            return SLICE_LIT("*");
        if (slice_is(origin, c->origins[i]))
            return origin;
    }
    return SLICE_EMPTY;
}

void cors_respond(const struct cors *c, struct http_request *req, int status,
                  const char *content_type, const char *extra_headers, struct buf *body)
{
    if (c->n == 0) {
        http_server_respond(req, status, content_type, extra_headers, body);
        return;
    }
    char headers[HEADERS_BYTES];
    struct slice origin = allowed_origin(c, req);
    snprintf(headers, sizeof headers, "%sVary: Origin\r\n%s%.*s%s",
             extra_headers ? extra_headers : "", origin.n ? "Access-Control-Allow-Origin: " : "",
             SLICE_FMT(origin), origin.n ? "\r\n" : "");
    http_server_respond(req, status, content_type, headers, body);
}

bool cors_preflight(const struct cors *c, struct http_request *req)
{
    struct slice wanted = http_request_header(req, "Access-Control-Request-Method");
    if (!slice_is(req->method, "OPTIONS") || wanted.p == NULL || allowed_origin(c, req).n == 0)
        return false;
    cors_respond(c, req, 204, NULL,
                 "Access-Control-Allow-Methods: GET, HEAD, POST\r\n"
                 "Access-Control-Allow-Headers: Authorization, Content-Type\r\n"
                 "Access-Control-Max-Age: 86400\r\n",
                 NULL);
    return true;
}
