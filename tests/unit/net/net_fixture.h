/* SPDX-License-Identifier: Apache-2.0 */
/* Servers on the current core and raw clients, for tests of src/net. */
#pragma once
#include "base/buf.h"
#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "test.h"

#define SOON (clock_now_ns() + 20 * CLOCK_S)

static inline struct sock_listener *
net_listen(void (*on_accept)(void *, struct sock *, const char *), void *arg)
{
    struct core *self = core_current();
    struct sock_listen_opts opts = {
        .ip = "127.0.0.1", .cores = &self, .n_cores = 1, .on_accept = on_accept, .arg = arg};
    struct sock_listener *l = NULL;
    ASSERT_OK(sock_listen(&opts, &l));
    return l;
}

static inline struct sock *net_connect(uint16_t port)
{
    struct sock *s = NULL;
    ASSERT_OK(sock_connect("127.0.0.1", port, SOON, &s));
    return s;
}

/* Let callbacks of the loop run a few times. */
static inline void net_settle(void)
{
    for (int i = 0; i < 20; i++)
        ASSERT_OK(fiber_yield());
}

static inline void net_send(struct sock *s, const char *text)
{
    ASSERT_OK(sock_write(s, slice_str(text)));
}

/* Append to *b until it has n bytes; fails the test at an early end. */
static inline void net_read_n(struct sock *s, struct buf *b, size_t n)
{
    while (b->n < n) {
        size_t got;
        ASSERT_OK(sock_read(s, buf_reserve(b, n - b->n), n - b->n, SOON, &got));
        ASSERT(got > 0);
        buf_advance(b, got);
    }
}

/* Append to *b until `text` has come. */
static inline void net_read_until(struct sock *s, struct buf *b, const char *text)
{
    while (b->n == 0 || memmem(b->p, b->n, text, strlen(text)) == NULL) {
        size_t got;
        ASSERT_OK(sock_read(s, buf_reserve(b, 4096), 4096, SOON, &got));
        if (got == 0)
            test_fail(__FILE__, __LINE__, "no \"%s\" in \"%.*s\"", text, SLICE_FMT(buf_slice(b)));
        buf_advance(b, got);
    }
}

/* Append to *b until the peer closes (also by reset). */
static inline void net_read_end(struct sock *s, struct buf *b)
{
    for (;;) {
        size_t got = 0;
        err e = sock_read(s, buf_reserve(b, 4096), 4096, SOON, &got);
        ASSERT(e.code == 0 || e.code == ERR_IO);
        if (got == 0)
            return;
        buf_advance(b, got);
    }
}

static inline bool net_has(const struct buf *b, const char *text)
{
    return b->n && memmem(b->p, b->n, text, strlen(text)) != NULL;
}

static inline int net_count(const struct buf *b, const char *text)
{
    int n = 0;
    for (struct slice s = buf_slice(b); s.n;) {
        const uint8_t *at = memmem(s.p, s.n, text, strlen(text));
        if (at == NULL)
            break;
        n++;
        s = slice_from(s, (size_t)(at - s.p) + 1);
    }
    return n;
}
