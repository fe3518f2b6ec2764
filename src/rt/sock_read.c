/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: in the sock's turn, one read a turn, to the handler, to the fiber that waits, or into
 * `in` until somebody comes for it. */
#include "base/mem.h"
#include "rt/sock_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define MAX_UNREAD (256 * 1024) /* received for nobody: stop reading, let TCP hold the peer */
/* Of wire bytes at a time: a record; or, of a peer that sends many small ones, some. */
#define FILTER_BYTES (17 * 1024)
#define FILTER_DEAR_BYTES (2 * 1024)
/* A filter's own answers that the peer does not take: it is not read from. */
#define MAX_WIRE (256 * 1024)

static const char *end_reason(const struct sock *s)
{
    return s->end_text ? s->end_text : uv_strerror(s->end_uv);
}

err sock_read_end_error(const struct sock *s)
{
    if (s->end_code == 0)
        return OK;
    if (s->end_code == ERR_CANCELLED)
        return FAIL(ERR_CANCELLED, "%s: the server stops", s->name);
    return FAIL(s->end_code, "%s: read: %s", s->name, end_reason(s));
}

void sock_read_finish(struct sock *s, err e)
{
    struct sock_reader *r = TAKE_PTR(s->reader);
    if (r == NULL)
        return;
    r->result = e;
    if (err_failed(e))
        snprintf(r->text, sizeof r->text, "%s: read: %s", s->name,
                 e.code == ERR_CLOSED ? "the connection was closed meanwhile" : end_reason(s));
    r->done = true;
    fiber_wake(r->fiber);
}

/* Is there somebody, or room, for bytes that the kernel may have? */
static bool wants_bytes(const struct sock *s)
{
    if (s->ended)
        return false;
    if (s->closing)
        return s->shut; /* discarded */
    if (s->wire.n - s->wire_at > MAX_WIRE)
        return false;
    if (s->handler)
        return !s->paused;
    return s->reader || (s->reads_ahead && sock_unread_bytes(s) < MAX_UNREAD);
}

bool sock_read_wanted(const struct sock *s)
{
    if (s->handler && !s->paused && sock_unread_bytes(s))
        return true;
    return s->readable && wants_bytes(s);
}

static void deliver_unread(struct sock *s)
{
    struct slice data = slice_from(buf_slice(&s->in), s->in_at);
    s->in_at = s->in.n; /* sock_unread moves it back */
    s->handler->on_data(s->handler_arg, data);
    if (sock_unread_bytes(s) == 0) {
        buf_deinit(&s->in);
        s->in_at = 0;
    }
}

static void keep(struct sock *s, struct slice data)
{
    if (s->in_at > MAX_UNREAD) { /* the part that was read is worth moving the rest */
        buf_consume(&s->in, s->in_at);
        s->in_at = 0;
    }
    buf_put_slice(&s->in, data);
}

static void deliver(struct sock *s, struct slice data)
{
    struct sock_reader *r = s->reader;
    if (data.n == 0)
        return;
    if (r) {
        r->n_read = MIN(r->n, data.n);
        if (r->p != data.p)
            memcpy(r->p, data.p, r->n_read);
        if (data.n > r->n_read)
            keep(s, slice_from(data, r->n_read));
        sock_read_finish(s, OK);
    } else if (s->handler) {
        s->handler->on_data(s->handler_arg, data);
    } else if (!s->closing) {
        keep(s, data);
    }
}

/* How the stream ends, if it does: what came before the end has to be delivered first. */
struct ending {
    bool ends;
    int code; /* err code; 0 = orderly */
};

static struct ending open_wire(struct sock *s, struct slice wire, struct buf *ret_plain)
{
    struct ending end = {0};
    err e = s->filter->ops->open(s->filter, wire, ret_plain, &s->wire, &end.ends);
    if (err_failed(e)) {
        free(s->end_text);
        s->end_text = xstrdup(err_text());
        end = (struct ending){true, e.code};
    }
    sock_write_wire(s);
    return end;
}

void sock_read_wire(struct sock *s, struct slice wire, struct buf *ret_plain)
{
    struct ending end = open_wire(s, wire, ret_plain);
    if (end.ends)
        sock_end(s, end.code, UV_EPROTO);
}

/* Wire bytes: they may be no plain ones, and the end may come with the last. */
static void deliver_wire(struct sock *s, struct slice wire)
{
    struct buf *plain = &s->core->plain;
    buf_clear(plain);
    struct ending end = open_wire(s, wire, plain);
    deliver(s, buf_slice(plain));
    if (end.ends && !s->closed)
        sock_end(s, end.code, UV_EPROTO);
}

