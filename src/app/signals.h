/* SPDX-License-Identifier: Apache-2.0 */
/* Signals of the process, taken by a thread of its own: they are heard whatever the cores do, and a
 * stop ends in time whatever hangs. One per process.
 *
 * TERM, INT: the first asks to stop, the second ends the process at once. HUP: reload. USR1, USR2,
 * QUIT: a log line. PIPE is ignored. */
#pragma once
#include "base/err.h"

#include <stdint.h>

/* Called on the signals' thread. */
struct signals_handler {
    void (*on_stop)(void *arg, int signum); /* once at most */
    void (*on_hangup)(void *arg);
    void *arg;
};

/* From now on signals are heard. A stop that takes longer than `stop_within_ns` ends the process
 * with status 1 and a line on standard error. Errors: ERR_IO. */
ERR signals_start(int64_t stop_within_ns);
/* A stop that was asked for before is handed on at once. */
void signals_set_handler(const struct signals_handler *handler);
/* The program stops for a reason of its own: the same time begins. Any thread. */
void signals_begin_stop(void);
/* Signals are as they were before signals_start. */
void signals_stop(void);
