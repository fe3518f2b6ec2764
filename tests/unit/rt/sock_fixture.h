/* SPDX-License-Identifier: Apache-2.0 */
/* A server on the current core for tests of socks. */
#pragma once
#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "test.h"

#define SOON (clock_now_ns() + 10 * CLOCK_S)

/* Listen on this core only, on any free port. */
static inline struct sock_listener *sock_fixture_listen(void (*on_accept)(void *, struct sock *,
                                                                          const char *),
                                                        void *arg, uint32_t max_connections)
{
    struct core *self = core_current();
    struct sock_listen_opts opts = {.ip = "127.0.0.1",
                                    .cores = &self,
                                    .n_cores = 1,
                                    .max_connections = max_connections,
                                    .on_accept = on_accept,
                                    .arg = arg};
    struct sock_listener *l = NULL;
    ASSERT_OK(sock_listen(&opts, &l));
    ASSERT(sock_listener_port(l) != 0);
    return l;
}

static inline struct sock *sock_fixture_connect(const struct sock_listener *l)
{
    struct sock *s = NULL;
    ASSERT_OK(sock_connect("127.0.0.1", sock_listener_port(l), SOON, &s));
    return s;
}

/* Read exactly n bytes. */
static inline void sock_fixture_read(struct sock *s, void *p, size_t n)
{
    for (size_t got = 0, m; got < n; got += m) {
        ASSERT_OK(sock_read(s, (char *)p + got, n - got, SOON, &m));
        ASSERT(m > 0);
    }
}

static inline void sock_fixture_expect_end(struct sock *s)
{
    char c;
    size_t n = 1;
    ASSERT_OK(sock_read(s, &c, 1, SOON, &n));
    ASSERT_INT(0, n);
}
