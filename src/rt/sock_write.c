/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: first try at once (nothing allocated when the kernel takes it all), then a queue of
 * pieces that goes out by vectored writes in the sock's turns, a slice at a time. Small pieces are
 * gathered behind each other. */
#include "base/mem.h"
#include "rt/sock_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#define PIECE_BYTES 4096             /* least room of a copied piece */
#define SMALL_BYTES 512              /* shared bytes that are cheaper to copy than to refer to */
#define MAX_PIECES 64                /* in one system call */
#define SLICE_BYTES (256 * 1024)     /* in one turn */
#define SEAL_BYTES (64 * 1024)       /* through the filter at a time */
#define MAX_SPARE_BYTES (128 * 1024) /* of the core's buffer for sealed bytes */
#define GATHER_BYTES (16 * 1024)     /* of small pieces that share a record of the filter's */

static err refuse(const struct sock *s)
{
    return FAIL(ERR_CLOSED, "%s: write: the connection is closed", s->name);
}

void sock_write_wake_flushers(struct sock *s, err result)
{
    for (struct list *node; (node = list_pop_front(&s->flushers)) != NULL;) {
        struct sock_flusher *f = LIST_ENTRY(node, struct sock_flusher, node);
        f->result = result;
        f->done = true;
        fiber_wake(f->fiber);
    }
}

/* ---- the queue ---- */

static void drop_head(struct sock *s)
{
    struct sock_piece *piece = s->out_head;
    s->out_head = piece->next;
    if (s->out_head == NULL)
        s->out_tail = NULL;
    s->out_bytes -= piece->n;
    free(piece->own);
    if (piece->unref)
        piece->unref(piece->obj);
    free(piece);
}

void sock_write_release(struct sock *s)
{
    while (s->out_head)
        drop_head(s);
    buf_deinit(&s->wire);
    s->wire_at = 0;
    s->above_low = false;
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
    s->out_bytes += p->n;
}

static void push_copy(struct sock *s, struct slice data)
{
    struct sock_piece *tail = s->out_tail;
    if (data.n == 0)
        return;
    if (tail && tail->own && tail->room >= data.n) {
        memcpy(tail->own + (tail->p - tail->own) + tail->n, data.p, data.n);
        tail->n += data.n;
        tail->room -= data.n;
        s->out_bytes += data.n;
        return;
    }
    size_t cap = MAX(data.n, (size_t)PIECE_BYTES);
    uint8_t *own = xmalloc(cap);
    memcpy(own, data.p, data.n);
    push_piece(s, (struct sock_piece){.own = own, .p = own, .n = data.n, .room = cap - data.n});
}

/* Something was queued. */
static void added(struct sock *s)
{
    if (sock_queued(s) > s->low_water)
        s->above_low = true;
    sock_want_turn(s); /* if the kernel has room: else it will tell */
}

static void consume(struct sock *s, size_t n)
{
    while (n) {
        struct sock_piece *head = s->out_head;
        if (n < head->n) {
            head->p += n;
            head->n -= n;
            s->out_bytes -= n;
            return;
        }
        n -= head->n;
        drop_head(s);
    }
}

/* ---- the kernel ---- */

/* The handler, or a reader, hears of it in the sock's turn, behind what the peer had sent. */
static void break_off(struct sock *s, int uv_code)
{
    s->broken = s->readable = true;
    s->write_uv = uv_code;
    sock_write_release(s);
    sock_write_wake_flushers(s, (err){ERR_CLOSED});
    if (s->closing)
        sock_destroy(s);
    else if (s->paused || s->ended)
        sock_end(s, ERR_IO, uv_code);
    else
        sock_want_turn(s);
}

/* Hand the kernel n pieces of `total` bytes; what it took, negative when the write side broke. */
static ssize_t send_pieces(struct sock *s, struct iovec *iov, size_t n, size_t total)
{
    struct msghdr m = {.msg_iov = iov, .msg_iovlen = n};
    ssize_t sent = sendmsg(s->fd, &m, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        break_off(s, -errno);
        return -1;
    }
    sent = MAX(sent, (ssize_t)0);
    s->writable = (size_t)sent == total;
    s->sent_bytes += (size_t)sent;
    return sent;
}

