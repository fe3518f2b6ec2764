/* SPDX-License-Identifier: Apache-2.0 */
/* Memory helpers. Allocation of small things aborts on failure: limits are kept by budgets, not by
 * malloc. */
#pragma once
#include <stddef.h>

/* 1 in a build with AddressSanitizer / ThreadSanitizer, else 0. */
#if defined(__SANITIZE_ADDRESS__)
#define MEM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEM_ASAN 1
#endif
#endif
#ifndef MEM_ASAN
#define MEM_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__)
#define MEM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MEM_TSAN 1
#endif
#endif
#ifndef MEM_TSAN
#define MEM_TSAN 0
#endif

/* malloc/calloc/realloc that abort instead of returning NULL. Freed with free(). */
void *xmalloc(size_t n) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t n) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t n) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
/* printf into memory of its own. */
char *xasprintf(const char *fmt, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/* Say that n bytes are not to be had, and abort. */
void mem_exhausted(size_t n) __attribute__((noreturn, cold));

/* Give back to the system what is free in the heaps of all threads. Takes milliseconds. */
void mem_trim(void);
/* Once, at the start of a program with threads: what stands free for some seconds is given back by
 * itself, where the allocator can (jemalloc: a thread of its own). */
void mem_start(void);

/* Run fn(&variable) when the variable leaves its scope. Declare such a variable initialised,
 * always. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Move a pointer out of a variable, leaving NULL behind. */
#define TAKE_PTR(p)                                                                                \
    ({                                                                                             \
        __typeof__(p) take_ = (p);                                                                 \
        (p) = NULL;                                                                                \
        take_;                                                                                     \
    })

/* CLEANUP(mem_freep) char *p = NULL; */
void mem_freep(void *pp);

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) min_a_ = (a);                                                                \
        __typeof__(b) min_b_ = (b);                                                                \
        min_a_ < min_b_ ? min_a_ : min_b_;                                                         \
    })
#define MAX(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) max_a_ = (a);                                                                \
        __typeof__(b) max_b_ = (b);                                                                \
        max_a_ > max_b_ ? max_a_ : max_b_;                                                         \
    })
