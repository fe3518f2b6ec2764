/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking work (files, stores, name look-ups, large compressions) runs on a pool of threads while
 * the fiber waits. Called off a fiber (the apply thread, a test), or with no pool started, the work
 * simply runs in place. */
#pragma once
#include "base/err.h"

#include <stdint.h>

struct offload_opts {
    uint32_t n_threads;  /* 0 = default 4 */
    uint32_t max_queued; /* jobs waiting; more gives ERR_BUSY. 0 = default 4096 */
};

/* The pool is one per process, started by app (or a test). Errors: ERR_IO. */
ERR offload_start(const struct offload_opts *opts);
/* Finishes what runs and what is queued, then ends the threads. Stop the cores first: jobs report
 * to them. */
void offload_stop(void);

/* Run fn(arg) on the pool and return its result (with its error text). The wait is not cancellable:
 * `arg` lives on the caller's stack. fn runs on a thread without a core: it must not use fibers,
 * timers or socks, nor data of a core that others may touch meanwhile. Errors: fn's, ERR_BUSY. */
YIELDS ERR offload_run(err (*fn)(void *arg), void *arg);
