/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_parse.h"

#include "base/mem.h"

#include <llhttp.h>
#include <stdlib.h>

/* What an llhttp callback returns to stop; the reason is in failed_status. */
#define STOP (-1)
/* Bytes a header costs beyond its text, so that thousands of empty headers meet the limit, too. */
#define HEADER_OVERHEAD 4

static int refuse(struct http_parse *p, int status)
{
    p->failed_status = status;
    return STOP;
}

static int count_header_bytes(struct http_parse *p, size_t n)
{
    if (n > p->limits.max_header_bytes - p->n_header_bytes)
        return refuse(p, 431);
    p->n_header_bytes += (uint32_t)n;
    return 0;
}

static int append(struct http_parse *p, struct http_request_span *span, const char *at, size_t n)
{
    if (count_header_bytes(p, n))
        return STOP;
    struct buf *store = &p->req->store;
    if (span->n == 0)
        span->off = (uint32_t)store->n;
    buf_put(store, at, n);
    span->n += (uint32_t)n;
    return 0;
}

static int on_message_begin(llhttp_t *l)
{
    struct http_parse *p = l->data;
    if (p->req == NULL)
        p->req = http_request_take(p->pool);
    p->n_header_bytes = 0;
    p->in_value = p->headers_done = p->complete = p->expects_continue = false;
    return 0;
}

static int on_url(llhttp_t *l, const char *at, size_t n)
{
    struct http_parse *p = l->data;
    return append(p, &p->req->target_span, at, n);
}

static int on_header_field(llhttp_t *l, const char *at, size_t n)
{
    struct http_parse *p = l->data;
    if (n == 0)
        return 0;
    if (memchr(at, ' ', n))
        return refuse(
            p, 400); /* llhttp may be built to let it pass; proxies disagree about what it means */
    struct http_request *req = p->req;
    if (p->headers_done) { /* a trailer: checked and dropped */
        p->in_value = true;
        return count_header_bytes(p, n);
    }
    if (!p->in_value) {
        if (req->n_headers == HTTP_REQUEST_MAX_HEADERS || count_header_bytes(p, HEADER_OVERHEAD))
            return refuse(p, 431);
        req->fields[req->n_headers++] = (struct http_request_field){{0, 0}, {0, 0}};
        p->in_value = true;
    }
    return append(p, &req->fields[req->n_headers - 1].name, at, n);
}

/* The name is complete; llhttp lets one pass that is empty. */
static int on_header_field_complete(llhttp_t *l)
{
    struct http_parse *p = l->data;
    if (!p->in_value)
        return refuse(p, 400);
    if (p->headers_done)
        return count_header_bytes(p, HEADER_OVERHEAD);
    struct http_request *req = p->req;
    req->name_lengths |= (uint64_t)1 << MIN(req->fields[req->n_headers - 1].name.n, 63U);
    return 0;
}

static int on_header_value(llhttp_t *l, const char *at, size_t n)
{
    struct http_parse *p = l->data;
    if (p->headers_done)
        return count_header_bytes(p, n);
    return append(p, &p->req->fields[p->req->n_headers - 1].value, at, n);
}

static int on_header_value_complete(llhttp_t *l)
{
    struct http_parse *p = l->data;
    p->in_value = false; /* the next name starts a new header */
    return 0;
}

static int on_chunk_extension(llhttp_t *l, const char *at, size_t n)
{
    (void)at;
    return count_header_bytes(l->data, n);
}

static bool has_body(const llhttp_t *l)
{
    return (l->flags & F_CHUNKED) || ((l->flags & F_CONTENT_LENGTH) && l->content_length > 0);
}

/* A body is announced: is it wanted, and does the client wait to be told? */
static int check_body(struct http_parse *p)
{
    if ((p->llhttp->flags & F_CONTENT_LENGTH) &&
        p->llhttp->content_length > p->limits.max_body_bytes)
        return refuse(p, 413);
    struct slice expect = http_request_header(p->req, "expect");
    if (expect.p == NULL || p->llhttp->http_minor == 0)
        return 0;
    if (!http_request_text_is(expect, "100-continue"))
        return refuse(p, 417);
    p->expects_continue = true;
    return 0;
}

/* One coding only, the one that we know (RFC 9112, 6.1). */
static bool has_unknown_coding(const struct http_request *req)
{
    if (!http_request_has_length(req, 17))
        return false;
    for (uint32_t i = 0; i < req->n_headers; i++)
        if (http_request_text_is(http_request_header_name(req, i), "transfer-encoding") &&
            !http_request_text_is(http_request_header_value(req, i), "chunked"))
            return true;
    return false;
}

