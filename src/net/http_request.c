/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_request.h"

#include <assert.h>
#include <stdlib.h>

/* Requests kept for reuse, and how much memory one may keep: enough for the usual case, little when
 * idle. */
#define MAX_IDLE 128
#define MAX_KEPT_BYTES ((size_t)16 << 10)

static struct slice span_slice(const struct http_request *req, struct http_request_span span)
{
    return slice_of(req->store.p + span.off, span.n);
}

struct slice http_request_header_slice(const struct http_request *req, struct slice name)
{
    for (uint32_t i = 0; i < req->n_headers; i++)
        if (req->fields[i].name.n == name.n && /* nearly all names differ in length already */
            strncasecmp((const char *)req->store.p + req->fields[i].name.off, (const char *)name.p,
                        name.n) == 0)
            return span_slice(req, req->fields[i].value);
    return SLICE_EMPTY;
}

struct slice http_request_header_name(const struct http_request *req, uint32_t i)
{
    assert(i < req->n_headers);
    return span_slice(req, req->fields[i].name);
}

struct slice http_request_header_value(const struct http_request *req, uint32_t i)
{
    assert(i < req->n_headers);
    return span_slice(req, req->fields[i].value);
}

static struct slice trim(struct slice s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = slice_from(s, 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

bool http_request_list_has(struct slice value, const char *token)
{
    while (value.n) {
        const uint8_t *comma = memchr(value.p, ',', value.n);
        size_t n = comma ? (size_t)(comma - value.p) : value.n;
        if (http_request_text_is(trim(slice_of(value.p, n)), token))
            return true;
        value = slice_from(value, comma ? n + 1 : n);
    }
    return false;
}

void http_request_pool_init(struct http_request_pool *pool)
{
    list_init(&pool->idle);
    pool->n_idle = 0;
    pool->n_taken = 0;
}

static void request_free(struct http_request *req)
{
    buf_deinit(&req->store);
    buf_deinit(&req->head);
    buf_deinit(&req->reply);
    free(req);
}

void http_request_pool_deinit(struct http_request_pool *pool)
{
    assert(pool->n_taken == 0);
    for (struct list *l; (l = list_pop_front(&pool->idle)) != NULL;)
        request_free(LIST_ENTRY(l, struct http_request, link));
    pool->n_idle = 0;
}

struct http_request *http_request_take(struct http_request_pool *pool)
{
    struct http_request *req;
    struct list *l = list_pop_front(&pool->idle);
    if (l) {
        pool->n_idle--;
        req = LIST_ENTRY(l, struct http_request, link);
    } else {
        req = xcalloc(1, sizeof *req);
        list_init(&req->link);
        req->pool = pool;
    }
    pool->n_taken++;
    return req;
}

static void trim_buf(struct buf *b)
{
    if (b->cap > MAX_KEPT_BYTES)
        buf_deinit(b);
    buf_clear(b);
}

struct http_request *http_request_put(struct http_request *req)
{
    if (req == NULL)
        return NULL;
    struct http_request_pool *pool = req->pool;
    list_unlink(&req->link);
    pool->n_taken--;
    if (pool->n_idle >= MAX_IDLE) {
        request_free(req);
        return NULL;
    }
    trim_buf(&req->store);
    trim_buf(&req->head);
    trim_buf(&req->reply);
    req->method = req->target = req->body = SLICE_EMPTY;
    req->n_headers = 0;
    req->name_lengths = 0;
    req->is_head = req->is_http10 = req->keep_alive = req->answered = false;
    req->user = req->conn_user = NULL;
    req->conn = NULL;
    req->target_span = (struct http_request_span){0, 0};
    req->body_off = 0;
    pool->n_idle++;
    list_push_front(&pool->idle, &req->link);
    return NULL;
}
