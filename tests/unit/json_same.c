/* SPDX-License-Identifier: Apache-2.0 */
#include "json_same.h"

#include "base/mem.h"

#include <stdio.h>

struct place {
    const struct place *outer;
    struct slice key;
    uint32_t index;
};

struct report {
    char *text;
    size_t size;
};

static size_t put_path(const struct place *at, char *out, size_t size)
{
    if (at->outer == NULL)
        return (size_t)snprintf(out, size, "$");
    size_t n = put_path(at->outer, out, size);
    if (n >= size)
        return n;
    if (at->key.p)
        return n + (size_t)snprintf(out + n, size - n, ".%.*s", SLICE_FMT(at->key));
    return n + (size_t)snprintf(out + n, size - n, "[%u]", at->index);
}

static bool differ(const struct report *r, const struct place *at, const struct json *x,
                   const struct json *y)
{
    char path[512];
    put_path(at, path, sizeof path);
    static const struct slice absent = {(const uint8_t *)"(absent)", 8};
    struct slice a = x ? x->raw : absent, b = y ? y->raw : absent;
    snprintf(r->text, r->size, "%s: expected %.*s, got %.*s", path, (int)MIN(a.n, (size_t)300),
             (const char *)a.p, (int)MIN(b.n, (size_t)300), (const char *)b.p);
    return false;
}

static double number(const struct json *v)
{
    return v->type == JSON_INT ? (double)v->i : v->type == JSON_UINT ? (double)v->u : v->d;
}

static bool is_number(const struct json *v)
{
    return json_is_integer(v) || json_is(v, JSON_DOUBLE);
}

static bool same_scalar(const struct json *x, const struct json *y)
{
    if (x->type != y->type)
        return is_number(x) && is_number(y) && number(x) == number(y);
    switch (x->type) {
    case JSON_BOOL: return x->b == y->b;
    case JSON_INT:
    case JSON_UINT: return x->u == y->u;
    case JSON_DOUBLE: return x->d == y->d;
    case JSON_STRING: return slice_eq(x->s, y->s);
    default: return true;
    }
}

static bool same_at(const struct report *r, const struct place *at, const struct json *x,
                    const struct json *y);

static bool same_object(const struct report *r, const struct place *at, const struct json *x,
                        const struct json *y)
{
    for (uint32_t i = 0; i < x->n; i++) {
        struct place inner = {at, x->members[i].key, 0};
        const struct json *other = json_get_slice(y, x->members[i].key);
        if (other == NULL)
            return differ(r, &inner, &x->members[i].value, NULL);
        if (!same_at(r, &inner, &x->members[i].value, other))
            return false;
    }
    for (uint32_t i = 0; i < y->n; i++) {
        struct place inner = {at, y->members[i].key, 0};
        if (json_get_slice(x, y->members[i].key) == NULL)
            return differ(r, &inner, NULL, &y->members[i].value);
    }
    return true;
}

static bool same_array(const struct report *r, const struct place *at, const struct json *x,
                       const struct json *y)
{
    for (uint32_t i = 0; i < x->n || i < y->n; i++) {
        struct place inner = {at, SLICE_EMPTY, i};
        if (i >= x->n || i >= y->n)
            return differ(r, &inner, i < x->n ? &x->items[i] : NULL,
                          i < y->n ? &y->items[i] : NULL);
        if (!same_at(r, &inner, &x->items[i], &y->items[i]))
            return false;
    }
    return true;
}

static bool same_at(const struct report *r, const struct place *at, const struct json *x,
                    const struct json *y)
{
    if (json_is(x, JSON_OBJECT) && json_is(y, JSON_OBJECT))
        return same_object(r, at, x, y);
    if (json_is(x, JSON_ARRAY) && json_is(y, JSON_ARRAY))
        return same_array(r, at, x, y);
    return same_scalar(x, y) || differ(r, at, x, y);
}

bool json_same(const struct json *expected, const struct json *actual, char *why, size_t why_size)
{
    struct report r = {why, why_size};
    struct place top = {0};
    return same_at(&r, &top, expected, actual);
}

bool json_same_text(struct slice expected, struct slice actual, char *why, size_t why_size)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json_opts opts = {.max_depth = 128};
    struct json x, y;
    if (err_failed(json_parse(expected, &opts, a, &x, NULL))) {
        snprintf(why, why_size, "the expected text is malformed: %s", err_text());
        return false;
    }
    if (err_failed(json_parse(actual, &opts, a, &y, NULL))) {
        snprintf(why, why_size, "malformed: %s: %.*s", err_text(), (int)MIN(actual.n, (size_t)1000),
                 (const char *)actual.p);
        return false;
    }
    return json_same(&x, &y, why, why_size);
}
