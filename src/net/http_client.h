/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTP/1.1 client for fibers: one connection, one request at a time. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct sock;
struct http_client;
struct tls_client;

struct http_response {
    int status;
    struct buf head; /* header lines, "name: value\n" each, names in lower case */
    struct buf body;
};
void http_response_deinit(struct http_response *r);

/* Connect. Errors: those of sock_connect. */
YIELDS ERR http_client_open(const char *host, uint16_t port, int64_t deadline_ns,
                            struct http_client **ret);
/* As http_client_open, over TLS if `tls` is not NULL. Errors: also those of tls_connect. */
YIELDS ERR http_client_open_tls(const char *host, uint16_t port, struct tls_client *tls,
                                int64_t deadline_ns, struct http_client **ret);
/* Over a connected sock, which is consumed. `host` is the Host header's value. */
struct http_client *http_client_over(struct sock *s, const char *host);
struct http_client *http_client_close(struct http_client *c); /* accepts NULL, returns NULL */
void http_client_closep(struct http_client **c);

struct http_client_request {
    const char *method;     /* "GET" */
    const char *target;     /* "/" */
    const char *headers;    /* NULL or complete lines */
    struct slice body;      /* Content-Length is added when not empty or the method is POST */
    size_t max_reply_bytes; /* of header and of body; 0 = 16 MiB */
};

/* One exchange. *ret is zero-initialised or reused; its content is replaced; the caller deinits it.
 * After an error the connection is of no further use. A status of any kind is success. Errors:
 * ERR_TIMEOUT, ERR_CANCELLED, ERR_CLOSED, ERR_IO, ERR_PARSE, ERR_LIMIT. */
YIELDS ERR http_client_do(struct http_client *c, const struct http_client_request *req,
                          int64_t deadline_ns, struct http_response *ret);
/* The server left the connection open after the last response. */
bool http_client_reusable(const struct http_client *c);
/* Value of a response header (name in lower case); p = NULL when absent. Borrowed from r. */
struct slice http_client_header(const struct http_response *r, const char *name);
/* After a 101: take the socket out; bytes already received are read from it first. The client is
 * freed. */
struct sock *http_client_take_sock(struct http_client *c);
