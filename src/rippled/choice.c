/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/choice.h"

#include "base/mem.h"
#include "net/ws_frame.h"
#include "rt/clock.h"

static int32_t pick_if(const struct choice_source *sources, uint32_t n, uint32_t start,
                       int64_t now_ns, bool also_slow)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = (start + i) % n;
        const struct choice_source *s = &sources[at];
        if (s->has && !s->tried && s->avoid_until_ns <= now_ns &&
            (also_slow || s->slow_until_ns <= now_ns))
            return (int32_t)at;
    }
    return -1;
}

int32_t choice_pick(const struct choice_source *sources, uint32_t n, uint32_t start, int64_t now_ns,
                    int64_t *ret_wait_ns)
{
    *ret_wait_ns = CLOCK_NEVER;
    int32_t found = pick_if(sources, n, start, now_ns, false);
    if (found < 0)
        found = pick_if(sources, n, start, now_ns, true);
    if (found >= 0)
        return found;
    for (uint32_t i = 0; i < n; i++)
        if (sources[i].has && !sources[i].tried)
            *ret_wait_ns = MIN(*ret_wait_ns, sources[i].avoid_until_ns);
    return -1;
}

int64_t choice_backoff(uint32_t n, int64_t first_ns, int64_t max_ns)
{
    int64_t pause = first_ns;
    for (uint32_t i = 1; i < n && pause < max_ns; i++)
        pause *= 2;
    return MIN(pause, max_ns);
}

int64_t choice_backoff_jitter(uint32_t n, int64_t first_ns, int64_t max_ns)
{
    return choice_backoff(n, first_ns, max_ns) / 100 * (80 + (int64_t)choice_random(41));
}

uint32_t choice_random(uint32_t n)
{
    uint32_t v = 0;
    ws_frame_random(&v, sizeof(v));
    return v % n;
}
