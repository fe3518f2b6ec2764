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

static void unmap_all(const struct stack_pool *pool, struct stack_head **list)
{
    while (*list) {
        struct stack_head *head = *list;
        *list = head->next;
        unmap(pool, head);
    }
}

void stack_pool_deinit(struct stack_pool *pool)
{
    unmap_all(pool, &pool->idle);
    unmap_all(pool, &pool->reserve);
    pool->n_idle = pool->n_reserve = 0;
}

/* NULL when the process may not. */
static struct stack_head *map_new(const struct stack_pool *pool)
{
    size_t all = pool->bytes + pool->guard_bytes;
    char *p = mmap(NULL, all, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (mprotect(p, pool->guard_bytes, PROT_NONE) != 0) { /* that splits the mapping */
        munmap(p, all);
        return NULL;
    }
    char *base = p + pool->guard_bytes;
    struct stack_head *head = head_of(pool, base);
    head->valgrind_id = VALGRIND_STACK_REGISTER(base, base + pool->bytes);
    return head;
}

static void push(struct stack_head **list, uint32_t *n, struct stack_head *head)
{
    head->next = *list;
    *list = head;
    ++*n;
}

static struct stack_head *pop(struct stack_head **list, uint32_t *n)
{
    struct stack_head *head = *list;
    if (head) {
        *list = head->next;
        --*n;
    }
    return head;
}

void stack_pool_reserve(struct stack_pool *pool, uint32_t n)
{
    pool->max_reserve = n;
    while (pool->n_reserve < n) {
        struct stack_head *head = map_new(pool);
        if (head == NULL)
            return; /* stacks that come back fill it up */
        push(&pool->reserve, &pool->n_reserve, head);
    }
}

void *stack_try(struct stack_pool *pool)
{
    struct stack_head *head = pop(&pool->idle, &pool->n_idle);
    if (__builtin_expect(head == NULL, 0))
        head = map_new(pool);
    return head ? base_of(pool, head) : NULL;
}

void *stack_take(struct stack_pool *pool)
{
    void *base = stack_try(pool);
    if (__builtin_expect(base != NULL, 1))
        return base;
    struct stack_head *head = pop(&pool->reserve, &pool->n_reserve);
    if (head == NULL) {
        fprintf(stderr, "no memory for another fiber stack (see vm.max_map_count)\n");
        abort();
    }
    return base_of(pool, head);
}

void stack_give(struct stack_pool *pool, void *base)
{
    struct stack_head *head = head_of(pool, base);
    context_forget(base, pool->bytes);
    if (pool->n_reserve < pool->max_reserve)
        push(&pool->reserve, &pool->n_reserve, head);
    else if (pool->n_idle < pool->max_idle)
        push(&pool->idle, &pool->n_idle, head);
    else
        unmap(pool, head);
}

size_t stack_room(const struct stack_pool *pool)
{
    return pool->bytes - sizeof(struct stack_head);
}