/* Write as much of the queue as the kernel takes, at most a slice. */
static void pump_plain(struct sock *s)
{
    for (size_t left = SLICE_BYTES; s->out_head && s->writable && left;) {
        struct iovec iov[MAX_PIECES];
        size_t n = 0, total = 0;
        for (struct sock_piece *it = s->out_head; it && n < MAX_PIECES && total < left;
             it = it->next) {
            size_t m = MIN(it->n, left - total);
            iov[n++] = (struct iovec){(void *)(uintptr_t)it->p, m};
            total += m;
        }
        ssize_t sent = send_pieces(s, iov, n, total);
        if (sent < 0)
            return;
        consume(s, (size_t)sent);
        left -= (size_t)sent;
    }
}

/* ---- through the filter ---- */

static size_t wire_bytes(const struct sock *s)
{
    return s->wire.n - s->wire_at;
}

/* The buffer of a sock that has something to send; mostly all leaves at once, and the next sock
 * takes the same. */
static void take_wire(struct sock *s)
{
    if (s->wire.cap)
        return;
    s->wire = s->core->wire;
    s->core->wire = (struct buf){0};
}

static void give_wire(struct sock *s)
{
    s->wire_at = 0;
    buf_clear(&s->wire);
    if (s->core->wire.cap || s->wire.cap > MAX_SPARE_BYTES) {
        buf_deinit(&s->wire);
        return;
    }
    s->core->wire = s->wire;
    s->wire = (struct buf){0};
}

/* Send what the filter has made; false when some of it is left, or the write side broke. */
static bool send_wire(struct sock *s)
{
    size_t n = wire_bytes(s);
    if (n == 0)
        return true;
    struct iovec iov = {s->wire.p + s->wire_at, n};
    ssize_t sent = s->writable ? send_pieces(s, &iov, 1, n) : 0;
    if (sent < 0)
        return false;
    s->wire_at += (size_t)sent;
    if ((size_t)sent < n)
        return false;
    give_wire(s);
    return true;
}

static bool seal(struct sock *s, struct slice plain)
{
    take_wire(s);
    if (!err_failed(s->filter->ops->seal(s->filter, plain, &s->wire)))
        return true;
    break_off(s, UV_EPROTO);
    return false;
}

/* Seal from the head of the queue: a piece of some size from where it is, small ones together. */
static bool seal_some(struct sock *s)
{
    struct sock_piece *head = s->out_head;
    if (head->n >= GATHER_BYTES / 4 || head->next == NULL) {
        size_t n = MIN(head->n, (size_t)SEAL_BYTES);
        bool ok = seal(s, slice_of(head->p, n));
        if (ok)
            consume(s, n);
        return ok;
    }
    struct buf together = {0};
    for (struct sock_piece *it = head; it && together.n + it->n <= GATHER_BYTES; it = it->next)
        buf_put(&together, it->p, it->n);
    bool ok = seal(s, buf_slice(&together));
    if (ok)
        consume(s, together.n);
    buf_deinit(&together);
    return ok;
}

static void pump_sealed(struct sock *s)
{
    for (size_t done = 0; send_wire(s) && s->out_head && done < SLICE_BYTES;) {
        size_t before = s->out_bytes;
        if (!seal_some(s))
            return;
        done += before - s->out_bytes;
    }
}

static void pump(struct sock *s)
{
    if (s->filter)
        pump_sealed(s);
    else
        pump_plain(s);
}

static bool is_empty(const struct sock *s)
{
    return s->out_head == NULL && wire_bytes(s) == 0;
}

bool sock_write_finish(struct sock *s)
{
    if (s->filter && !s->finished) {
        s->finished = true;
        s->filter->ops->finish(s->filter, &s->wire);
    }
    return send_wire(s);
}

void sock_write_wire(struct sock *s)
{
    if (wire_bytes(s) && !s->broken)
        (void)send_wire(s);
}

/* What the filter and the kernel take at once. */
static err seal_now(struct sock *s, struct slice head, struct slice data, size_t *ret_n)
{
    while (head.n + data.n && send_wire(s)) {
        size_t n = MIN(data.n, (size_t)SEAL_BYTES);
        if ((head.n && !seal(s, head)) || (n && !seal(s, slice_of(data.p, n))))
            return refuse(s);
        *ret_n += head.n + n;
        head = SLICE_EMPTY;
        data = slice_from(data, n);
    }
    (void)send_wire(s);
    return s->broken ? refuse(s) : OK;
}

