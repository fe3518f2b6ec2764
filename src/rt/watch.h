/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says of a core's socks: one edge-triggered epoll instance, which the loop
 * watches. A sock is registered once for everything, so pausing, resuming and waiting for room cost
 * no system call, and a paused sock still hears that its peer has gone. Internal to rt. */
#pragma once
#include "base/err.h"

#include <stdint.h>

struct core;

/* Make and close the core's instance. Errors: ERR_IO. */
ERR watch_open(struct core *c);
void watch_close(struct core *c);
/* Watch a descriptor until it is closed; events (EPOLLIN | ...) go to sock_on_events(arg). Errors:
 * ERR_IO. */
ERR watch_add(struct core *c, int fd, void *arg);
