/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/sock.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/sock_impl.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define MAX_UNREAD (256 * 1024) /* received for nobody: stop reading, let TCP hold the peer */
#define KEEPALIVE_S 60

static void on_close_timer(struct timer *t);

uint16_t sock_addr_text(const struct sockaddr *addr, char ip[46])
{
    ip[0] = 0;
    if (addr->sa_family == AF_INET) {
        const struct sockaddr_in *a = (const struct sockaddr_in *)addr;
        uv_ip4_name(a, ip, 46);
        return ntohs(a->sin_port);
    }
    if (addr->sa_family != AF_INET6)
        return 0;
    const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)addr;
    if (IN6_IS_ADDR_V4MAPPED(&a->sin6_addr))
        uv_inet_ntop(AF_INET, a->sin6_addr.s6_addr + 12, ip, 46);
    else
        uv_ip6_name(a, ip, 46);
    return ntohs(a->sin6_port);
}

void sock_name_peer(struct sock *s, const struct sockaddr *addr)
{
    unsigned port = sock_addr_text(addr, s->peer_ip);
    const char *fmt = strchr(s->peer_ip, ':') ? "[%s]:%u" : "%s:%u";
    _Static_assert(sizeof s->name >= sizeof s->peer_ip + 8, "room for brackets and port");
    snprintf(s->name, sizeof s->name, fmt, s->peer_ip, port);
}

void sock_tune(struct sock *s)
{
    /* Without these the connection still works. */
    (void)uv_tcp_nodelay(&s->tcp, 1);
    (void)uv_tcp_keepalive(&s->tcp, 1, KEEPALIVE_S);
}

err sock_new(struct sock **ret)
{
    struct core *c = core_current();
    assert(c);
    struct sock *s = xcalloc(1, sizeof *s);
    int rc = uv_tcp_init(&c->loop, &s->tcp);
    if (rc) {
        free(s);
        return FAIL(ERR_IO, "socket: %s", uv_strerror(rc));
    }
    s->tcp.data = s->write_req.data = s;
    s->core = c;
    list_init(&s->flushers);
    timer_init(&s->close_timer, on_close_timer);
    list_push_back(&c->socks, &s->node);
    c->n_open++;
    *ret = s;
    return OK;
}

static void on_closed(uv_handle_t *h)
{
    struct sock *s = h->data;
    s->core->n_open--;
    sock_write_release(s);
    buf_deinit(&s->in);
    free(s);
}

static void end_reader(struct sock *s, err e)
{
    struct sock_reader *r = TAKE_PTR(s->reader);
    if (r == NULL)
        return;
    r->result = e;
    if (err_failed(e))
        snprintf(r->text, sizeof r->text, "%s: read: %s", s->name,
                 e.code == ERR_CLOSED ? "the connection was closed meanwhile"
                                      : uv_strerror(s->end_uv));
    r->done = true;
    fiber_wake(r->fiber);
}

void sock_destroy(struct sock *s)
{
    if (s->closed)
        return;
    s->closed = s->closing = true;
    s->handler = NULL;
    end_reader(s, (err){ERR_CLOSED});
    sock_wake_flushers(s, (err){ERR_CLOSED});
    timer_stop(&s->close_timer);
    list_unlink(&s->node);
    if (s->listener) {
        core_load_add(s->core, -1);
        sock_listen_forget(TAKE_PTR(s->listener));
    }
    uv_close((uv_handle_t *)&s->tcp, on_closed);
}

static void on_close_timer(struct timer *t)
{
    sock_destroy(container_of(t, struct sock, close_timer));
}

/* All is written: say so to the peer, and read until it has said the same. Closing at once would
 * send a reset if the peer has sent more than we read, and the reset may overtake our last bytes.
 */
static void linger(struct sock *s)
{
    uv_os_fd_t fd;
    if (s->ended || s->broken || uv_fileno((uv_handle_t *)&s->tcp, &fd) != 0) {
        sock_destroy(s);
        return;
    }
    s->shut = true;
    shutdown(fd, SHUT_WR);
    sock_update_reading(s);
}

struct sock *sock_close(struct sock *s, uint32_t flush_ms)
{
    if (s == NULL)
        return NULL;
    assert(s->core == core_current() && !s->closing);
    s->closing = true;
    s->handler = NULL;
    end_reader(s, (err){ERR_CLOSED});
    sock_wake_flushers(s, (err){ERR_CLOSED});
    if (flush_ms == 0 || s->broken) {
        sock_destroy(s);
        return NULL;
    }
    timer_start(&s->close_timer, clock_now_ns() + flush_ms * CLOCK_MS);
    if (sock_queued(s) == 0)
        linger(s);
    return NULL;
}

void sock_wake_flushers(struct sock *s, err result)
{
    for (struct list *node; (node = list_pop_front(&s->flushers)) != NULL;) {
        struct sock_flusher *f = LIST_ENTRY(node, struct sock_flusher, node);
        f->result = result;
        f->done = true;
        fiber_wake(f->fiber);
    }
}

void sock_emptied(struct sock *s)
{
    sock_wake_flushers(s, OK);
    if (s->closing && !s->closed)
        linger(s);
}

