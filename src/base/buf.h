/* SPDX-License-Identifier: Apache-2.0 */
/* An owned, growing byte buffer on the heap. Zero-initialise to get an empty one; buf_deinit frees.
 */
#pragma once
#include "base/slice.h"

#include <endian.h>
#include <stdarg.h>

struct buf {
    uint8_t *p;
    size_t n;   /* bytes used */
    size_t cap; /* bytes allocated */
};

/* Free the memory; the buffer is empty and usable afterwards. */
void buf_deinit(struct buf *b);

/* Make room for at least `more` bytes beyond n (geometric growth). */
void buf_grow(struct buf *b, size_t more);

/* Forget the content, keep the memory. */
static inline void buf_clear(struct buf *b)
{
    b->n = 0;
}

/* Has it far more room than n bytes? Then they are copied rather than kept waiting in it: what
 * waits is counted by its bytes. */
static inline bool buf_is_roomy(const struct buf *b, size_t n)
{
    return b->cap / 4 > n;
}

/* Pointer to room for n bytes at the end; they count once buf_advance is called. */
static inline uint8_t *buf_reserve(struct buf *b, size_t n)
{
    if (__builtin_expect(b->cap - b->n < n, 0))
        buf_grow(b, n);
    return b->p + b->n;
}

static inline void buf_advance(struct buf *b, size_t n)
{
    b->n += n;
}

static inline void buf_put(struct buf *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    memcpy(buf_reserve(b, n), p, n);
    b->n += n;
}

static inline void buf_put_slice(struct buf *b, struct slice s)
{
    buf_put(b, s.p, s.n);
}

static inline void buf_put_str(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

static inline void buf_put_u8(struct buf *b, uint8_t v)
{
    *buf_reserve(b, 1) = v;
    b->n++;
}

static inline void buf_put_be16(struct buf *b, uint16_t v)
{
    uint8_t x[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    buf_put(b, x, 2);
}

static inline void buf_put_be32(struct buf *b, uint32_t v)
{
    v = htobe32(v);
    buf_put(b, &v, 4);
}

static inline void buf_put_be64(struct buf *b, uint64_t v)
{
    v = htobe64(v);
    buf_put(b, &v, 8);
}

void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static inline struct slice buf_slice(const struct buf *b)
{
    return slice_of(b->p, b->n);
}

/* Drop the first n bytes, moving the rest down. */
void buf_consume(struct buf *b, size_t n);
