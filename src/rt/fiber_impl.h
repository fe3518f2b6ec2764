/* SPDX-License-Identifier: Apache-2.0 */
/* A fiber's own record; it stands at the top of its stack. Internal to rt (and read by
 * tools/gdb/fibers.py). */
#pragma once
#include "rt/context.h"
#include "rt/fiber.h"
#include "rt/ready.h"
#include "rt/timer.h"

/*   spawn          resume            park              wake, deadline, cancel
 *  ───────▶ READY ────────▶ RUNNING ──────▶ PARKED ─────────────────────────▶ READY
 *             ▲     yield      │ fn returns
 *             └────────────────┴──────────▶ DONE (the stack goes back to the pool)        */
enum fiber_state {
    FIBER_STATE_NONE = 0,
    FIBER_STATE_READY,
    FIBER_STATE_RUNNING, /* or waiting for a fiber that it started with fiber_spawn_now */
    FIBER_STATE_PARKED,
    FIBER_STATE_DONE
};

struct fiber {
    struct ready ready;     /* its turn, in the share of whom it works for */
    struct list all_node;   /* in the core's fibers */
    struct list group_node; /* in group->members */
    struct fiber_group *group;
    struct core *core;
    const char *name;
    fiber_fn fn;
    void *arg;
    void *context; /* where it goes on; valid while it does not run */
    void *back;    /* who resumed it; valid while it runs */
    enum fiber_state state;
    bool cancelled;
    bool cancellable;  /* of the present park */
    bool parked;       /* READY out of a park whose result has not been taken yet */
    bool wake_pending; /* a wake came while not parked */
    int result;        /* of the park: 0 or an error code */
    int no_yield_depth;
    int64_t deadline_ns;    /* of what it works for: fiber_deadline */
    int64_t slice_start_ns; /* for fiber_breathe; 0 = not looked at the clock since resumed */
    struct timer timer;     /* deadline of the park */
    struct context_stack stack;
    struct context_stack back_stack;
    const char *doing_kind; /* NULL = not said */
    struct slice doing;
    struct err_slot slot;
};