/* What RFC 9112 wants of the headers beyond their form: that, and one Host (3.2). */
static int check_headers(struct http_parse *p)
{
    const struct http_request *req = p->req;
    uint32_t n_hosts = 0;
    for (uint32_t i = 0; i < req->n_headers; i++)
        if (req->fields[i].name.n == 4)
            n_hosts += http_request_text_is(http_request_header_name(req, i), "host");
    if (has_unknown_coding(req))
        return refuse(p, 501);
    if (n_hosts > 1 || (n_hosts == 0 && p->llhttp->http_minor > 0))
        return refuse(p, 400);
    return 0;
}

static bool wants_websocket(const struct http_parse *p)
{
    return p->limits.accept_upgrade && p->llhttp->method == HTTP_GET &&
           http_request_list_has(http_request_header(p->req, "upgrade"), "websocket");
}

static int on_headers_complete(llhttp_t *l)
{
    struct http_parse *p = l->data;
    struct http_request *req = p->req;
    p->headers_done = true;
    if (l->http_major != 1)
        return refuse(p, 505);
    if (check_headers(p))
        return STOP;
    /* Only WebSocket is spoken here; any other Upgrade is an offer that may be ignored (RFC
     * 9110, 7.8), and llhttp takes CONNECT for an upgrade, too. */
    if (l->upgrade && !wants_websocket(p))
        l->upgrade = 0;
    req->body_off = (uint32_t)req->store.n;
    return has_body(l) ? check_body(p) : 0;
}

static int on_body(llhttp_t *l, const char *at, size_t n)
{
    struct http_parse *p = l->data;
    struct buf *store = &p->req->store;
    p->expects_continue = false;
    if (n > p->limits.max_body_bytes - (store->n - p->req->body_off))
        return refuse(p, 413);
    buf_put(store, at, n);
    return 0;
}

/* The path of a target in absolute form ("http://host/path", RFC 9112, 3.2.2); others as they are.
 */
static struct slice origin_form(struct slice target)
{
    if (target.n == 0 || target.p[0] == '/')
        return target;
    const uint8_t *colon = memmem(target.p, target.n, "://", 3);
    if (colon == NULL || memchr(target.p, '/', (size_t)(colon - target.p)))
        return target;
    struct slice rest = slice_from(target, (size_t)(colon - target.p) + 3);
    while (rest.n && rest.p[0] != '/' && rest.p[0] != '?')
        rest = slice_from(rest, 1);
    return rest.n ? rest : SLICE_LIT("/");
}

static int on_message_complete(llhttp_t *l)
{
    struct http_parse *p = l->data;
    struct http_request *req = p->req;
    const uint8_t *base = req->store.p;
    req->method = slice_str(llhttp_method_name((llhttp_method_t)l->method));
    req->target = origin_form(slice_of(base + req->target_span.off, req->target_span.n));
    req->body = slice_of(base + req->body_off, req->store.n - req->body_off);
    req->is_head = l->method == HTTP_HEAD;
    req->is_http10 = l->http_minor == 0;
    req->keep_alive = llhttp_should_keep_alive(l) != 0;
    p->complete = true;
    p->expects_continue = false;
    return l->upgrade ? 0 : HPE_PAUSED; /* an upgrade stops llhttp by itself */
}

static const llhttp_settings_t settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_chunk_extension_name = on_chunk_extension,
    .on_chunk_extension_value = on_chunk_extension,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void http_parse_init(struct http_parse *p, const struct http_parse_limits *limits,
                     struct http_request_pool *pool)
{
    memset(p, 0, sizeof *p);
    p->limits = *limits;
    p->pool = pool;
    p->llhttp = xmalloc(sizeof *p->llhttp);
    llhttp_init(p->llhttp, HTTP_REQUEST, &settings);
    p->llhttp->data = p;
}

void http_parse_deinit(struct http_parse *p)
{
    p->req = http_request_put(p->req);
    free(p->llhttp);
    p->llhttp = NULL;
}

struct http_request *http_parse_take(struct http_parse *p)
{
    return TAKE_PTR(p->req);
}

enum http_parse_result http_parse_feed(struct http_parse *p, struct slice in, size_t *ret_used)
{
    *ret_used = in.n;
    if (p->failed_status)
        return HTTP_PARSE_FAILED;
    if (in.n == 0)
        return HTTP_PARSE_NONE;
    llhttp_errno_t e = llhttp_execute(p->llhttp, (const char *)in.p, in.n);
    if (e == HPE_OK)
        return HTTP_PARSE_NONE;
    if (e == HPE_PAUSED || e == HPE_PAUSED_UPGRADE) {
        *ret_used = (size_t)(llhttp_get_error_pos(p->llhttp) - (const char *)in.p);
        if (e == HPE_PAUSED_UPGRADE)
            return HTTP_PARSE_UPGRADE;
        llhttp_resume(p->llhttp);
        return HTTP_PARSE_REQUEST;
    }
    if (p->failed_status == 0)
        p->failed_status = e == HPE_INVALID_VERSION || e == HPE_PAUSED_H2_UPGRADE ? 505 : 400;
    return HTTP_PARSE_FAILED;
}
