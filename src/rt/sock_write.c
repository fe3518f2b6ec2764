/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: first try at once (nothing allocated when the kernel takes it all), then a queue of
 * pieces of which up to SOCK_MAX_BUFS are with libuv at a time. Small pieces are gathered behind
 * each other. */
#include "base/mem.h"
#include "rt/sock_impl.h"

#include <stdlib.h>

#define PIECE_BYTES 4096 /* least room of a copied piece */

static err refuse(const struct sock *s)
{
    return FAIL(ERR_CLOSED, "%s: write: the connection is closed", s->name);
}

static void piece_free(struct sock_piece *piece)
{
    free(piece->own);
    if (piece->unref)
        piece->unref(piece->obj);
    free(piece);
}

static void drop_head(struct sock *s)
{
    struct sock_piece *piece = s->out_head;
    s->out_head = piece->next;
    if (s->out_head == NULL)
        s->out_tail = NULL;
    s->n_out--;
    piece_free(piece);
}

void sock_write_release(struct sock *s)
{
    while (s->out_head)
        drop_head(s);
    s->waiting_bytes = 0;
    s->n_in_flight = 0;
}

static void break_off(struct sock *s, int uv_code)
{
    s->broken = true;
    sock_write_release(s);
    sock_wake_flushers(s, (err){ERR_CLOSED});
    if (s->closing) {
        sock_destroy(s);
        return;
    }
    bool told = s->end_told;
    sock_end(s, ERR_IO, uv_code);
    if (told && s->above_low && s->handler) {
        s->above_low = false;
        s->handler->on_drain(s->handler_arg); /* its next write will say ERR_CLOSED */
    }
}

static void start_writing(struct sock *s);

static void on_written(uv_write_t *req, int status)
{
    struct sock *s = req->data;
    s->writing = false;
    for (; s->n_in_flight; s->n_in_flight--)
        drop_head(s);
    if (s->closed)
        return;
    if (status < 0) {
        break_off(s, status);
        return;
    }
    start_writing(s);
    if (s->out_head == NULL)
        sock_emptied(s);
    if (s->above_low && s->handler && sock_queued(s) <= s->low_water) {
        s->above_low = false;
        s->handler->on_drain(s->handler_arg);
    }
}

static void start_writing(struct sock *s)
{
    if (s->writing || s->out_head == NULL)
        return;
    uv_buf_t bufs[SOCK_MAX_BUFS];
    uint32_t n = 0;
    for (struct sock_piece *it = s->out_head; it && n < SOCK_MAX_BUFS; it = it->next) {
        bufs[n++] = (uv_buf_t){(char *)(uintptr_t)it->p, it->n};
        s->waiting_bytes -= it->n;
    }
    s->n_in_flight = n;
    s->writing = true;
    int rc = uv_write(&s->write_req, (uv_stream_t *)&s->tcp, bufs, n, on_written);
    if (rc) {
        s->writing = false;
        break_off(s, rc);
    }
}

static void push_piece(struct sock *s, struct sock_piece piece)
{
    struct sock_piece *p = xmalloc(sizeof *p);
    *p = piece;
    if (s->out_tail)
        s->out_tail->next = p;
    else
        s->out_head = p;
    s->out_tail = p;
    s->n_out++;
}

/* `n` bytes were added at the end of the queue. */
static void added(struct sock *s, size_t n)
{
    s->waiting_bytes += n;
    start_writing(s);
    if (sock_queued(s) > s->low_water)
        s->above_low = true;
}

static void push_copy(struct sock *s, struct slice data)
{
    struct sock_piece *tail = s->out_tail;
    if (tail && s->n_out > s->n_in_flight && tail->own && tail->room >= data.n) {
        memcpy(tail->own + (tail->p - tail->own) + tail->n, data.p, data.n);
        tail->n += data.n;
        tail->room -= data.n;
    } else {
        size_t cap = MAX(data.n, (size_t)PIECE_BYTES);
        uint8_t *own = xmalloc(cap);
        memcpy(own, data.p, data.n);
        push_piece(s, (struct sock_piece){.own = own, .p = own, .n = data.n, .room = cap - data.n});
    }
    added(s, data.n);
}

/* What the kernel takes at once; *ret_n says how much. */
static err write_now(struct sock *s, struct slice data, size_t *ret_n)
{
    *ret_n = 0;
    if (s->broken || s->closing)
        return refuse(s);
    if (s->out_head || data.n == 0)
        return OK;
    uv_buf_t buf = {(char *)(uintptr_t)data.p, data.n};
    int n = uv_try_write((uv_stream_t *)&s->tcp, &buf, 1);
    if (n >= 0)
        *ret_n = (size_t)n;
    else if (n != UV_EAGAIN) {
        s->broken = true; /* the read side hears of it from the kernel */
        return FAIL(ERR_CLOSED, "%s: write: %s", s->name, uv_strerror(n));
    }
    return OK;
}

err sock_write(struct sock *s, struct slice data)
{
    size_t n;
    TRY(write_now(s, data, &n));
    if (__builtin_expect(n < data.n, 0))
        push_copy(s, slice_from(data, n));
    return OK;
}

err sock_write_buf(struct sock *s, struct buf *b)
{
    size_t n;
    err e = write_now(s, buf_slice(b), &n);
    if (err_failed(e) || n == b->n) {
        buf_clear(b);
        return e;
    }
    size_t left = b->n - n;
    push_piece(s,
               (struct sock_piece){.own = b->p, .p = b->p + n, .n = left, .room = b->cap - b->n});
    *b = (struct buf){0};
    added(s, left);
    return OK;
}

err sock_write_shared(struct sock *s, struct slice data, void *obj, void (*unref)(void *obj))
{
    size_t n;
    err e = write_now(s, data, &n);
    if (err_failed(e) || n == data.n) {
        unref(obj);
        return e;
    }
    struct slice left = slice_from(data, n);
    push_piece(s, (struct sock_piece){.obj = obj, .unref = unref, .p = left.p, .n = left.n});
    added(s, left.n);
    return OK;
}

size_t sock_queued(const struct sock *s)
{
    return s->waiting_bytes + uv_stream_get_write_queue_size((const uv_stream_t *)&s->tcp);
}

void sock_set_low_water(struct sock *s, size_t bytes)
{
    s->low_water = bytes;
}

err sock_flush(struct sock *s, int64_t deadline_ns)
{
    if (s->broken)
        return refuse(s);
    if (sock_queued(s) == 0)
        return OK;
    struct sock_flusher f = {.fiber = fiber_current()};
    list_push_back(&s->flushers, &f.node);
    err e = fiber_park_for(&f.done, deadline_ns);
    if (!f.done) {
        list_unlink(&f.node);
        return e;
    }
    if (err_failed(f.result)) /* s may be gone */
        return FAIL(f.result.code, "the connection was closed before all was written");
    return OK;
}
