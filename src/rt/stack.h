/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks for fibers: mapped memory with a guard page below, kept in a pool. Owned by one core.
 * Internal to rt. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct stack_head;

struct stack_pool {
    size_t bytes; /* usable bytes of each stack, a multiple of the page size */
    size_t guard_bytes;
    struct stack_head *idle;
    uint32_t n_idle;
    uint32_t max_idle;
    struct stack_head *reserve; /* for stack_take when nothing can be mapped */
    uint32_t n_reserve;
    uint32_t max_reserve;
};

/* 0 = defaults: 64 KiB usable (more under sanitizers), 256 idle stacks kept. */
void stack_pool_init(struct stack_pool *pool, uint32_t bytes, uint32_t max_idle);
/* Unmaps the idle stacks; those taken must have been given back. */
void stack_pool_deinit(struct stack_pool *pool);

/* Map `n` stacks that only stack_take can have, and keep so many from now on. */
void stack_pool_reserve(struct stack_pool *pool, uint32_t n);

/* Lowest usable address of a stack; its content is undefined. For the program's own needs, which
 * are bounded: aborts when the process may map no more memory (vm.max_map_count) and the reserve is
 * used up. */
void *stack_take(struct stack_pool *pool);
/* The same for what a peer asks for: NULL instead, and the reserve is not touched. */
void *stack_try(struct stack_pool *pool);
void stack_give(struct stack_pool *pool, void *base);
/* Usable bytes from the base (the pool keeps a few at the very top for itself). */
size_t stack_room(const struct stack_pool *pool);
