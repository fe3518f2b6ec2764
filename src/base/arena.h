/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one request (or one ledger): many allocations, one release. Not thread-safe.
 * An arena has a byte budget; a peer-chosen size that would exceed it gives NULL from arena_try. */
#pragma once
#include "base/buf.h"
#include "base/slice.h"

struct arena; /* opaque */

/* Position to rewind to. */
struct arena_pos {
    void *chunk;
    size_t used;
    size_t total;
};

/* `budget_bytes` bounds what arena_try gives out in all (0 = unlimited). */
struct arena *arena_new(size_t budget_bytes);
struct arena *
arena_free(struct arena *a); /* accepts NULL, returns NULL; runs adopted releases, newest first */
void arena_freep(struct arena **a); /* for CLEANUP */

/* Empty but usable: keeps the first chunk, releases what was adopted. */
void arena_clear(struct arena *a);

/* n bytes, 8-aligned, not zeroed. Never NULL; for sizes that we choose (counts against the budget,
 * too). */
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull));
/* count * n bytes; aborts when that is more than there can be. Through arena_array. */
void *arena_alloc_array(struct arena *a, size_t count, size_t n) __attribute__((returns_nonnull));
/* As arena_alloc, zeroed. */
void *arena_zalloc(struct arena *a, size_t n) __attribute__((returns_nonnull));
/* For sizes that a peer chooses: NULL when the budget would be exceeded. */
void *arena_try(struct arena *a, size_t n);
/* Bytes that arena_try would still give; SIZE_MAX without a budget. */
size_t arena_left(const struct arena *a);
/* True once arena_alloc has taken more than the budget; long work checks it and gives ERR_LIMIT. */
bool arena_over_budget(const struct arena *a);
/* Bytes given out since the arena was made or cleared. */
size_t arena_used(const struct arena *a);

struct slice arena_dup(struct arena *a, struct slice s);
char *arena_strdup(struct arena *a, struct slice s); /* NUL-terminated copy */
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));

/* Call unref(obj) when the arena is cleared or freed. */
void arena_adopt(struct arena *a, void *obj, void (*unref)(void *obj));

/* Allocations after a mark are undone by rewinding to it (adoptions are not). For loops. */
struct arena_pos arena_mark(struct arena *a);
void arena_rewind(struct arena *a, struct arena_pos pos);

#define arena_new_of(a, type) ((type *)arena_zalloc(a, sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc_array(a, count, sizeof(type)))
