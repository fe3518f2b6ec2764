/* SPDX-License-Identifier: Apache-2.0 */
/* The switch between stacks: Boost.Context's C entry points, and what sanitizers must be told about
 * it. Internal to rt. */
#pragma once
#include "base/mem.h"

#include <stddef.h>

/* What a jump gives to the side it arrives at: where it came from, and one word. The layout is
 * Boost.Context's `transfer_t` (1.61 and later). */
struct context_transfer {
    void *from;
    void *data;
};

struct context_transfer jump_fcontext(void *to, void *data);
void *make_fcontext(void *stack_top, size_t bytes, void (*fn)(struct context_transfer));

/* A stack, as the sanitizers know it. */
struct context_stack {
    const void *bottom;
    size_t bytes;
    void *tsan; /* its TSan fiber */
};

#if MEM_ASAN
void __sanitizer_start_switch_fiber(void **fake_stack_save, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake_stack, const void **bottom_old, size_t *size_old);
void __asan_unpoison_memory_region(void const volatile *addr, size_t size);
#endif
#if MEM_TSAN
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#endif

/* Just before a jump to `to`. `ret_fake` keeps what context_arrive wants back; NULL when the
 * present stack dies. */
static inline void context_depart(const struct context_stack *to, void **ret_fake)
{
#if MEM_ASAN
    __sanitizer_start_switch_fiber(ret_fake, to->bottom, to->bytes);
#endif
#if MEM_TSAN
    __tsan_switch_to_fiber(to->tsan, 0);
#endif
    (void)to, (void)ret_fake;
}

/* Just after a jump: `fake` is NULL on a fresh stack. *ret_from, if not NULL, is the stack we came
 * from. */
static inline void context_arrive(void *fake, struct context_stack *ret_from)
{
#if MEM_ASAN
    const void *bottom;
    size_t bytes;
    __sanitizer_finish_switch_fiber(fake, &bottom, &bytes);
    if (ret_from) {
        ret_from->bottom = bottom;
        ret_from->bytes = bytes;
    }
#endif
    (void)fake, (void)ret_from;
}

static inline void *context_tsan_self(void)
{
#if MEM_TSAN
    return __tsan_get_current_fiber();
#else
    return NULL;
#endif
}

static inline void *context_tsan_new(void)
{
#if MEM_TSAN
    return __tsan_create_fiber(0);
#else
    return NULL;
#endif
}

static inline void context_tsan_free(void *fiber)
{
#if MEM_TSAN
    __tsan_destroy_fiber(fiber);
#endif
    (void)fiber;
}

/* The memory of a dead stack will be used again: forget what its frames had poisoned. */
static inline void context_forget(void *p, size_t n)
{
#if MEM_ASAN
    __asan_unpoison_memory_region(p, n);
#endif
    (void)p, (void)n;
}
