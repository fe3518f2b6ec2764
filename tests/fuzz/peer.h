/* SPDX-License-Identifier: Apache-2.0 */
/* For state machines over a socket: the input is a script of what the peer does and what happens
 * meanwhile, run on a core of its own with the clock frozen. One end of a socket pair is the sock
 * under test, the other the peer's descriptor. */
#pragma once
#include "base/buf.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock_impl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
    struct slice script;
    int fd;
    struct sock *sock; /* until somebody takes it over */
    struct buf got;    /* what the peer has read */
};

static inline void peer_must(err e)
{
    if (err_failed(e))
        abort();
}

static inline void peer_check(bool fine)
{
    if (!fine)
        abort();
}

/* A few turns of the loop. */
static inline void peer_settle(void)
{
    for (int i = 0; i < 8; i++)
        peer_must(fiber_yield());
}

static inline uint8_t peer_byte(struct peer *p)
{
    if (p->script.n == 0)
        return 0;
    uint8_t b = p->script.p[0];
    p->script = slice_from(p->script, 1);
    return b;
}

/* The next bytes of the script, as many as its next byte says. */
static inline struct slice peer_bytes(struct peer *p)
{
    size_t n = peer_byte(p);
    n = MIN(n, p->script.n);
    struct slice s = slice_of(p->script.p, n);
    p->script = slice_from(p->script, n);
    return s;
}

static inline void peer_send(struct peer *p, struct slice s)
{
    if (p->fd >= 0 && s.n)
        (void)!send(p->fd, s.p, s.n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Read at most n bytes. */
static inline void peer_receive(struct peer *p, size_t n)
{
    while (p->fd >= 0 && n) {
        size_t m = MIN(n, (size_t)65536);
        ssize_t got = recv(p->fd, buf_reserve(&p->got, m), m, MSG_DONTWAIT);
        if (got <= 0)
            return;
        buf_advance(&p->got, (size_t)got);
        n -= (size_t)got;
    }
}

static inline void peer_close(struct peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

/* What every script can do; op is below PEER_N_OPS. */
enum {
    PEER_SEND = 0,
    PEER_SEND_BYTEWISE,
    PEER_TIME,
    PEER_RECEIVE,
    PEER_SETTLE,
    PEER_SHUT,
    PEER_CLOSE,
    PEER_N_OPS
};

static inline void peer_act(struct peer *p, unsigned op)
{
    struct slice s;
    switch (op) {
    case PEER_SEND: peer_send(p, peer_bytes(p)); break;
    case PEER_SEND_BYTEWISE:
        s = peer_bytes(p);
        for (size_t i = 0; i < s.n; i++) {
            peer_send(p, slice_of(s.p + i, 1));
            peer_must(fiber_yield());
        }
        break;
    case PEER_TIME:
        clock_test_advance((int64_t)peer_byte(p) * 500 * CLOCK_MS);
        peer_settle();
        break;
    case PEER_RECEIVE: peer_receive(p, (size_t)peer_byte(p) << 12); break;
    case PEER_SETTLE: peer_settle(); break;
    case PEER_SHUT:
        if (p->fd >= 0)
            shutdown(p->fd, SHUT_WR);
        break;
    case PEER_CLOSE: peer_close(p); break;
    }
}

static inline void peer_init(struct peer *p)
{
    int fds[2];
    peer_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    peer_must(sock_new(fds[0], &p->sock));
    memcpy(p->sock->peer_ip, "192.0.2.1", 10);
    memcpy(p->sock->name, "192.0.2.1:1", 12);
    p->fd = fds[1];
}

/* Run fn(p) with the input as script. Everything that it made must be freed when it returns. */
static inline int peer_run(const uint8_t *input, size_t n, void (*fn)(void *p))
{
    if (n > 4096)
        return 0;
    int64_t now_ns = 1000 * CLOCK_S;
    struct peer p = {.script = slice_of(input, n), .fd = -1};
    clock_test_set(&now_ns, now_ns);
    peer_must(core_run_fiber("fuzz", fn, &p));
    clock_test_set(NULL, 0);
    peer_close(&p);
    buf_deinit(&p.got);
    return 0;
}
