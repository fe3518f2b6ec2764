/* SPDX-License-Identifier: Apache-2.0 */
/* Run a function on another core and wait for it: how a fiber of one core, or a thread that is no
 * core (apply, pool, a test), has something done where its data lives. */
#pragma once
#include "base/err.h"

#include <stdint.h>

struct core;

typedef err (*core_call_fn)(void *arg);

/* Run fn(arg) on a new fiber of `c` and return its result, with its error text. On a fiber the
 * caller waits parked, on a thread without a core it blocks; a core's loop (its mail, its timers)
 * must not call. On a fiber of `c` itself fn simply runs in place.
 * `arg` may live on the caller's stack: the call always returns after fn has ended. A caller that
 * is cancelled has fn's fiber cancelled, and waits for its end. fn's fiber inherits the caller's
 * fiber_deadline. A core that has not started, or has ended, calls fn when it is started, or
 * freed: end callers before the cores they call. Errors: fn's. */
YIELDS ERR core_call(struct core *c, core_call_fn fn, void *arg);

/* The same on each of the cores, at the same time: fn finds its own by core_current, `arg` is
 * shared by all. Returns when all have ended; the error of the first in the list that failed. */
YIELDS ERR core_call_all(struct core *const *cores, uint32_t n, core_call_fn fn, void *arg);
