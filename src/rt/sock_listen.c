/* SPDX-License-Identifier: Apache-2.0 */
/* One core accepts for all and posts each connection to the core with the least load. (Kernel
 * hashing with SO_REUSEPORT is unfair to few, heavy, long-lived connections.) */
#define LOG_CHANNEL LOG_CHANNEL_WEB
#include "base/log.h"
#include "base/mem.h"
#include "rt/clock.h"
#include "rt/sock_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_ACCEPTS 64 /* per turn of the loop */
#define PAUSE_NS (100 * CLOCK_MS)

/* Referred to by the user (until closed) and by each connection it accepted, from any core. */
struct sock_listener {
    struct sock_listen_opts opts; /* `cores` is our own copy */
    struct core *core;
    struct list node; /* in core->listeners */
    uv_poll_t poll;
    int fd;
    uint16_t port;
    uint32_t turn; /* where the search for the least loaded core starts */
    struct timer pause;
    struct log_limit limit;
    atomic_bool closed;
    _Atomic uint32_t n_refs;
    _Atomic uint32_t n_open;
};

/* An accepted connection on its way to its core. */
struct arrival {
    struct core_mail mail;
    struct sock_listener *listener;
    struct core *core;
    int fd;
    struct sockaddr_storage addr;
};

static void unref(struct sock_listener *l)
{
    if (atomic_fetch_sub(&l->n_refs, 1) != 1)
        return;
    free(l->opts.cores);
    free(l);
}

void sock_listen_forget(struct sock_listener *l)
{
    atomic_fetch_sub(&l->n_open, 1);
    unref(l);
}

static err adopt(struct arrival *a, struct sock **ret)
{
    struct sock *s;
    TRY(sock_new(a->fd, &s));
    s->listener = a->listener;
    sock_tune(s);
    sock_name_peer(s, (struct sockaddr *)&a->addr);
    ready_set_share(&s->ready, share_of((struct sockaddr *)&a->addr));
    *ret = s;
    return OK;
}

static void arrive(struct core_mail *mail)
{
    struct arrival *a = container_of(mail, struct arrival, mail);
    struct sock_listener *l = a->listener;
    struct sock *s = NULL;
    if (atomic_load(&l->closed) || a->core->phase != CORE_PHASE_RUNNING ||
        err_failed(adopt(a, &s))) { /* out of memory in the kernel: the peer will see the close */
        close(a->fd);
        core_load_add(a->core, -1);
        sock_listen_forget(l);
    } else {
        uint16_t before = ready_set_share_now(s->ready.share);
        l->opts.on_accept(l->opts.arg, s, s->peer_ip);
        ready_set_share_now(before);
    }
    free(a);
}

static struct core *least_loaded(struct sock_listener *l)
{
    uint32_t n = l->opts.n_cores;
    l->turn = (l->turn + 1) % n;
    struct core *best = l->opts.cores[l->turn];
    for (uint32_t i = 1; i < n; i++) {
        struct core *c = l->opts.cores[(l->turn + i) % n];
        if (core_load(c) < core_load(best))
            best = c;
    }
    return best;
}

static bool is_full(struct sock_listener *l)
{
    uint32_t max = l->opts.max_connections;
    if (max == 0 || atomic_load(&l->n_open) < max)
        return false;
    uint64_t n_dropped;
    if (log_limit_take(&l->limit, &n_dropped))
        LOG_WARN("listen: %u connections are open, refusing more (%llu lines dropped)", max,
                 (unsigned long long)n_dropped);
    return true;
}

static void dispatch(struct sock_listener *l, int fd, const struct sockaddr_storage *addr)
{
    struct arrival *a = xmalloc(sizeof *a);
    *a = (struct arrival){.mail.run = arrive, .listener = l, .fd = fd, .addr = *addr};
    a->core = least_loaded(l);
    core_load_add(a->core, 1);
    atomic_fetch_add(&l->n_refs, 1);
    atomic_fetch_add(&l->n_open, 1);
    if (a->core == l->core)
        arrive(&a->mail);
    else
        core_post(a->core, &a->mail);
}

