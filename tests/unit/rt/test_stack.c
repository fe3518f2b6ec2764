/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/stack.h"

#include "test.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(stacks_are_reused_newest_first_and_bounded_when_idle)
{
    struct stack_pool pool;
    stack_pool_init(&pool, 16 * 1024, 2);
    char *s[3];
    for (int i = 0; i < 3; i++) {
        s[i] = stack_take(&pool);
        memset(s[i], 1, stack_room(&pool));
    }
    ASSERT(stack_room(&pool) > 15 * 1024);
    for (int i = 0; i < 3; i++)
        stack_give(&pool, s[i]);
    ASSERT_INT(2, pool.n_idle);
    ASSERT(stack_take(&pool) == s[1]);
    stack_give(&pool, s[1]);
    stack_pool_deinit(&pool);
    ASSERT_INT(0, pool.n_idle);
}

TEST(a_write_below_a_stack_hits_the_guard_page)
{
    struct stack_pool pool;
    stack_pool_init(&pool, 0, 0);
    volatile char *s = stack_take(&pool);
    pid_t pid = fork();
    if (pid == 0) {
        freopen("/dev/null", "w", stderr);
        s[-1] = 1;
        _exit(0);
    }
    int status;
    ASSERT(waitpid(pid, &status, 0) == pid);
    ASSERT(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
    stack_give(&pool, (void *)(uintptr_t)s);
    stack_pool_deinit(&pool);
}

/* The process may map no more, as with vm.max_map_count or memory used up. */
TEST(when_nothing_can_be_mapped_the_reserve_is_left)
{
    struct stack_pool pool;
    struct rlimit limit, small;
    ASSERT(getrlimit(RLIMIT_AS, &limit) == 0);
    stack_pool_init(&pool, 0, 2);
    stack_pool_reserve(&pool, 2);
    small = limit;
    small.rlim_cur = 1 << 20; /* less than there is */
    ASSERT(setrlimit(RLIMIT_AS, &small) == 0);
    ASSERT(stack_try(&pool) == NULL);
    void *a = stack_take(&pool), *b = stack_take(&pool);
    ASSERT(a && b && pool.n_reserve == 0);
    stack_give(&pool, a); /* the reserve first */
    ASSERT(stack_try(&pool) == NULL && pool.n_reserve == 1);
    ASSERT(setrlimit(RLIMIT_AS, &limit) == 0);
    stack_give(&pool, b);
    void *c = stack_try(&pool);
    ASSERT(c != NULL && pool.n_reserve == 2);
    stack_give(&pool, c);
    stack_pool_deinit(&pool);
    ASSERT_INT(0, pool.n_reserve);
}
