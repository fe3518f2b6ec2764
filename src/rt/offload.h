/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking work (files, stores, name look-ups, large compressions) runs on a pool of threads while
 * the fiber waits. Called off a fiber (the apply thread, a test), or with no pool started, the work
 * simply runs in place. */
#pragma once
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct offload_opts {
    uint32_t n_threads;           /* that may block; 0 = default 4 */
    uint32_t max_queued;          /* jobs waiting; more gives ERR_BUSY. 0 = default 4096 */
    uint32_t max_queued_requests; /* the same for jobs of fibers that have a deadline (requests):
                                     what needs a disk that hangs must not take the places of what
                                     does not. 0 = as max_queued */
};

/* The pool is one per process, started by app (or a test). Errors: ERR_IO. */
ERR offload_start(const struct offload_opts *opts);
/* Finishes what runs and what is queued, then ends the threads. Stop the cores first: jobs report
 * to them. */
void offload_stop(void);

/* Run fn(arg) on the pool and return its result (with its error text). fn runs on a thread without
 * a core: it must not use fibers, timers or socks, nor data of a core that others may touch
 * meanwhile.
 *
 * The wait ends at the fiber's deadline, or when it is cancelled, as far as `arg` allows, which
 * lives on the caller's stack: work that still queues is taken back at once; work that runs is told
 * (offload_unwanted) and waited for. So one disk that hangs holds the fibers whose reads it has,
 * one for each thread of the pool, and no others. Errors: fn's, ERR_BUSY, ERR_TIMEOUT,
 * ERR_CANCELLED. */
YIELDS ERR offload_run(err (*fn)(void *arg), void *arg);
/* Within fn: nobody waits for the result any more. Long work asks now and then, and ends with
 * ERR_CANCELLED. Elsewhere: false. */
bool offload_unwanted(void);

/* The same for work that only computes: it has a thread of its own, besides those of the pool, so a
 * disk that hangs does not hold it up. */
YIELDS ERR offload_compute(err (*fn)(void *arg), void *arg);
