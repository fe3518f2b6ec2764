/* SPDX-License-Identifier: Apache-2.0 */
#include "web/held.h"

#include "base/mem.h"
#include "rt/clock.h"

#define LOOK_NS (100 * CLOCK_MS)

void held_add(struct web_core *wc, struct guard_client *c, int64_t waiting, int64_t running)
{
    wc->held_bytes += waiting + running;
    guard_hold(c, waiting, running);
}

bool held_may_come(const struct web_core *wc, const struct guard_client *c, size_t bytes)
{
    size_t held = guard_waiting_bytes(c) + guard_running_bytes(c);
    return (size_t)wc->held_bytes + bytes <= HELD_CORE_HARD &&
           (guard_whitelisted(c) || held + bytes <= HELD_CLIENT_HARD);
}

bool held_may_start(const struct web_core *wc, const struct guard_client *c)
{
    return (size_t)wc->held_bytes <= HELD_CORE_SOFT &&
           (guard_whitelisted(c) || guard_running_bytes(c) <= HELD_CLIENT_SOFT);
}

bool held_may_grow(const struct web_core *wc, const struct guard_client *c, size_t more)
{
    return held_may_come(wc, c, more);
}

void held_init(struct held *h, struct web_core *wc, size_t (*queued)(const struct held *h))
{
    list_init(&h->link);
    h->wc = wc;
    h->client = NULL;
    h->bytes = 0;
    h->queued = queued;
}

static void count(struct held *h, size_t now)
{
    held_add(h->wc, h->client, 0, (int64_t)now - (int64_t)h->bytes);
    h->bytes = now;
    if (now)
        return;
    list_unlink(&h->link);
    guard_put(h->wc->web->guard, h->client);
    h->client = NULL;
}

void held_note(struct held *h, struct guard_client *c)
{
    size_t now = h->queued(h);
    if (now == 0 && h->client == NULL)
        return;
    if (h->client == NULL) {
        h->client = guard_ref(c);
        list_push_back(&h->wc->held, &h->link);
        if (!timer_armed(&h->wc->held_timer))
            timer_start(&h->wc->held_timer, clock_now_ns() + LOOK_NS);
    }
    count(h, now);
}

void held_drop(struct held *h)
{
    if (h->client)
        count(h, 0);
}

static void look(struct timer *t)
{
    struct web_core *wc = container_of(t, struct web_core, held_timer);
    LIST_EACH(it, &wc->held)
    {
        struct held *h = LIST_ENTRY(it, struct held, link);
        count(h, h->queued(h));
    }
    if (!list_empty(&wc->held))
        timer_start(t, clock_now_ns() + LOOK_NS);
}

void held_start(struct web_core *wc)
{
    list_init(&wc->held);
    timer_init(&wc->held_timer, look);
}

void held_stop(struct web_core *wc)
{
    timer_stop(&wc->held_timer);
}
