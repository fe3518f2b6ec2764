/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/mem.h"
#include "test.h"

TEST(allocations_are_aligned_and_do_not_overlap)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    uint8_t *p[200];
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        p[i] = arena_alloc(a, i * 7);
        ASSERT((uintptr_t)p[i] % 8 == 0);
        memset(p[i], (int)i, i * 7);
    }
    for (size_t i = 0; i < ARRAY_LEN(p); i++)
        for (size_t k = 0; k < i * 7; k++)
            ASSERT_INT(i, p[i][k]);
}

TEST(zalloc_gives_zeros_also_where_memory_was_used_before)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct arena_pos start = arena_mark(a);
    memset(arena_alloc(a, 500), 0xff, 500);
    arena_rewind(a, start);
    const uint8_t *p = arena_zalloc(a, 500);
    for (int i = 0; i < 500; i++)
        ASSERT_INT(0, p[i]);
}

TEST(try_refuses_what_exceeds_the_budget_and_alloc_notes_it)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(1000);
    ASSERT(arena_try(a, 1001) == NULL);
    ASSERT(arena_try(a, SIZE_MAX) == NULL);
    ASSERT(arena_try(a, 600) != NULL);
    ASSERT(arena_try(a, 600) == NULL);
    ASSERT(arena_try(a, 400) != NULL);
    ASSERT(!arena_over_budget(a));
    ASSERT(arena_alloc(a, 8) != NULL);
    ASSERT(arena_over_budget(a));
    arena_clear(a);
    ASSERT(!arena_over_budget(a));
    ASSERT_INT(0, arena_used(a));
    ASSERT(arena_try(a, 600) != NULL);
}

TEST(what_is_left_is_what_try_would_give)
{
    struct arena *a = arena_new(100);
    ASSERT_INT(100, arena_left(a));
    ASSERT(arena_try(a, 40) != NULL);
    ASSERT(arena_left(a) <= 60 && arena_left(a) >= 56);
    ASSERT(arena_try(a, arena_left(a)) != NULL && arena_try(a, 16) == NULL);
    (void)arena_alloc(a, 1000);
    ASSERT_INT(0, arena_left(a));
    a = arena_free(a);
    a = arena_new(0);
    ASSERT(arena_left(a) == SIZE_MAX);
    arena_free(a);
}

TEST(without_a_budget_try_always_gives)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    ASSERT(arena_try(a, 1 << 20) != NULL);
    ASSERT(!arena_over_budget(a));
}

TEST(rewind_takes_back_what_came_after_the_mark_across_chunks)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    char *kept = arena_strdup(a, SLICE_LIT("kept"));
    size_t used = arena_used(a);
    struct arena_pos pos = arena_mark(a);
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 10; i++)
            memset(arena_alloc(a, 3000), 1, 3000);
        arena_rewind(a, pos);
        ASSERT_INT(used, arena_used(a));
    }
    ASSERT_STR("kept", kept);
}

static int order[3];
static int n_released;

static void release(void *obj)
{
    order[n_released++] = *(int *)obj;
}

TEST(adopted_objects_are_released_newest_first_once)
{
    int one = 1, two = 2, three = 3;
    struct arena *a = arena_new(0);
    arena_adopt(a, &one, release);
    arena_adopt(a, &two, release);
    arena_clear(a);
    ASSERT_INT(2, n_released);
    ASSERT_INT(2, order[0]);
    ASSERT_INT(1, order[1]);
    arena_adopt(a, &three, release);
    ASSERT(arena_free(a) == NULL);
    ASSERT_INT(3, n_released);
    ASSERT_INT(3, order[2]);
}

TEST(texts_are_copied_and_formatted)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    char from[] = "abc";
    struct slice copy = arena_dup(a, slice_str(from));
    from[0] = 'x';
    ASSERT_SLICE("abc", copy);
    ASSERT_STR("", arena_strdup(a, SLICE_EMPTY));
    ASSERT_STR("7 of abc", arena_printf(a, "%d of %.*s", 7, SLICE_FMT(copy)));
    ASSERT_INT(0, arena_dup(a, SLICE_EMPTY).n);
}

TEST(free_accepts_null)
{
    ASSERT(arena_free(NULL) == NULL);
}
