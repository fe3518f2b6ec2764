/* SPDX-License-Identifier: Apache-2.0 */
/* What a source says it holds, and of what network it is: ranges stay in order whatever comes. */
#include "base/arena.h"
#include "fuzz.h"
#include "rippled/link.h"
#include "rippled/ranges.h"

#include <stdlib.h>

static void expect_order(const struct ranges *r)
{
    if (r->n > RANGES_MAX)
        abort();
    for (uint32_t i = 0; i < r->n; i++) {
        const struct ranges_span *s = &r->spans[i];
        if (s->first > s->last || (i && s->first <= r->spans[i - 1].last))
            abort();
        if (!ranges_has(r, s->first) || !ranges_has(r, s->last))
            abort();
    }
    if (r->n && ranges_last(r) != r->spans[r->n - 1].last)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct ranges r = {.n = 1, .spans = {{7, 9}}};
    if (ranges_parse(slice_of(p, n), &r))
        expect_order(&r);
    else if (r.n != 1 || r.spans[0].first != 7 || r.spans[0].last != 9)
        abort();
    uint32_t network;
    struct arena *a = arena_new(1 << 20);
    (void)link_network_of(slice_of(p, n), a, &network);
    (void)link_is_for_admin(slice_of(p, n), a);
    arena_free(a);
    return 0;
}
