/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/stack.h"

#include "base/mem.h"
#include "rt/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(from, to) 0u
#define VALGRIND_STACK_DEREGISTER(id) (void)(id)
#endif

#if MEM_ASAN || MEM_TSAN
#define DEFAULT_BYTES (256 * 1024) /* instrumented frames are several times larger */
#else
#define DEFAULT_BYTES (64 * 1024)
#endif
#define DEFAULT_MAX_IDLE 256

/* At the very top of each stack, where the page is in use anyway. */
struct stack_head {
    struct stack_head *next;
    unsigned valgrind_id;
    _Alignas(16) char end[];
};

void stack_pool_init(struct stack_pool *pool, uint32_t bytes, uint32_t max_idle)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t wanted = bytes ? bytes : DEFAULT_BYTES;
    *pool = (struct stack_pool){
        .bytes = (wanted + page - 1) / page * page,
        .guard_bytes = page,
        .max_idle = max_idle ? max_idle : DEFAULT_MAX_IDLE,
    };
}

static struct stack_head *head_of(const struct stack_pool *pool, void *base)
{
    return (struct stack_head *)((char *)base + stack_room(pool));
}

static void *base_of(const struct stack_pool *pool, struct stack_head *head)
{
    return (char *)head - stack_room(pool);
}

static void unmap(const struct stack_pool *pool, struct stack_head *head)
{
    char *base = base_of(pool, head);
    VALGRIND_STACK_DEREGISTER(head->valgrind_id);
    munmap(base - pool->guard_bytes, pool->bytes + pool->guard_bytes);
}

void stack_pool_deinit(struct stack_pool *pool)
{
    while (pool->idle) {
        struct stack_head *head = pool->idle;
        pool->idle = head->next;
        unmap(pool, head);
    }
    pool->n_idle = 0;
}

static void *map_new(const struct stack_pool *pool)
{
    size_t all = pool->bytes + pool->guard_bytes;
    char *p = mmap(NULL, all, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (p == MAP_FAILED || mprotect(p, pool->guard_bytes, PROT_NONE) != 0) {
        fprintf(stderr, "no memory for another fiber stack (see vm.max_map_count)\n");
        abort();
    }
    char *base = p + pool->guard_bytes;
    head_of(pool, base)->valgrind_id = VALGRIND_STACK_REGISTER(base, base + pool->bytes);
    return base;
}

void *stack_take(struct stack_pool *pool)
{
    struct stack_head *head = pool->idle;
    if (__builtin_expect(head == NULL, 0))
        return map_new(pool);
    pool->idle = head->next;
    pool->n_idle--;
    return base_of(pool, head);
}

void stack_give(struct stack_pool *pool, void *base)
{
    struct stack_head *head = head_of(pool, base);
    context_forget(base, pool->bytes);
    if (pool->n_idle >= pool->max_idle) {
        unmap(pool, head);
        return;
    }
    head->next = pool->idle;
    pool->idle = head;
    pool->n_idle++;
}

size_t stack_room(const struct stack_pool *pool)
{
    return pool->bytes - sizeof(struct stack_head);
}