/* True when there may be more to accept. */
static bool accept_one(struct sock_listener *l)
{
    struct sockaddr_storage addr;
    socklen_t n = sizeof addr;
    int fd = accept4(l->fd, (struct sockaddr *)&addr, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        if (is_full(l))
            close(fd);
        else
            dispatch(l, fd, &addr);
        return true;
    }
    if (errno == EINTR || errno == ECONNABORTED)
        return true;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return false;
    uint64_t n_dropped;
    if (log_limit_take(&l->limit, &n_dropped))
        LOG_ERROR("listen: accept: %s, waiting (%llu lines dropped)", strerror(errno),
                  (unsigned long long)n_dropped);
    uv_poll_stop(&l->poll); /* out of descriptors: polling would spin */
    timer_start(&l->pause, clock_now_ns() + PAUSE_NS);
    return false;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct sock_listener *l = poll->data;
    for (int i = 0; i < MAX_ACCEPTS && !atomic_load(&l->closed) && accept_one(l); i++) {
    }
}

static void end_pause(struct timer *t)
{
    struct sock_listener *l = container_of(t, struct sock_listener, pause);
    uv_poll_start(&l->poll, UV_READABLE, on_readable);
}

static int parse_address(const char *ip, uint16_t port, struct sockaddr_storage *ret)
{
    if (uv_ip4_addr(ip, port, (struct sockaddr_in *)ret) == 0)
        return 0;
    return uv_ip6_addr(ip, port, (struct sockaddr_in6 *)ret);
}

/* A listening descriptor, or a negative errno. */
static int open_listening(const struct sockaddr_storage *addr, int backlog)
{
    socklen_t n =
        addr->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)addr, n) == 0 && listen(fd, backlog) == 0)
        return fd;
    int saved = errno;
    close(fd);
    return -saved;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage addr;
    socklen_t n = sizeof addr;
    char ip[46];
    if (getsockname(fd, (struct sockaddr *)&addr, &n) != 0)
        return 0;
    return sock_addr_text((struct sockaddr *)&addr, ip);
}

err sock_listen(const struct sock_listen_opts *opts, struct sock_listener **ret)
{
    assert(opts->n_cores > 0);
    struct sockaddr_storage addr;
    if (parse_address(opts->ip, opts->port, &addr) != 0)
        return FAIL(ERR_INVALID, "listen: %s is not an IP address", opts->ip);
    int fd = open_listening(&addr, opts->backlog ? opts->backlog : SOMAXCONN);
    if (fd < 0)
        return FAIL(ERR_IO, "listen: %s port %u: %s", opts->ip, opts->port, strerror(-fd));
    struct core *c = core_current();
    struct sock_listener *l = xcalloc(1, sizeof *l);
    int rc = uv_poll_init(&c->loop, &l->poll, fd);
    if (rc) {
        close(fd);
        free(l);
        return FAIL(ERR_IO, "listen: %s port %u: %s", opts->ip, opts->port, uv_strerror(rc));
    }
    l->opts = *opts;
    l->opts.cores = xmalloc(opts->n_cores * sizeof *opts->cores);
    memcpy(l->opts.cores, opts->cores, opts->n_cores * sizeof *opts->cores);
    l->core = c;
    l->fd = fd;
    l->port = bound_port(fd);
    l->limit = (struct log_limit)LOG_LIMIT_INIT(2);
    l->n_refs = 1;
    l->poll.data = l;
    timer_init(&l->pause, end_pause);
    list_push_back(&c->listeners, &l->node);
    c->n_open++;
    uv_poll_start(&l->poll, UV_READABLE, on_readable);
    *ret = l;
    return OK;
}

static void on_poll_closed(uv_handle_t *h)
{
    struct sock_listener *l = h->data;
    l->core->n_open--;
    close(l->fd);
    unref(l);
}

struct sock_listener *sock_listener_close(struct sock_listener *l)
{
    if (l == NULL)
        return NULL;
    assert(l->core == core_current());
    atomic_store(&l->closed, true);
    timer_stop(&l->pause);
    list_unlink(&l->node);
    uv_close((uv_handle_t *)&l->poll, on_poll_closed);
    return NULL;
}

void sock_listen_stop_close(struct core *c)
{
    while (!list_empty(&c->listeners))
        sock_listener_close(LIST_ENTRY(c->listeners.next, struct sock_listener, node));
}

uint16_t sock_listener_port(const struct sock_listener *l)
{
    return l->port;
}
