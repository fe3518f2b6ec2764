/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/choice.h"

#include "base/mem.h"
#include "net/ws_frame.h"
#include "rt/clock.h"

/* 0 is best. */
static int rank(const struct choice_source *s, int64_t now_ns)
{
    if (s->blamed_until_ns > now_ns)
        return 2;
    return s->slow_until_ns > now_ns;
}

int32_t choice_pick(const struct choice_source *sources, uint32_t n, uint32_t start, int64_t now_ns)
{
    int32_t best = -1;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = (start + i) % n;
        const struct choice_source *s = &sources[at];
        if (s->has && !s->tried && (best < 0 || rank(s, now_ns) < rank(&sources[best], now_ns)))
            best = (int32_t)at;
    }
    return best;
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
