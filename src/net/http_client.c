/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include "base/mem.h"
#include "net/tls.h"
#include "rt/sock.h"

#include <llhttp.h>
#include <stdlib.h>

#define READ_BYTES ((size_t)16 << 10)
#define DEFAULT_MAX_REPLY ((size_t)16 << 20)

struct http_client {
    struct sock *sock;
    llhttp_t llhttp;
    struct http_response *reply; /* of the exchange in progress */
    size_t max_bytes;
    struct buf rest; /* after an upgrade */
    char *host;
    bool is_head;
    bool complete;
    bool too_large;
    bool reusable;
    uint8_t *chunk; /* READ_BYTES */
};

void http_response_deinit(struct http_response *r)
{
    buf_deinit(&r->head);
    buf_deinit(&r->body);
    r->status = 0;
}

static int append(struct http_client *c, struct buf *to, const char *at, size_t n)
{
    if (n > c->max_bytes - MIN(to->n, c->max_bytes)) {
        c->too_large = true;
        return -1;
    }
    buf_put(to, at, n);
    return 0;
}

static int on_header_field(llhttp_t *l, const char *at, size_t n)
{
    struct http_client *c = l->data;
    size_t from = c->reply->head.n;
    if (append(c, &c->reply->head, at, n))
        return -1;
    for (uint8_t *p = c->reply->head.p + from; n; n--, p++)
        if (*p >= 'A' && *p <= 'Z')
            *p += 'a' - 'A';
    return 0;
}

static int on_header_field_complete(llhttp_t *l)
{
    struct http_client *c = l->data;
    return append(c, &c->reply->head, ": ", 2);
}

static int on_header_value(llhttp_t *l, const char *at, size_t n)
{
    struct http_client *c = l->data;
    return append(c, &c->reply->head, at, n);
}

static int on_header_value_complete(llhttp_t *l)
{
    struct http_client *c = l->data;
    return append(c, &c->reply->head, "\n", 1);
}

static int on_headers_complete(llhttp_t *l)
{
    struct http_client *c = l->data;
    if (l->status_code < 100) /* llhttp takes a status line without one */
        return -1;
    return c->is_head && l->status_code != 101 ? 1 : 0;
}

static int on_body(llhttp_t *l, const char *at, size_t n)
{
    struct http_client *c = l->data;
    return append(c, &c->reply->body, at, n);
}

static int on_message_complete(llhttp_t *l)
{
    struct http_client *c = l->data;
    if (l->status_code / 100 == 1 && l->status_code != 101) { /* interim: the real one follows */
        buf_clear(&c->reply->head);
        return 0;
    }
    c->complete = true;
    c->reply->status = l->status_code;
    c->reusable = llhttp_should_keep_alive(l) != 0 && !l->upgrade;
    return l->upgrade ? 0 : HPE_PAUSED;
}

static const llhttp_settings_t settings = {.on_header_field = on_header_field,
                                           .on_header_field_complete = on_header_field_complete,
                                           .on_header_value = on_header_value,
                                           .on_header_value_complete = on_header_value_complete,
                                           .on_headers_complete = on_headers_complete,
                                           .on_body = on_body,
                                           .on_message_complete = on_message_complete};

err http_client_open(const char *host, uint16_t port, int64_t deadline_ns, struct http_client **ret)
{
    return http_client_open_tls(host, port, NULL, deadline_ns, ret);
}

