/* SPDX-License-Identifier: Apache-2.0 */
/* What a core is made of. Internal to rt: its files are one module, the others use core.h. */
#pragma once
#include "base/buf.h"
#include "rt/core.h"
#include "rt/watch.h"
#include "rt/ready.h"
#include "rt/stack.h"
#include "rt/timer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#define CORE_READ_BYTES (64 * 1024)

/* The way to the end: each step is taken once no fiber is left. */
enum core_phase {
    CORE_PHASE_RUNNING = 0,
    CORE_PHASE_FIBERS, /* fibers are cancelled and finish */
    CORE_PHASE_NOTICE, /* owners of open socks have heard on_end */
    CORE_PHASE_CLOSE   /* what is still open has been closed; waiting for libuv */
};

struct core {
    uv_loop_t loop;
    uv_async_t async;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle; /* active while something is ready, so that the poll does not block */
    uv_timer_t uv_timer;
    uv_poll_t epoll_watch;
    int epoll_fd; /* the socks' own instance: see watch.h */

    _Atomic(struct core_mail *) inbox; /* newest first */
    atomic_bool stop_wanted;
    _Atomic int32_t load;

    struct list all_node; /* core_all */
    uint32_t index;
    enum core_phase phase;
    pthread_t thread;
    pthread_t runs_on; /* valid while `running` */
    _Atomic bool running;

    _Atomic uint64_t turns; /* of the loop: for stuck.h */
    _Atomic bool polling;   /* waits for events, or does not run */

    struct fiber *current;
    struct list fibers; /* all */
    uint32_t n_fibers;
    struct stack_pool stacks;

    struct timer **heap; /* 1-based binary heap by deadline */
    uint32_t n_timers;
    uint32_t heap_cap;
    int64_t armed_ns; /* what uv_timer is set for; CLOCK_NEVER = not */

    struct ready_queue ready;
    int64_t slice_begun_ns;
    bool in_ready;

    struct list socks;
    struct list lingering; /* socks that have said their last word, the oldest first */
    uint32_t n_lingering;
    struct list listeners;
    uint32_t n_open;   /* socks, listeners and look-ups that are not freed yet */
    uint8_t *read_buf; /* CORE_READ_BYTES, lent to the sock that reads */
    struct buf plain;  /* what a filter makes of them, likewise */
    struct buf wire;   /* spare, for what a filter makes of what is written */
};

/* Cores that exist, for the test clock and for debuggers. */
extern struct list core_all;
/* Make every core look at its timers again. */
void core_poke_all(void);
/* Call fn for every core; none comes or goes meanwhile. */
void core_each(void (*fn)(struct core *c, void *arg), void *arg);

/* fiber.c */
void fiber_cancel_all(struct core *c);
/* timer.c */
void timer_fire_due(struct core *c);
void timer_arm_loop(struct core *c);
void timer_disarm_all(struct core *c);
/* sock.c, sock_listen.c. Have all handlers told that the core stops; have all been told? */
void sock_stop_notice(struct core *c);
bool sock_stop_noticed(const struct core *c);
void sock_stop_close(struct core *c);
void sock_listen_stop_close(struct core *c);
