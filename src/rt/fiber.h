/* SPDX-License-Identifier: Apache-2.0 */
/* Fibers: functions that can wait without blocking their core. A fiber never leaves its core.
 * Rules: across a YIELDS call keep no pointer into shared containers; every wait has a deadline
 * (clock_now_ns based, CLOCK_NEVER if truly unbounded) and gives ERR_CANCELLED once the fiber is
 * cancelled. */
#pragma once
#include "base/err.h"
#include "base/list.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct fiber;
typedef void (*fiber_fn)(void *arg);

/* Start a fiber on the current core; it first runs when the caller gives up the core (soon). `name`
 * is a literal, for debuggers. The fiber frees itself at its end. */
struct fiber *fiber_spawn(const char *name, fiber_fn fn, void *arg);
/* As fiber_spawn, but runs at once, until its first wait; the caller (loop or fiber) goes on then.
 * Returns nothing because the fiber may have ended by then. About 50 ns. */
void fiber_spawn_now(const char *name, fiber_fn fn, void *arg);
/* The same for work that a peer asks for: NULL or false, and nothing is run, when the process may
 * have no more stacks. (The others take from a reserve then.) */
struct fiber *fiber_try_spawn(const char *name, fiber_fn fn, void *arg);
bool fiber_try_spawn_now(const char *name, fiber_fn fn, void *arg);

struct fiber *fiber_current(void); /* NULL when not on a fiber */

/* Cancel: the fiber's current and later waits give ERR_CANCELLED. Same core only; idempotent. */
void fiber_cancel(struct fiber *f);
bool fiber_cancelled(void); /* of the current fiber; false when not on one */

/* Let others run once. OK or ERR_CANCELLED. */
YIELDS ERR fiber_yield(void);
/* For long loops: yields when the current fiber has run for more than 200 us, else returns at once
 * (some ns). Not on a fiber: always OK. */
YIELDS ERR fiber_breathe(void);
/* Sleep until the deadline. OK or ERR_CANCELLED. Not on a fiber: blocks the thread. */
YIELDS ERR fiber_sleep_until(int64_t deadline_ns);

/* Until when the request that the current fiber works for is worth anything (clock_now_ns based;
 * CLOCK_NEVER = no limit, and when not on a fiber). Set by who takes the request (the engine) and
 * read by waits far below that were handed no deadline, such as a store's. A new fiber has none;
 * those of a fiber_group and of core_call inherit it from their maker. Setting it off a fiber does
 * nothing. */
void fiber_set_deadline(int64_t deadline_ns);
int64_t fiber_deadline(void);

/* From its next wait on the current fiber takes the time of this share (share.h), as do fibers that
 * it starts. A new one works for whom its maker worked for. */
void fiber_set_share(uint16_t share);

/* What the current fiber works on, for last words and reports: `text` is read while it stands, up
 * to the end of the fiber. Off a fiber it does nothing. */
void fiber_set_doing(const char *kind, struct slice text);
/* What the calling thread's fiber is and does, into n bytes; empty when not on one. For
 * crash_set_describe. */
void fiber_describe(char *out, size_t n);

/* The primitive under every wait: give up the core until fiber_wake(f) or the deadline. Returns OK
 * when woken, ERR_TIMEOUT or ERR_CANCELLED. Each wake ends one park, the present or the next; other
 * waits (sleep, conditions, socks, offload) leave a wake that is not theirs to the next park. Must
 * be on a fiber. */
YIELDS ERR fiber_park(int64_t deadline_ns);
/* As fiber_park but ignores cancellation (for waiting on something that uses our stack). */
YIELDS ERR fiber_park_uncancellable(void);
/* Park until *done, set by somebody who then calls fiber_wake: what most waits want. OK once *done,
 * even if the deadline or a cancellation came at the same time; else ERR_TIMEOUT or ERR_CANCELLED.
 */
YIELDS ERR fiber_park_for(const bool *done, int64_t deadline_ns);
YIELDS void fiber_park_for_uncancellable(const bool *done);
/* Make a parked fiber runnable; a wake before the park is remembered (one). Same core only. */
void fiber_wake(struct fiber *f);

/* A condition: fibers of one core wait, another fiber (or callback) of that core signals. */
struct fiber_cond {
    struct list waiters;
};
void fiber_cond_init(struct fiber_cond *c);
YIELDS ERR fiber_cond_wait(struct fiber_cond *c,
                           int64_t deadline_ns); /* OK, ERR_TIMEOUT, ERR_CANCELLED */
void fiber_cond_signal(struct fiber_cond *c);    /* wakes the oldest waiter, if any */
void fiber_cond_broadcast(struct fiber_cond *c);

/* Mutual exclusion between the fibers of a core, first come first served. */
struct fiber_mutex {
    struct fiber *owner;
    struct fiber_cond cond;
};
void fiber_mutex_init(struct fiber_mutex *m);
YIELDS ERR fiber_mutex_lock(struct fiber_mutex *m, int64_t deadline_ns);
void fiber_mutex_unlock(struct fiber_mutex *m);

/* Children that must not outlive a scope. */
struct fiber_group {
    struct list members;
    uint32_t n_running;
    bool cancelled; /* being cancelled: new members are born cancelled */
    struct fiber_cond done;
};
void fiber_group_init(struct fiber_group *g);
struct fiber *fiber_group_spawn(struct fiber_group *g, const char *name, fiber_fn fn, void *arg);
YIELDS void
fiber_group_join(struct fiber_group *g); /* waits for all; not interrupted by cancellation */
YIELDS void fiber_group_cancel(struct fiber_group *g); /* cancels all, then joins */

/* Asserts (debug builds) that the enclosing scope does not yield. */
struct fiber_no_yield {
    struct fiber *fiber;
};
struct fiber_no_yield fiber_no_yield_enter(void);
void fiber_no_yield_leave(struct fiber_no_yield *s);
#define NO_YIELD_SCOPE                                                                             \
    __attribute__((cleanup(fiber_no_yield_leave), unused)) struct fiber_no_yield no_yield_scope_ = \
        fiber_no_yield_enter()
