/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/watch.h"

#include "rt/core_impl.h"
#include "rt/sock_impl.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MAX_EVENTS 256 /* more come in the next turn */

static void on_readable(uv_poll_t *h, int status, int events)
{
    (void)status, (void)events;
    struct core *c = h->data;
    struct epoll_event got[MAX_EVENTS];
    int n = epoll_wait(c->epoll_fd, got, MAX_EVENTS, 0);
    for (int i = 0; i < n; i++)
        sock_on_events(got[i].data.ptr, got[i].events);
}

err watch_open(struct core *c)
{
    c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (c->epoll_fd < 0)
        return FAIL(ERR_IO, "core: epoll: %s", strerror(errno));
    int rc = uv_poll_init(&c->loop, &c->epoll_watch, c->epoll_fd);
    if (rc == 0)
        rc = uv_poll_start(&c->epoll_watch, UV_READABLE, on_readable);
    if (rc) {
        watch_close(c);
        return FAIL(ERR_IO, "core: epoll: %s", uv_strerror(rc));
    }
    c->epoll_watch.data = c;
    return OK;
}

void watch_close(struct core *c)
{
    close(c->epoll_fd);
}

err watch_add(struct core *c, int fd, void *arg)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = arg};
    if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0)
        return FAIL(ERR_IO, "socket: epoll: %s", strerror(errno));
    return OK;
}
