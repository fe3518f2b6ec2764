/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/sock.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/sock_impl.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEPALIVE_S 60

static void on_close_timer(struct timer *t);
static void on_turn(struct ready *r);

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
    int on = 1, idle_s = KEEPALIVE_S;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(s->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(s->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
}

err sock_new(int fd, struct sock **ret)
{
    struct core *c = core_current();
    assert(c);
    struct sock *s = xcalloc(1, sizeof *s);
    err e = watch_add(c, fd, s);
    if (err_failed(e)) {
        free(s);
        return e;
    }
    s->fd = fd;
    s->core = c;
    s->writable = true;
    ready_init(&s->ready, on_turn);
    list_init(&s->flushers);
    timer_init(&s->close_timer, on_close_timer);
    list_push_back(&c->socks, &s->node);
    c->n_open++;
    *ret = s;
    return OK;
}

/* ---- turns ---- */

/* An orderly end comes behind the bytes before it, unless the handler wants to hear of it at once;
 * an error overtakes them. */
static bool end_due(const struct sock *s)
{
    if (!s->ended || s->end_told || s->handler == NULL)
        return false;
    return s->end_code || s->handler->end_overtakes || (!s->paused && sock_unread_bytes(s) == 0);
}

static void tell_end(struct sock *s)
{
    if (!end_due(s))
        return;
    s->end_told = true;
    s->handler->on_end(s->handler_arg, sock_read_end_error(s));
}

/* Called after all that changes a sock. */
void sock_want_turn(struct sock *s)
{
    if (sock_read_wanted(s) || sock_write_wanted(s) || end_due(s))
        ready_add(&s->ready);
}

static void sock_free(struct sock *s)
{
    s->core->n_open--;
    ready_cancel(&s->ready);
    buf_deinit(&s->in);
    buf_deinit(&s->wire);
    if (s->filter)
        s->filter->ops->free(s->filter);
    free(s->end_text);
    free(s);
}

/* After each call of the handler the sock may be closed. */
static void on_turn(struct ready *r)
{
    struct sock *s = container_of(r, struct sock, ready);
    if (s->closed) {
        sock_free(s);
        return;
    }
    sock_write_turn(s);
    if (!s->closed)
        sock_read_turn(s);
    if (!s->closed)
        tell_end(s);
    if (!s->closed)
        sock_want_turn(s);
}

static int socket_error(const struct sock *s)
{
    int code = 0;
    socklen_t n = sizeof code;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &code, &n);
    return code ? -code : UV_ECONNRESET;
}

/* Nobody reads, so nobody would find the end behind the bytes: what the kernel says must do. */
static void heed_hangup(struct sock *s)
{
    if (s->closing || s->handler == NULL)
        return;
    if (s->failed && (s->paused || s->ended))
        sock_end(s, ERR_IO, socket_error(s));
    else if (s->hangup && s->paused && s->handler->end_overtakes)
        sock_end(s, 0, 0);
}

void sock_on_events(struct sock *s, uint32_t events)
{
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        s->readable = true;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        s->hangup = true;
    if (events & EPOLLERR)
        s->failed = true;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        s->writable = true;
    if (s->connector && s->writable) {
        struct sock_connector *waits = TAKE_PTR(s->connector);
        waits->done = true;
        fiber_wake(waits->fiber);
        return;
    }
    heed_hangup(s);
    sock_want_turn(s);
}

/* ---- the user's side ---- */

void sock_set_handler(struct sock *s, const struct sock_handler *handler, void *arg)
{
    assert(!s->reader && !s->closing);
    s->handler = handler;
    s->handler_arg = arg;
    s->paused = false;
    s->end_told = false;
    sock_want_turn(s);
}

void sock_pause(struct sock *s)
{
    s->paused = true;
    heed_hangup(s);
    sock_want_turn(s);
}

void sock_resume(struct sock *s)
{
    s->paused = false;
    sock_want_turn(s);
}

void sock_end(struct sock *s, int code, int uv_code)
{
    if (s->ended && (s->end_code || code == 0))
        return;
    s->ended = true;
    s->end_told = false;
    s->end_code = code;
    s->end_uv = uv_code;
    if (s->shut) {
        sock_destroy(s);
        return;
    }
    sock_read_finish(s, code ? (err){code} : OK);
    sock_want_turn(s);
}

