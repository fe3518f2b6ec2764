/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json_peek.h"

#include "base/mem.h"
#include "json/json.h"

#define MAX_DEPTH 64

/* Walks over tokens; of nesting it knows the depth, not the kind. */
struct walker {
    const uint8_t *p;
    const uint8_t *end;
};

static void skip_space(struct walker *w)
{
    while (w->p < w->end && (*w->p == ' ' || *w->p == '\n' || *w->p == '\t' || *w->p == '\r'))
        w->p++;
}

static bool skip_char(struct walker *w, uint8_t c)
{
    skip_space(w);
    if (w->p == w->end || *w->p != c)
        return false;
    w->p++;
    return true;
}

/* w->p at the opening quote; *ret is what stands between the quotes. */
static bool skip_string(struct walker *w, struct slice *ret)
{
    const uint8_t *start = ++w->p;
    while (w->p < w->end && *w->p != '"')
        w->p += *w->p == '\\' && w->end - w->p > 1 ? 2 : 1;
    if (w->p >= w->end)
        return false;
    *ret = slice_of(start, (size_t)(w->p - start));
    w->p++;
    return true;
}

static bool ends_word(uint8_t c)
{
    return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* A number or a word: it is whole when something stands behind it. */
static bool skip_word(struct walker *w)
{
    const uint8_t *start = w->p;
    while (w->p < w->end && !ends_word(*w->p))
        w->p++;
    return w->p < w->end && w->p > start;
}

static bool skip_container(struct walker *w)
{
    struct slice inside;
    uint32_t depth = 0;
    do {
        if (w->p >= w->end)
            return false;
        uint8_t c = *w->p;
        if (c == '"') {
            if (!skip_string(w, &inside))
                return false;
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        w->p++;
    } while (depth && depth <= MAX_DEPTH);
    return depth == 0;
}

static bool skip_value(struct walker *w)
{
    struct slice inside;
    if (w->p == w->end)
        return false;
    if (*w->p == '{' || *w->p == '[')
        return skip_container(w);
    return *w->p == '"' ? skip_string(w, &inside) : skip_word(w);
}

/* Strictly read, as everything else that is passed on. */
static bool is_scalar(struct slice text)
{
    struct json v;
    CLEANUP(arena_freep) struct arena *a = arena_new(4096); /* for escapes */
    err e = json_parse(text, NULL, a, &v, NULL);
    return e.code == 0 && v.type != JSON_OBJECT && v.type != JSON_ARRAY;
}

struct slice json_peek(struct slice text, const char *key, size_t max_bytes)
{
    struct walker w = {text.p, text.p + (text.n < max_bytes ? text.n : max_bytes)};
    struct slice name;
    if (!skip_char(&w, '{'))
        return SLICE_EMPTY;
    do {
        skip_space(&w);
        if (w.p == w.end || *w.p != '"' || !skip_string(&w, &name) || !skip_char(&w, ':'))
            return SLICE_EMPTY;
        skip_space(&w);
        const uint8_t *start = w.p;
        if (!skip_value(&w))
            return SLICE_EMPTY;
        struct slice value = slice_of(start, (size_t)(w.p - start));
        if (slice_is(name, key))
            return is_scalar(value) ? value : SLICE_EMPTY;
    } while (skip_char(&w, ','));
    return SLICE_EMPTY;
}