static void end_by_cut(struct sock *s)
{
    free(s->end_text);
    s->end_text = xstrdup("the connection was cut");
    sock_end(s, ERR_IO, UV_ECONNRESET);
}

/* What the kernel said that is not bytes. */
static void no_bytes(struct sock *s, ssize_t n, int code)
{
    if (n == 0 && s->filter && s->filter->cut_is_failure && !s->closing)
        end_by_cut(s);
    else if (n == 0)
        sock_end(s, 0, 0);
    else if (code == EAGAIN || code == EWOULDBLOCK || code == EINTR)
        s->readable = code == EINTR;
    else
        sock_end(s, ERR_IO, -code);
    if (s->broken && !s->ended && !s->readable) /* the write side knows more than the read side */
        sock_end(s, ERR_IO, s->write_uv);
}

/* What comes behind our last word: the kernel drops it, nothing is copied. */
static void swallow(struct sock *s)
{
    ssize_t n = recv(s->fd, NULL, CORE_READ_BYTES, MSG_TRUNC);
    if (n <= 0) {
        no_bytes(s, n, errno);
        return;
    }
    s->readable = n == CORE_READ_BYTES || s->hangup || s->broken;
    s->swallowed_bytes += (size_t)n;
    if (s->swallowed_bytes > SOCK_MAX_SWALLOWED)
        sock_destroy(s);
}

static size_t room_here(const struct sock *s)
{
    return !s->filter ? CORE_READ_BYTES : s->ready.is_dear ? FILTER_DEAR_BYTES : FILTER_BYTES;
}

void sock_read_turn(struct sock *s)
{
    if (!sock_read_wanted(s))
        return;
    if (s->handler && sock_unread_bytes(s)) {
        deliver_unread(s);
        return;
    }
    if (s->closing) {
        swallow(s);
        return;
    }
    struct sock_reader *r = s->filter ? NULL : s->reader;
    uint8_t *to = r ? r->p : s->core->read_buf;
    size_t room = r ? MIN(r->n, (size_t)CORE_READ_BYTES) : room_here(s);
    ssize_t n = recv(s->fd, to, room, 0);
    if (n <= 0) {
        no_bytes(s, n, errno);
        return;
    }
    /* Less than there is room for means that there was no more, and the kernel will tell of new
     * bytes; of an end that it has told already it will not. */
    s->readable = (size_t)n == room || s->hangup || s->broken;
    if (s->filter)
        deliver_wire(s, slice_of(to, (size_t)n));
    else
        deliver(s, slice_of(to, (size_t)n));
}

void sock_unread(struct sock *s, struct slice rest)
{
    if (rest.n == 0)
        return;
    if (s->in_at >= rest.n) { /* they may stand there already */
        s->in_at -= rest.n;
        memmove(s->in.p + s->in_at, rest.p, rest.n);
    } else {
        struct buf all = {0};
        buf_put_slice(&all, rest);
        buf_put_slice(&all, slice_from(buf_slice(&s->in), s->in_at));
        buf_deinit(&s->in);
        s->in = all;
        s->in_at = 0;
    }
    sock_want_turn(s);
}

static size_t take_unread(struct sock *s, void *p, size_t n)
{
    size_t m = MIN(n, sock_unread_bytes(s));
    memcpy(p, s->in.p + s->in_at, m);
    s->in_at += m;
    if (sock_unread_bytes(s) == 0) {
        buf_deinit(&s->in); /* most links are idle */
        s->in_at = 0;
    }
    return m;
}

err sock_read(struct sock *s, void *p, size_t n, int64_t deadline_ns, size_t *ret_n)
{
    assert(n > 0 && !s->handler && !s->reader && !s->closing);
    s->reads_ahead = true;
    if (sock_unread_bytes(s)) {
        *ret_n = take_unread(s, p, n);
        sock_want_turn(s);
        return OK;
    }
    if (s->ended) {
        TRY(sock_read_end_error(s));
        *ret_n = 0;
        return OK;
    }
    struct sock_reader r = {.fiber = fiber_current(), .p = p, .n = n};
    s->reader = &r;
    sock_want_turn(s);
    err e = fiber_park_for(&r.done, deadline_ns);
    if (!r.done) {
        s->reader = NULL;
        return e;
    }
    if (err_failed(r.result)) /* s may be gone */
        return FAIL(r.result.code, "%s", r.text);
    *ret_n = r.n_read;
    return OK;
}
