/* SPDX-License-Identifier: Apache-2.0 */
/* The last words of a program that ends by a fault of its own: signal, thread, what it was doing,
 * and a backtrace with names, on standard error; then the signal does what it always does. */
#pragma once
#include <stddef.h>

/* Handle SEGV, BUS, ABRT, ILL and FPE from now on. Once, before other threads start. */
void crash_install(void);
/* A stack for the handler of this thread: for overflows of its own. Each thread, once. */
void crash_thread(void);

/* What this thread is doing ("ledger 5"), for last words; replaces what was said before. */
void crash_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Tells more of what the calling thread is doing, in at most n bytes with the NUL; called from a
 * signal handler. One for the program. */
void crash_set_describe(void (*describe)(char *out, size_t n));

/* The backtrace of the caller, one line a function, to a file descriptor. Async-signal-safe. */
void crash_backtrace(int fd);
/* Where this thread is and what it is doing, with `why`, to standard error. Async-signal-safe. */
void crash_report(const char *why);
