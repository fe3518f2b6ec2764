/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdbool.h>

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mem_exhausted(size_t n)
{
    fprintf(stderr, "out of memory (%zu bytes)\n", n);
    abort();
}

static void *check(void *p, size_t n)
{
    if (p == NULL)
        mem_exhausted(n);
    return p;
}

void *xmalloc(size_t n)
{
    return check(malloc(n ? n : 1), n);
}

void *xcalloc(size_t count, size_t n)
{
    return check(calloc(count ? count : 1, n ? n : 1), n);
}

void *xrealloc(void *p, size_t n)
{
    return check(realloc(p, n ? n : 1), n);
}

char *xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

char *xstrndup(const char *s, size_t n)
{
    char *p = xmalloc(n + 1);
    memcpy(p, s, n);
    p[n] = 0;
    return p;
}

char *xasprintf(const char *fmt, ...)
{
    char *p;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&p, fmt, ap);
    va_end(ap);
    if (n < 0)
        mem_exhausted(strlen(fmt));
    return p;
}

void mem_freep(void *pp)
{
    free(*(void **)pp);
}

/* jemalloc's, where the program is linked with it. */
__attribute__((weak)) int mallctl(const char *name, void *old, size_t *old_n, void *new,
                                  size_t new_n);
#define ALL_ARENAS "arena.4096.purge" /* MALLCTL_ARENAS_ALL */

void mem_start(void)
{
    bool on = true;
    if (mallctl)
        (void)mallctl("background_thread", NULL, NULL, &on, sizeof on);
}

void mem_trim(void)
{
    if (mallctl) {
        (void)mallctl(ALL_ARENAS, NULL, NULL, NULL, 0);
        return;
    }
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
