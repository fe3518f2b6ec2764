/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed bytes. A slice never owns; whoever gives one says how long it stays valid. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *p; /* may be NULL if n is 0 */
    size_t n;
};

#define SLICE_EMPTY ((struct slice){NULL, 0})

/* Slice over a string literal. */
#define SLICE_LIT(s) ((struct slice){(const uint8_t *)("" s), sizeof(s) - 1})

static inline struct slice slice_of(const void *p, size_t n)
{
    return (struct slice){(const uint8_t *)p, n};
}

static inline struct slice slice_str(const char *s)
{
    return slice_of(s, strlen(s));
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_is(struct slice a, const char *s)
{
    return slice_eq(a, slice_str(s));
}

/* Order of unsigned bytes; a prefix sorts first. <0, 0, >0. */
static inline int slice_cmp(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* Bytes from..end; `from` past the end gives an empty slice. */
static inline struct slice slice_from(struct slice a, size_t from)
{
    return from >= a.n ? SLICE_EMPTY : slice_of(a.p + from, a.n - from);
}

/* For printf("%.*s"). */
#define SLICE_FMT(s) (int)(s).n, (const char *)(s).p
