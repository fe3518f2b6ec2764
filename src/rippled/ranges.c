/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/ranges.h"

static bool parse_number(struct slice *text, uint32_t *ret)
{
    uint64_t v = 0;
    size_t i = 0;
    for (; i < text->n && text->p[i] >= '0' && text->p[i] <= '9' && i < 11; i++)
        v = v * 10 + (uint64_t)(text->p[i] - '0');
    if (i == 0 || v > UINT32_MAX)
        return false;
    *text = slice_from(*text, i);
    *ret = (uint32_t)v;
    return true;
}

static void skip_spaces(struct slice *text)
{
    while (text->n && text->p[0] == ' ')
        *text = slice_from(*text, 1);
}

static bool parse_span(struct slice *text, struct ranges_span *ret)
{
    skip_spaces(text);
    if (!parse_number(text, &ret->first))
        return false;
    ret->last = ret->first;
    if (text->n && text->p[0] == '-') {
        *text = slice_from(*text, 1);
        if (!parse_number(text, &ret->last))
            return false;
    }
    skip_spaces(text);
    return ret->first <= ret->last;
}

/* Keep spans sorted; the oldest one gives way when there are too many. */
static void insert(struct ranges *r, struct ranges_span s)
{
    if (r->n == RANGES_MAX) {
        if (s.last < r->spans[0].first)
            return;
        memmove(r->spans, r->spans + 1, sizeof(r->spans[0]) * --r->n);
    }
    uint32_t at = r->n;
    while (at > 0 && r->spans[at - 1].first > s.first)
        at--;
    memmove(r->spans + at + 1, r->spans + at, sizeof(s) * (r->n - at));
    r->spans[at] = s;
    r->n++;
}

static void merge(struct ranges *r)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        struct ranges_span s = r->spans[i];
        if (n && (uint64_t)r->spans[n - 1].last + 1 >= s.first) {
            if (r->spans[n - 1].last < s.last)
                r->spans[n - 1].last = s.last;
        } else {
            r->spans[n++] = s;
        }
    }
    r->n = n;
}

bool ranges_parse(struct slice text, struct ranges *ret)
{
    struct ranges r = {0};
    if (slice_is(text, "empty"))
        text = SLICE_EMPTY;
    while (text.n) {
        struct ranges_span s;
        if (!parse_span(&text, &s))
            return false;
        insert(&r, s);
        if (text.n == 0)
            break;
        if (text.p[0] != ',' || text.n == 1)
            return false;
        text = slice_from(text, 1);
    }
    merge(&r);
    *ret = r;
    return true;
}

bool ranges_has(const struct ranges *r, uint32_t seq)
{
    for (uint32_t i = 0; i < r->n; i++)
        if (seq >= r->spans[i].first && seq <= r->spans[i].last)
            return true;
    return false;
}

uint32_t ranges_last(const struct ranges *r)
{
    return r->n ? r->spans[r->n - 1].last : 0;
}
