/* SPDX-License-Identifier: Apache-2.0 */
/* One-shot timers of a core. Embedded by their owner; the callback runs on the loop (it must not
 * yield). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct timer {
    int64_t deadline_ns;
    uint32_t heap_index; /* 0 = not armed */
    void (*fire)(struct timer *t);
};

void timer_init(struct timer *t, void (*fire)(struct timer *t));
/* Arm (or re-arm) on the current core. */
void timer_start(struct timer *t, int64_t deadline_ns);
/* Idempotent. The end of a core stops its timers: then this may be called from anywhere. */
void timer_stop(struct timer *t);
static inline bool timer_armed(const struct timer *t)
{
    return t->heap_index != 0;
}
