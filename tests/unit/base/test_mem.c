/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    CLEANUP(mem_freep) char *made = xasprintf("%s-%02x", b, 10);
    ASSERT_STR("ab-0a", made);
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

static long resident_kilobytes(void)
{
    char line[128];
    long n = -1;
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    while (f && n < 0 && fgets(line, sizeof line, f))
        if (sscanf(line, "Rss: %ld", &n) != 1)
            n = -1;
    if (f)
        fclose(f);
    return n;
}

TEST(trimming_gives_free_memory_back_to_the_system)
{
    enum { N = 4096, BYTES = 8192 };
    static void *p[N];
    for (int i = 0; i < N; i++)
        p[i] = memset(xmalloc(BYTES), 1, BYTES);
    for (int i = 0; i < N - 1; i++) /* the last one holds the heap's end */
        free(p[i]);
    long before = resident_kilobytes();
    mem_start(); /* glibc has nothing to start */
    mem_trim();
    long after = resident_kilobytes();
    free(p[N - 1]);
    if (!MEM_ASAN)
        ASSERT(before - after > N * BYTES / 1024 / 2);
}
