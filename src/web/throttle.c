/* SPDX-License-Identifier: Apache-2.0 */
#include "web/throttle.h"

#include "base/mem.h"
#include "rt/clock.h"

/* Nobody is held longer than this at a time, however large the debt. */
#define MAX_HOLD_NS (10 * CLOCK_S)

static void fire(struct timer *timer)
{
    struct throttle *t = container_of(timer, struct throttle, timer);
    t->go_on(t);
}

void throttle_init(struct throttle *t, void (*go_on)(struct throttle *t))
{
    timer_init(&t->timer, fire);
    t->go_on = go_on;
    t->until_ns = 0;
    t->strikes = 0;
}

enum throttle_verdict throttle_refused(struct throttle *t, struct guard *g, struct guard_client *c)
{
    if (guard_refusal(g, c) <= THROTTLE_MAX_REFUSALS)
        return THROTTLE_TELL;
    if (timer_armed(&t->timer)) /* what was in work when it was held */
        return THROTTLE_HOLD;
    int64_t now_ns = clock_now_ns(), until_ns = guard_within_at(g, c);
    int64_t hold_ns = MIN(until_ns - now_ns, MAX_HOLD_NS);
    /* quiet for as long as it had been held: it has listened */
    bool again = t->until_ns && now_ns - t->until_ns <= MAX(hold_ns, CLOCK_S);
    t->strikes = again ? t->strikes + 1 : 1;
    if (t->strikes > THROTTLE_MAX_STRIKES)
        return THROTTLE_CLOSE;
    t->until_ns = now_ns + hold_ns;
    timer_start(&t->timer, t->until_ns);
    return THROTTLE_HOLD;
}

void throttle_stop(struct throttle *t)
{
    timer_stop(&t->timer);
}
