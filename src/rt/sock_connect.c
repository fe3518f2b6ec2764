/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "rt/clock.h"
#include "rt/sock_impl.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A name look-up. On the heap: libuv's thread may be at it longer than our fiber waits. */
struct lookup {
    uv_getaddrinfo_t req;
    struct core *core;
    struct fiber *fiber; /* NULL = nobody waits any more */
    bool done;
    int status;
    struct addrinfo *found;
};

static err fail_uv(const char *host, uint16_t port, int uv_code)
{
    int code = uv_code == UV_ECONNREFUSED ? ERR_REFUSED
               : uv_code == UV_ETIMEDOUT  ? ERR_TIMEOUT
                                          : ERR_IO;
    return FAIL(code, "connect to %s port %u: %s", host, port, uv_strerror(uv_code));
}

static void on_found(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct lookup *l = req->data;
    l->core->n_open--;
    if (l->fiber == NULL) {
        uv_freeaddrinfo(found);
        free(l);
        return;
    }
    l->status = status;
    l->found = found;
    l->done = true;
    fiber_wake(l->fiber);
}

static err resolve(const char *host, uint16_t port, int64_t deadline_ns, struct addrinfo **ret)
{
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct lookup *l = xcalloc(1, sizeof *l);
    l->core = core_current();
    l->fiber = fiber_current();
    l->req.data = l;
    int rc = uv_getaddrinfo(&l->core->loop, &l->req, on_found, host, service, &hints);
    if (rc) {
        free(l);
        return FAIL(ERR_RESOLVE, "connect to %s: %s", host, uv_strerror(rc));
    }
    l->core->n_open++;
    err e = fiber_park_for(&l->done, deadline_ns);
    if (!l->done) {
        l->fiber = NULL;
        uv_cancel((uv_req_t *)&l->req); /* works if it has not begun */
        return e;
    }
    rc = l->status;
    *ret = l->found;
    free(l);
    return rc ? FAIL(ERR_RESOLVE, "connect to %s: %s", host, uv_strerror(rc)) : OK;
}

static int socket_status(int fd)
{
    int code = 0;
    socklen_t n = sizeof code;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &n) != 0)
        code = errno;
    return -code;
}

/* 0, or a negative errno. Ports of connections that have ended may be used again. */
static int bind_to(int fd, int family, uint16_t from_port)
{
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(from_port)};
    struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons(from_port)};
    int on = 1, rc;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET)
        rc = bind(fd, (struct sockaddr *)&any4, sizeof any4);
    else
        rc = bind(fd, (struct sockaddr *)&any6, sizeof any6);
    return rc == 0 ? 0 : -errno;
}

/* A descriptor on its way to `addr`, or a negative errno. */
static int start_connecting(const struct sockaddr *addr, uint16_t from_port)
{
    socklen_t n =
        addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int rc = from_port ? bind_to(fd, addr->sa_family, from_port) : 0;
    if (rc == 0 && (connect(fd, addr, n) == 0 || errno == EINPROGRESS))
        return fd;
    rc = rc ? rc : -errno;
    close(fd);
    return rc;
}

static err connect_one(const char *host, uint16_t port, uint16_t from_port,
                       const struct sockaddr *addr, int64_t deadline_ns, struct sock **ret)
{
    int fd = start_connecting(addr, from_port);
    if (from_port && (fd == -EADDRINUSE || fd == -EADDRNOTAVAIL))
        return FAIL(ERR_EXISTS, "connect to %s port %u: port %u is in use here", host, port,
                    from_port);
    if (fd < 0)
        return fail_uv(host, port, fd);
    struct sock *s;
    err e = sock_new(fd, &s);
    if (err_failed(e)) {
        close(fd);
        return e;
    }
    sock_name_peer(s, addr);
    struct sock_connector waits = {.fiber = fiber_current()};
    s->writable = false;
    s->connector = &waits;
    e = fiber_park_for(&waits.done, deadline_ns);
    s->connector = NULL;
    int status = waits.done ? socket_status(fd) : 0;
    if (!waits.done || status) {
        sock_close(s, 0);
        return waits.done ? fail_uv(host, port, status) : e;
    }
    sock_tune(s);
    *ret = s;
    return OK;
}

/* Each of the n addresses left gets its share of the time. */
static int64_t share(int64_t deadline_ns, uint32_t n)
{
    int64_t now_ns = clock_now_ns();
    if (deadline_ns == CLOCK_NEVER || deadline_ns <= now_ns)
        return deadline_ns;
    return now_ns + (deadline_ns - now_ns) / n;
}

static err connect_any(const char *host, uint16_t port, uint16_t from_port,
                       const struct addrinfo *found, int64_t deadline_ns, struct sock **ret)
{
    uint32_t n_left = 0;
    for (const struct addrinfo *it = found; it; it = it->ai_next)
        n_left++;
    err e = FAIL(ERR_RESOLVE, "connect to %s: no address", host);
    for (const struct addrinfo *it = found; it; it = it->ai_next) {
        e = connect_one(host, port, from_port, it->ai_addr, share(deadline_ns, n_left--), ret);
        if (!err_failed(e) || e.code == ERR_CANCELLED)
            return e;
    }
    if (e.code == ERR_TIMEOUT)
        return FAIL(ERR_TIMEOUT, "connect to %s port %u: no answer in time", host, port);
    return e;
}

err sock_connect(const char *host, uint16_t port, int64_t deadline_ns, struct sock **ret)
{
    return sock_connect_from(host, port, 0, deadline_ns, ret);
}

err sock_connect_from(const char *host, uint16_t port, uint16_t from_port, int64_t deadline_ns,
                      struct sock **ret)
{
    assert(fiber_current());
    struct sockaddr_storage literal;
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)&literal) == 0 ||
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)&literal) == 0) {
        struct addrinfo one = {.ai_addr = (struct sockaddr *)&literal};
        return connect_any(host, port, from_port, &one, deadline_ns, ret);
    }
    struct addrinfo *found = NULL;
    TRY(resolve(host, port, deadline_ns, &found));
    err e = connect_any(host, port, from_port, found, deadline_ns, ret);
    uv_freeaddrinfo(found);
    return e;
}
