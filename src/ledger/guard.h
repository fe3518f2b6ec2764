/* SPDX-License-Identifier: Apache-2.0 */
/* Damage in a mapped file ends a program: pages that are not there are SIGBUS, a wild page number
 * is SIGSEGV, and LMDB aborts at what it finds impossible. What runs under a guard comes back with
 * an error instead.
 *
 * What reads objects in place has no guard. There a page that cannot be read (SIGBUS: only files
 * that are mapped have such) leaves a mark before the process ends, so that the next start does not
 * read the same page again. */
#pragma once
#include "base/err.h"

#include <setjmp.h>

/* Run fn(arg); it must not yield. A fault or a guard_abort meanwhile ends it where it is: what it
 * holds is lost, so it should hold nothing that matters outside the library. ERR_CORRUPT then, with
 * `what` in the text. Nests. Some 10 ns. */
ERR guard_run(err (*fn)(void *arg), void *arg, const char *what);
/* From a library that is about to abort: ends the guarded function of this thread. Returns if there
 * is none: then the marks are left. */
void guard_abort(const char *why);

struct guard_mark;
/* From now on such a fault, or guard_abort without a guard, makes the file `path`. The first call
 * installs the handlers of SIGSEGV and SIGBUS; what is not ours goes on to the handlers before
 * them. At most 16 at a time, more are not watched. */
struct guard_mark *guard_watch(const char *path);
struct guard_mark *guard_unwatch(struct guard_mark *m); /* accepts NULL */