err http_client_open_tls(const char *host, uint16_t port, struct tls_client *tls,
                         int64_t deadline_ns, struct http_client **ret)
{
    struct sock *sock;
    TRY(sock_connect(host, port, deadline_ns, &sock));
    err e = tls ? tls_connect(tls, sock, host, deadline_ns) : OK;
    if (err_failed(e)) {
        sock_close(sock, 0);
        return e;
    }
    struct buf name = {0};
    buf_printf(&name, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
    buf_put_u8(&name, 0);
    *ret = http_client_over(sock, (const char *)name.p);
    buf_deinit(&name);
    return OK;
}

struct http_client *http_client_over(struct sock *s, const char *host)
{
    struct http_client *c = xcalloc(1, sizeof *c);
    c->sock = s;
    c->chunk = xmalloc(READ_BYTES);
    c->host = xstrdup(host);
    c->reusable = true;
    return c;
}

static struct http_client *client_free(struct http_client *c)
{
    buf_deinit(&c->rest);
    free(c->chunk);
    free(c->host);
    free(c);
    return NULL;
}

struct http_client *http_client_close(struct http_client *c)
{
    if (c == NULL)
        return NULL;
    sock_close(c->sock, 0);
    return client_free(c);
}

void http_client_closep(struct http_client **c)
{
    *c = http_client_close(*c);
}

bool http_client_reusable(const struct http_client *c)
{
    return c->reusable;
}

static err send_request(struct http_client *c, const struct http_client_request *req)
{
    struct buf out = {0};
    buf_printf(&out, "%s %s HTTP/1.1\r\nHost: %s\r\n", req->method, req->target, c->host);
    if (req->headers)
        buf_put_str(&out, req->headers);
    if (req->body.n || strcmp(req->method, "POST") == 0)
        buf_printf(&out, "Content-Length: %zu\r\n", req->body.n);
    buf_put_str(&out, "\r\n");
    buf_put_slice(&out, req->body);
    err e = sock_write_buf(c->sock, &out);
    buf_deinit(&out);
    return e;
}

static err parse(struct http_client *c, size_t n)
{
    const char *from = (const char *)c->chunk;
    llhttp_errno_t e = llhttp_execute(&c->llhttp, from, n);
    if (c->too_large)
        return FAIL(ERR_LIMIT, "http: %s: reply larger than %zu bytes", sock_name(c->sock),
                    c->max_bytes);
    if (e == HPE_PAUSED || e == HPE_PAUSED_UPGRADE) {
        size_t used = (size_t)(llhttp_get_error_pos(&c->llhttp) - from);
        buf_put(&c->rest, from + used, n - used);
        if (e == HPE_PAUSED && used < n)
            c->reusable = false; /* more than was asked for */
    } else if (e != HPE_OK) {
        return FAIL(ERR_PARSE, "http: %s: %s", sock_name(c->sock), llhttp_errno_name(e));
    }
    return OK;
}

static err read_reply(struct http_client *c, int64_t deadline_ns)
{
    while (!c->complete) {
        size_t n;
        TRY(sock_read(c->sock, c->chunk, READ_BYTES, deadline_ns, &n));
        if (n) {
            TRY(parse(c, n));
            continue;
        }
        /* A body without a length ends with the stream. */
        if (llhttp_finish(&c->llhttp) == HPE_PAUSED && c->complete)
            break;
        if (!c->complete)
            return FAIL(ERR_CLOSED, "http: %s: closed before the reply was complete",
                        sock_name(c->sock));
    }
    return OK;
}

err http_client_do(struct http_client *c, const struct http_client_request *req,
                   int64_t deadline_ns, struct http_response *ret)
{
    ret->status = 0;
    buf_clear(&ret->head);
    buf_clear(&ret->body);
    c->reply = ret;
    c->max_bytes = req->max_reply_bytes ? req->max_reply_bytes : DEFAULT_MAX_REPLY;
    c->is_head = strcmp(req->method, "HEAD") == 0;
    c->complete = c->too_large = c->reusable = false;
    llhttp_init(&c->llhttp, HTTP_RESPONSE, &settings);
    c->llhttp.data = c;
    TRY(send_request(c, req));
    return read_reply(c, deadline_ns);
}

struct slice http_client_header(const struct http_response *r, const char *name)
{
    struct slice rest = buf_slice(&r->head);
    size_t n_name = strlen(name);
    while (rest.n) {
        const uint8_t *end = memchr(rest.p, '\n', rest.n);
        size_t n = end ? (size_t)(end - rest.p) : rest.n;
        if (n >= n_name + 2 && memcmp(rest.p, name, n_name) == 0 &&
            memcmp(rest.p + n_name, ": ", 2) == 0)
            return slice_of(rest.p + n_name + 2, n - n_name - 2);
        rest = slice_from(rest, n + 1);
    }
    return SLICE_EMPTY;
}

struct sock *http_client_take_sock(struct http_client *c)
{
    struct sock *sock = c->sock;
    sock_unread(sock, buf_slice(&c->rest));
    client_free(c);
    return sock;
}
