/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include "test.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(memory_of_no_bytes_is_still_memory)
{
    void *p = xmalloc(0);
    p = xrealloc(p, 0);
    free(p);
    free(xcalloc(0, 0));
}

TEST(strings_are_copied)
{
    CLEANUP(mem_freep) char *a = xstrdup("abc");
    CLEANUP(mem_freep) char *b = xstrndup("abcdef", 2);
    ASSERT_STR("abc", a);
    ASSERT_STR("ab", b);
    char *taken = TAKE_PTR(a);
    ASSERT(a == NULL);
    a = taken;
}

TEST(memory_that_is_not_to_be_had_ends_the_process)
{
    pid_t pid = fork();
    if (pid == 0) {
        freopen("/dev/null", "w", stderr);
        mem_exhausted(1);
    }
    int status;
    ASSERT(waitpid(pid, &status, 0) == pid);
    ASSERT(WIFSIGNALED(status));
}

TEST(min_and_max_evaluate_their_arguments_once)
{
    int i = 1;
    ASSERT_INT(1, MIN(i++, 5));
    ASSERT_INT(5, MAX(i++, 5));
    ASSERT_INT(3, i);
}