/* ---- turns ---- */

static bool drained(const struct sock *s)
{
    return s->above_low && s->handler && sock_queued(s) <= s->low_water;
}

bool sock_write_wanted(const struct sock *s)
{
    bool some = wire_bytes(s) || (s->out_head && s->n_corks == 0);
    return (some && s->writable) || drained(s);
}

void sock_write_turn(struct sock *s)
{
    if (wire_bytes(s) || (s->out_head && s->n_corks == 0)) {
        pump(s);
        if (!s->closed && !s->broken && is_empty(s))
            sock_emptied(s);
    }
    if (!s->closed && drained(s)) {
        s->above_low = false;
        s->handler->on_drain(s->handler_arg);
    }
}

/* What the kernel takes at once of two pieces; *ret_n says how much. */
static err write_now(struct sock *s, struct slice head, struct slice data, size_t *ret_n)
{
    *ret_n = 0;
    if (s->broken || s->closing)
        return refuse(s);
    if (s->out_head || s->n_corks || head.n + data.n == 0)
        return OK;
    if (s->filter)
        return seal_now(s, head, data, ret_n);
    struct iovec iov[] = {{(void *)(uintptr_t)head.p, head.n}, {(void *)(uintptr_t)data.p, data.n}};
    bool alone = head.n == 0;
    ssize_t sent = send_pieces(s, iov + alone, 2 - (size_t)alone, head.n + data.n);
    if (sent < 0)
        return FAIL(ERR_CLOSED, "%s: write: %s", s->name, uv_strerror(s->write_uv));
    *ret_n = (size_t)sent;
    return OK;
}

/* ---- the user's side ---- */

err sock_write(struct sock *s, struct slice data)
{
    size_t n;
    TRY(write_now(s, SLICE_EMPTY, data, &n));
    if (__builtin_expect(n < data.n, 0)) {
        push_copy(s, slice_from(data, n));
        added(s);
    }
    return OK;
}

err sock_write_buf(struct sock *s, struct buf *b)
{
    return sock_write_both(s, SLICE_EMPTY, b);
}

err sock_write_both(struct sock *s, struct slice head, struct buf *b)
{
    size_t n;
    err e = write_now(s, head, buf_slice(b), &n);
    if (err_failed(e) || n == head.n + b->n) {
        buf_clear(b);
        return e;
    }
    if (n < head.n)
        push_copy(s, slice_from(head, n));
    n -= MIN(n, head.n);
    if (buf_is_roomy(b, b->n - n)) {
        push_copy(s, slice_from(buf_slice(b), n));
        buf_clear(b);
    } else if (b->n) {
        push_piece(s, (struct sock_piece){
                          .own = b->p, .p = b->p + n, .n = b->n - n, .room = b->cap - b->n});
        *b = (struct buf){0};
    }
    added(s);
    return OK;
}

err sock_write_shared(struct sock *s, struct slice data, void *obj, void (*unref)(void *obj))
{
    size_t n;
    err e = write_now(s, SLICE_EMPTY, data, &n);
    if (err_failed(e) || n == data.n) {
        unref(obj);
        return e;
    }
    struct slice left = slice_from(data, n);
    if (left.n <= SMALL_BYTES) {
        push_copy(s, left);
        unref(obj);
    } else {
        push_piece(s, (struct sock_piece){.obj = obj, .unref = unref, .p = left.p, .n = left.n});
    }
    added(s);
    return OK;
}

void sock_cork(struct sock *s)
{
    s->n_corks++;
}

void sock_uncork(struct sock *s)
{
    assert(s->n_corks > 0);
    if (--s->n_corks || s->out_head == NULL)
        return;
    pump(s);
    if (s->broken)
        return;
    if (is_empty(s))
        sock_emptied(s);
    added(s);
}

size_t sock_queued(const struct sock *s)
{
    return s->out_bytes + wire_bytes(s);
}

uint64_t sock_sent_bytes(const struct sock *s)
{
    return s->sent_bytes;
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