void sock_set_filter(struct sock *s, struct sock_filter *f)
{
    assert(!s->filter && !s->reader && sock_queued(s) == 0);
    s->filter = f;
    struct buf early = s->in;
    struct slice wire = slice_from(buf_slice(&early), s->in_at);
    s->in = (struct buf){0};
    s->in_at = 0;
    if (wire.n || f->has_early)
        sock_read_wire(s, wire, &s->in);
    if (s->in.n == 0)
        buf_deinit(&s->in); /* most peers wait for the end of the handshake */
    buf_deinit(&early);
    sock_want_turn(s);
}

/* ---- closing ---- */

void sock_destroy(struct sock *s)
{
    if (s->closed)
        return;
    s->closed = s->closing = true;
    s->handler = NULL;
    sock_read_finish(s, (err){ERR_CLOSED});
    sock_write_wake_flushers(s, (err){ERR_CLOSED});
    sock_write_release(s);
    timer_stop(&s->close_timer);
    list_unlink(&s->node);
    if (s->shut)
        s->core->n_lingering--;
    if (s->listener) {
        core_load_add(s->core, -1);
        sock_listen_forget(TAKE_PTR(s->listener));
    }
    close(s->fd);
    ready_add(&s->ready); /* not freed here: a caller may be at work on it */
}

static void on_close_timer(struct timer *t)
{
    sock_destroy(container_of(t, struct sock, close_timer));
}

/* All is written: say so to the peer, and read until it has said the same. Closing at once would
 * send a reset if the peer has sent more than we read, and the reset may overtake our last bytes.
 * This is a courtesy, and nobody counts such connections: so they are few, and cheap. */
static void linger(struct sock *s)
{
    if (s->ended || s->broken) {
        sock_destroy(s);
        return;
    }
    if (!sock_write_finish(s))
        return; /* comes back when it has left */
    struct core *c = s->core;
    s->shut = true;
    ready_set_minor(&s->ready);
    shutdown(s->fd, SHUT_WR);
    list_unlink(&s->node);
    list_push_back(&c->lingering, &s->node);
    if (++c->n_lingering > SOCK_MAX_LINGERING)
        sock_destroy(LIST_ENTRY(c->lingering.next, struct sock, node));
    sock_want_turn(s);
}

void sock_emptied(struct sock *s)
{
    sock_write_wake_flushers(s, OK);
    if (s->closing && !s->closed)
        linger(s);
}

struct sock *sock_close(struct sock *s, uint32_t flush_ms)
{
    if (s == NULL)
        return NULL;
    assert(s->core == core_current() && !s->closing);
    s->closing = true;
    s->handler = NULL;
    s->n_corks = 0;
    sock_read_finish(s, (err){ERR_CLOSED});
    sock_write_wake_flushers(s, (err){ERR_CLOSED});
    if (flush_ms == 0 || s->broken) {
        sock_destroy(s);
        return NULL;
    }
    timer_start(&s->close_timer, clock_now_ns() + flush_ms * CLOCK_MS);
    if (sock_queued(s) == 0)
        linger(s);
    else
        sock_want_turn(s);
    return NULL;
}

void sock_stop_notice(struct core *c)
{
    LIST_EACH(it, &c->socks)
    {
        struct sock *s = LIST_ENTRY(it, struct sock, node);
        if (!s->closing)
            sock_end(s, ERR_CANCELLED, UV_ECANCELED);
    }
}

bool sock_stop_noticed(const struct core *c)
{
    LIST_EACH(it, &c->socks)
    if (end_due(LIST_ENTRY(it, struct sock, node)))
        return false;
    return true;
}

void sock_stop_close(struct core *c)
{
    while (!list_empty(&c->socks))
        sock_destroy(LIST_ENTRY(c->socks.next, struct sock, node));
    while (!list_empty(&c->lingering))
        sock_destroy(LIST_ENTRY(c->lingering.next, struct sock, node));
}

/* ---- names ---- */

uint16_t sock_share(const struct sock *s)
{
    return s->ready.share;
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