static err end_error(const struct sock *s)
{
    if (s->end_code == 0)
        return OK;
    if (s->end_code == ERR_CANCELLED)
        return FAIL(ERR_CANCELLED, "%s: the server stops", s->name);
    return FAIL(s->end_code, "%s: read: %s", s->name, uv_strerror(s->end_uv));
}

static void tell_end(struct sock *s)
{
    if (s->handler && s->ended && !s->end_told) {
        s->end_told = true;
        s->handler->on_end(s->handler_arg, end_error(s));
    }
}

void sock_end(struct sock *s, int code, int uv_code)
{
    if (s->ended)
        return;
    s->ended = true;
    s->end_code = code;
    s->end_uv = uv_code;
    sock_update_reading(s);
    if (s->shut) {
        sock_destroy(s);
        return;
    }
    end_reader(s, code ? (err){code} : OK);
    tell_end(s);
}

static size_t unread(const struct sock *s)
{
    return s->in.n - s->in_at;
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
    (void)suggested;
    struct sock *s = h->data;
    if (s->reader)
        *ret = uv_buf_init((char *)s->reader->p, (unsigned)MIN(s->reader->n, (size_t)UINT32_MAX));
    else
        *ret = uv_buf_init(s->core->read_buf, CORE_READ_BYTES);
}

static void deliver(struct sock *s, struct slice data)
{
    if (s->handler) {
        s->handler->on_data(s->handler_arg, data);
    } else if (s->reader) {
        s->reader->n_read = data.n;
        end_reader(s, OK);
    } else if (!s->closing) {
        if (s->in_at > MAX_UNREAD) { /* the part that was read is worth moving the rest */
            buf_consume(&s->in, s->in_at);
            s->in_at = 0;
        }
        buf_put_slice(&s->in, data);
        sock_update_reading(s);
    }
}

static void on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
    struct sock *s = h->data;
    if (n > 0)
        deliver(s, slice_of(buf->base, (size_t)n));
    else if (n == UV_EOF)
        sock_end(s, 0, 0);
    else if (n < 0)
        sock_end(s, ERR_IO, (int)n);
}

static bool wants_reading(const struct sock *s)
{
    if (s->ended || s->closed)
        return false;
    if (s->closing)
        return s->shut; /* discarded */
    if (s->handler)
        return !s->paused;
    return s->reader || (s->reading && unread(s) < MAX_UNREAD);
}

void sock_update_reading(struct sock *s)
{
    bool wanted = wants_reading(s);
    if (wanted == s->reading)
        return;
    s->reading = wanted;
    if (!wanted) {
        uv_read_stop((uv_stream_t *)&s->tcp);
        return;
    }
    int rc = uv_read_start((uv_stream_t *)&s->tcp, on_alloc, on_read);
    if (rc)
        sock_end(s, ERR_IO, rc);
}

void sock_set_handler(struct sock *s, const struct sock_handler *handler, void *arg)
{
    assert(!s->reader && !s->closing);
    s->handler = handler;
    s->handler_arg = arg;
    s->paused = false;
    sock_update_reading(s);
    if (handler == NULL)
        return;
    struct buf early = s->in;
    s->in = (struct buf){0};
    struct slice data = slice_from(buf_slice(&early), s->in_at);
    s->in_at = 0;
    if (data.n)
        handler->on_data(arg, data);
    buf_deinit(&early);
    tell_end(s);
}

void sock_pause(struct sock *s)
{
    s->paused = true;
    sock_update_reading(s);
}

void sock_resume(struct sock *s)
{
    s->paused = false;
    sock_update_reading(s);
}

static size_t take_unread(struct sock *s, void *p, size_t n)
{
    size_t m = MIN(n, unread(s));
    memcpy(p, s->in.p + s->in_at, m);
    s->in_at += m;
    if (unread(s) == 0) {
        buf_deinit(&s->in); /* most links are idle */
        s->in_at = 0;
    }
    return m;
}

err sock_read(struct sock *s, void *p, size_t n, int64_t deadline_ns, size_t *ret_n)
{
    assert(n > 0 && !s->handler && !s->reader && !s->closing);
    if (unread(s)) {
        *ret_n = take_unread(s, p, n);
        sock_update_reading(s);
        return OK;
    }
    if (s->ended) {
        TRY(end_error(s));
        *ret_n = 0;
        return OK;
    }
    struct sock_reader r = {.fiber = fiber_current(), .p = p, .n = n};
    s->reader = &r;
    sock_update_reading(s);
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

void sock_stop_notice(struct core *c)
{
    struct list todo;
    list_init(&todo);
    while (!list_empty(&c->socks))
        list_push_back(&todo, list_pop_front(&c->socks));
    for (struct list *node; (node = list_pop_front(&todo)) != NULL;) {
        struct sock *s = LIST_ENTRY(node, struct sock, node);
        list_push_back(&c->socks, node); /* its handler may close it, and others */
        if (!s->closing)
            sock_end(s, ERR_CANCELLED, UV_ECANCELED);
    }
}

void sock_stop_close(struct core *c)
{
    while (!list_empty(&c->socks))
        sock_destroy(LIST_ENTRY(c->socks.next, struct sock, node));
}

const char *sock_peer_ip(const struct sock *s)
{
    return s->peer_ip;
}

struct core *sock_core(const struct sock *s)
{
    return s->core;
}

const char *sock_name(const struct sock *s)
{
    return s->name;
}
