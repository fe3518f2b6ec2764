/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded reading of untrusted bytes with a sticky error: after a read past the end every read
 * gives zeros, and `failed` stays set. Check it once, at the end. */
#pragma once
#include "base/bits.h"
#include "base/slice.h"

struct cursor {
    const uint8_t *p;
    const uint8_t *end;
    bool failed;
};

static inline struct cursor cursor_of(struct slice s)
{
    static const uint8_t none[1];
    const uint8_t *p = s.p ? s.p : none; /* arithmetic on NULL is undefined */
    return (struct cursor){p, p + s.n, false};
}

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->p);
}

static inline bool cursor_done(const struct cursor *c)
{
    return c->p == c->end;
}

/* The next n bytes, borrowed; empty when there are fewer (and the cursor has failed, and is at its
 * end). */
static inline struct slice cursor_take(struct cursor *c, size_t n)
{
    if (__builtin_expect(n > cursor_left(c), 0)) {
        c->failed = true;
        c->p = c->end;
        return SLICE_EMPTY;
    }
    struct slice s = slice_of(c->p, n);
    c->p += n;
    return s;
}

static inline struct slice cursor_rest(struct cursor *c)
{
    return cursor_take(c, cursor_left(c));
}

static inline void cursor_fail(struct cursor *c)
{
    c->failed = true;
    c->p = c->end;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    struct slice s = cursor_take(c, 1);
    return s.n ? s.p[0] : 0;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
    struct slice s = cursor_take(c, 2);
    return s.n ? bits_load16(s.p) : 0;
}

static inline uint32_t cursor_be32(struct cursor *c)
{
    struct slice s = cursor_take(c, 4);
    return s.n ? bits_load32(s.p) : 0;
}

static inline uint64_t cursor_be64(struct cursor *c)
{
    struct slice s = cursor_take(c, 8);
    return s.n ? bits_load64(s.p) : 0;
}
