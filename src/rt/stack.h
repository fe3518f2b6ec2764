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
};

/* 0 = defaults: 64 KiB usable (more under sanitizers), 256 idle stacks kept. */
void stack_pool_init(struct stack_pool *pool, uint32_t bytes, uint32_t max_idle);
/* Unmaps the idle stacks; those taken must have been given back. */
void stack_pool_deinit(struct stack_pool *pool);

/* Lowest usable address of a stack; its content is undefined. Aborts when the process may map no
 * more memory. */
void *stack_take(struct stack_pool *pool);
void stack_give(struct stack_pool *pool, void *base);
/* Usable bytes from the base (the pool keeps a few at the very top for itself). */
size_t stack_room(const struct stack_pool *pool);
