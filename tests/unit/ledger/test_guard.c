/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/guard.h"

#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES 65536

/* A map of a file that has become shorter than it. */
static const volatile uint8_t *cut_off(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s/file", test_dir());
    int fd = open(path, O_RDWR | O_CREAT, 0644);
    ASSERT(ftruncate(fd, BYTES) == 0);
    const volatile uint8_t *p = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
    ASSERT(p != MAP_FAILED && ftruncate(fd, 4096) == 0);
    close(fd);
    return p;
}

static const char *mark_path(void)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/mark", test_dir());
    return path;
}

static err read_end(void *arg)
{
    const volatile uint8_t *p = arg;
    return p[BYTES - 1] ? OK : FAIL(ERR_IO, "zero");
}

static err read_wild(void *arg)
{
    const volatile uint8_t *p = (const volatile uint8_t *)0x10;
    return *p ? OK : FAIL(ERR_IO, "zero");
}

static err abort_inside(void *arg)
{
    guard_abort("impossible");
    return OK;
}

static err nested(void *arg)
{
    ASSERT_ERR(ERR_CORRUPT, guard_run(read_end, arg, "inner"));
    ASSERT(strstr(err_text(), "inner") != NULL);
    guard_abort("outer");
    return OK;
}

TEST(faults_under_a_guard_are_errors)
{
    void *p = (void *)(uintptr_t)cut_off();
    struct guard_mark *w = guard_watch(mark_path());
    for (int i = 0; i < 3; i++) {
        ASSERT_ERR(ERR_CORRUPT, guard_run(read_end, p, "test"));
        ASSERT(strstr(err_text(), "test: a page that cannot be read") != NULL);
        ASSERT_ERR(ERR_CORRUPT, guard_run(read_wild, p, "test"));
        ASSERT_ERR(ERR_CORRUPT, guard_run(abort_inside, p, "test"));
        ASSERT(strstr(err_text(), "impossible") != NULL);
        ASSERT_ERR(ERR_CORRUPT, guard_run(nested, p, "test"));
    }
    ASSERT(access(mark_path(), F_OK) != 0);
    guard_unwatch(w);
}

static int run_child(void (*fn)(const volatile uint8_t *p), const volatile uint8_t *p)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        fn(p);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return status;
}

static void read_unguarded(const volatile uint8_t *p)
{
    (void)p[BYTES - 1];
}

static void abort_unguarded(const volatile uint8_t *p)
{
    guard_abort("nobody is there");
}

static void read_null(const volatile uint8_t *p)
{
    p = NULL;
    (void)*(const volatile uint8_t *)((uintptr_t)p + 8);
}

TEST(others_faults_end_the_process_and_pages_that_are_not_there_leave_a_mark)
{
    const volatile uint8_t *p = cut_off();
    struct guard_mark *w = guard_watch(mark_path());
    ASSERT(run_child(read_null, p) != 0);
    ASSERT(access(mark_path(), F_OK) != 0);
    ASSERT(run_child(read_unguarded, p) != 0);
    ASSERT(access(mark_path(), F_OK) == 0);
    ASSERT(unlink(mark_path()) == 0);
    ASSERT_INT(0, run_child(abort_unguarded, p)); /* the library goes on to abort */
    ASSERT(access(mark_path(), F_OK) == 0);
    guard_unwatch(w);
}
