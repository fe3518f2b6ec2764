/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#if MEM_ASAN
#define CHUNK_BYTES ((size_t)1) /* one malloc per object, so that every overrun is seen */
#define ALIGNMENT ((size_t)1)
#else
#define CHUNK_BYTES ((size_t)8192)
#define ALIGNMENT ((size_t)8)
#endif

struct chunk {
    struct chunk *older;
    size_t cap;
    size_t used;
    _Alignas(16) uint8_t bytes[];
};

struct adopted {
    struct adopted *older;
    void *obj;
    void (*unref)(void *obj);
};

struct arena {
    struct chunk *newest;
    struct adopted *adopted;
    size_t budget;
    size_t total;
};

static struct chunk *chunk_new(size_t n, struct chunk *older)
{
    size_t cap = n > CHUNK_BYTES ? n : CHUNK_BYTES;
    struct chunk *c = xmalloc(sizeof *c + cap);
    c->older = older;
    c->cap = cap;
    c->used = 0;
    return c;
}

struct arena *arena_new(size_t budget_bytes)
{
    struct arena *a = xcalloc(1, sizeof *a);
    a->budget = budget_bytes;
    return a;
}

static void release_adopted(struct arena *a)
{
    while (a->adopted) {
        struct adopted *it = a->adopted;
        a->adopted = it->older;
        it->unref(it->obj);
        free(it);
    }
}

static void drop_chunks(struct arena *a, const struct chunk *down_to)
{
    while (a->newest != down_to) {
        struct chunk *c = a->newest;
        a->newest = c->older;
        free(c);
    }
}

struct arena *arena_free(struct arena *a)
{
    if (a) {
        release_adopted(a);
        drop_chunks(a, NULL);
        free(a);
    }
    return NULL;
}

void arena_freep(struct arena **a)
{
    *a = arena_free(*a);
}

void arena_clear(struct arena *a)
{
    release_adopted(a);
    while (a->newest && (a->newest->older || a->newest->cap > CHUNK_BYTES)) {
        struct chunk *c = a->newest;
        a->newest = c->older;
        free(c);
    }
    if (a->newest)
        a->newest->used = 0;
    a->total = 0;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (__builtin_expect(n > PTRDIFF_MAX, 0))
        mem_exhausted(n); /* a size that wrapped around must not become a small one */
    size_t room = (n + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    struct chunk *c = a->newest;
    if (__builtin_expect(c == NULL || c->cap - c->used < room, 0))
        c = a->newest = chunk_new(room, a->newest);
    void *p = c->bytes + c->used;
    c->used += room;
    a->total += room;
    return p;
}

void *arena_alloc_array(struct arena *a, size_t count, size_t n)
{
    size_t all;
    return arena_alloc(a, __builtin_mul_overflow(count, n, &all) ? SIZE_MAX : all);
}

void *arena_zalloc(struct arena *a, size_t n)
{
    return memset(arena_alloc(a, n), 0, n);
}

void *arena_try(struct arena *a, size_t n)
{
    if (a->budget && (n > a->budget || a->total > a->budget - n))
        return NULL;
    return arena_alloc(a, n);
}

size_t arena_left(const struct arena *a)
{
    if (a->budget == 0)
        return SIZE_MAX;
    return a->total < a->budget ? a->budget - a->total : 0;
}

bool arena_over_budget(const struct arena *a)
{
    return a->budget && a->total > a->budget;
}

size_t arena_used(const struct arena *a)
{
    return a->total;
}

struct slice arena_dup(struct arena *a, struct slice s)
{
    uint8_t *p = arena_alloc(a, s.n);
    if (s.n)
        memcpy(p, s.p, s.n);
    return slice_of(p, s.n);
}

char *arena_strdup(struct arena *a, struct slice s)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    size_t room = n < 0 ? 1 : (size_t)n + 1; /* an unprintable wide character: an empty text */
    char *p = arena_alloc(a, room);
    p[0] = 0;
    if (n > 0)
        vsnprintf(p, room, fmt, again);
    va_end(again);
    return p;
}

void arena_adopt(struct arena *a, void *obj, void (*unref)(void *obj))
{
    struct adopted *it = xmalloc(sizeof *it); /* not in the arena: a rewind must not lose it */
    *it = (struct adopted){a->adopted, obj, unref};
    a->adopted = it;
}

struct arena_pos arena_mark(struct arena *a)
{
    return (struct arena_pos){a->newest, a->newest ? a->newest->used : 0, a->total};
}

void arena_rewind(struct arena *a, struct arena_pos pos)
{
    drop_chunks(a, pos.chunk);
    if (a->newest)
        a->newest->used = pos.used;
    a->total = pos.total;
}
