/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP request with the bytes it is made of. Requests are recycled through a pool, so that a
 * keep-alive connection costs no malloc per request and an idle one holds no memory for requests.
 * One core only. */
#pragma once
#include "base/buf.h"
#include "base/list.h"

#include <strings.h>

#define HTTP_REQUEST_MAX_HEADERS 64

struct http_conn;

struct http_request_span {
    uint32_t off; /* into `store` */
    uint32_t n;
};

struct http_request_field {
    struct http_request_span name, value;
};

struct http_request {
    /* Set when the request is complete; valid until it is responded to. */
    struct slice method; /* "GET"; a literal */
    struct slice target; /* "/path?query"; of an absolute one what follows the authority */
    struct slice body;
    uint32_t n_headers;
    uint64_t name_lengths;  /* of the headers: bit n, the last for all that are longer */
    bool is_head;           /* the response has no body */
    bool is_http10;         /* the version is 1.0 */
    bool keep_alive;        /* the connection may serve another request */
    void *user;             /* the handler's; NULL at delivery */
    struct http_conn *conn; /* NULL once the client is gone */
    void *conn_user;        /* as given to http_server_accept */

    /* Private to src/net from here on. */
    struct http_request_pool *pool;
    struct list link;
    struct buf store; /* target, header names and values, body */
    struct http_request_span target_span;
    uint32_t body_off;
    bool answered;   /* `head` and `reply` wait for their turn */
    struct buf head; /* response header waiting for the responses before it */
    struct buf reply;
    struct http_request_field fields[HTTP_REQUEST_MAX_HEADERS];
};

/* Value of a header by its name (any case); empty with p = NULL when absent. The first, if there
 * are several. */
struct slice http_request_header_slice(const struct http_request *req, struct slice name);
/* May there be a header whose name has n bytes? */
static inline bool http_request_has_length(const struct http_request *req, size_t n)
{
    return req->name_lengths >> (n < 63 ? n : 63) & 1;
}
/* Inline, for the length of a literal is known then, and mostly rules it out. */
static inline struct slice http_request_header(const struct http_request *req, const char *name)
{
    size_t n = strlen(name);
    return http_request_has_length(req, n) ? http_request_header_slice(req, slice_of(name, n))
                                           : SLICE_EMPTY;
}
/* The i-th header, 0 <= i < n_headers. */
struct slice http_request_header_name(const struct http_request *req, uint32_t i);
struct slice http_request_header_value(const struct http_request *req, uint32_t i);

/* True if the comma-separated list `value` has `token` (any case). */
bool http_request_list_has(struct slice value, const char *token);
/* Equal texts without regard to ASCII case. */
static inline bool http_request_text_is(struct slice s, const char *text)
{
    size_t n = strlen(text);
    return s.n == n && (n == 0 || strncasecmp((const char *)s.p, text, n) == 0);
}

/* Recycled requests; lives at least as long as the requests taken from it. */
struct http_request_pool {
    struct list idle;
    uint32_t n_idle;
    uint32_t n_taken;
};

void http_request_pool_init(struct http_request_pool *pool);
void http_request_pool_deinit(struct http_request_pool *pool); /* asserts that none is taken */
struct http_request *http_request_take(struct http_request_pool *pool);
/* Give back; accepts NULL, returns NULL. */
struct http_request *http_request_put(struct http_request *req);
