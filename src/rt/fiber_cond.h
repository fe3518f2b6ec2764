/* SPDX-License-Identifier: Apache-2.0 */
/* A condition's waiting side, for what is built from conditions. Internal to rt. */
#pragma once
#include "rt/fiber.h"

struct fiber_cond_waiter {
    struct list node;
    struct fiber *fiber;
    bool signalled;
};

/* Wake the oldest waiter and say who it was; NULL when there is none. A waiter that was taken gets
 * OK, even if its deadline or a cancellation came first: what is handed over with the signal is
 * never lost. */
struct fiber *fiber_cond_take(struct fiber_cond *c);
YIELDS void fiber_cond_wait_uncancellable(struct fiber_cond *c);
