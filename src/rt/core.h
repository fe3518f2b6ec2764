/* SPDX-License-Identifier: Apache-2.0 */
/* A core: one thread with a libuv loop, its fibers, its timers and its mailbox. What belongs to a
 * core is touched on that core only; other threads send it mail. */
#pragma once
#include "base/err.h"
#include "base/list.h"

#include <stdint.h>

struct core;
struct uv_loop_s;

/* A message to a core: embed it, set `run`. Ownership moves with it; `run` is called on the
 * receiving core (on its loop, not on a fiber: it must not yield; it may spawn a fiber). */
struct core_mail {
    struct core_mail *next; /* the mailbox's own */
    void (*run)(struct core_mail *mail);
};

struct core_opts {
    uint32_t index;             /* 0.. */
    uint32_t fiber_stack_bytes; /* 0 = default (64 KiB usable) */
    uint32_t max_idle_stacks;   /* pooled stacks kept; 0 = default */
};

/* Make a core and its loop; nothing runs yet. Errors: ERR_IO. */
ERR core_new(const struct core_opts *opts, struct core **ret);
struct core *core_free(struct core *c); /* not running; accepts NULL */

/* Run the loop on the calling thread until core_stop. */
void core_run(struct core *c);
/* Run on a new thread; core_join waits for its end. Errors: ERR_IO. */
ERR core_start(struct core *c);
void core_join(struct core *c);
/* Ask the core to stop; any thread, idempotent. Its fibers are cancelled (those spawned from now on
 * are born cancelled). Once all have finished, listeners close and the handlers of open socks hear
 * on_end(ERR_CANCELLED); what their owners leave open is then closed and freed, and the loop ends.
 * Mail that comes later is run by core_free. */
void core_stop(struct core *c);

/* For tests and tools: make a core, run fn(arg) on a fiber of it on the calling thread, and when fn
 * returns stop and free the core. Errors: ERR_IO. */
ERR core_run_fiber(const char *name, void (*fn)(void *arg), void *arg);

/* The core of the calling thread; NULL on other threads. Inline: asked several times a request. */
extern __thread struct core *core_own; /* core_run's to set */
static inline struct core *core_current(void)
{
    return core_own;
}
uint32_t core_index(const struct core *c);
struct uv_loop_s *core_loop(struct core *c);

/* Put mail into c's mailbox. Any thread; one wake-up for many mails. */
void core_post(struct core *c, struct core_mail *mail);

/* The load of a core, for the acceptor. Accepted socks count 1 each from accept to close (sock does
 * it); owners of heavy ones may add weight, and take it away again. Any thread. */
void core_load_add(struct core *c, int32_t n);
int32_t core_load(const struct core *c);
