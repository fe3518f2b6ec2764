/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/crash.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern const struct test_case __start_test_cases[] __attribute__((weak));
extern const struct test_case __stop_test_cases[] __attribute__((weak));

static char dir_path[64];

void test_fail(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    fflush(NULL);
    _exit(1);
}

const char *test_dir(void)
{
    if (dir_path[0] == 0) {
        snprintf(dir_path, sizeof dir_path, "/tmp/kleio-test-%d", (int)getppid());
        if (mkdtemp(strcat(dir_path, "-XXXXXX")) == NULL)
            test_fail(__FILE__, __LINE__, "mkdtemp: %s", strerror(errno));
    }
    return dir_path;
}

const char *test_source_path(const char *relative)
{
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", TEST_SOURCE_ROOT, relative);
    return path;
}

char *test_read_file(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        test_fail(__FILE__, __LINE__, "%s: %s", path, strerror(errno));
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    char *p = malloc(n + 1);
    if (p == NULL || fread(p, 1, n, f) != n)
        test_fail(__FILE__, __LINE__, "%s: short read", path);
    p[n] = 0;
    fclose(f);
    if (ret_n)
        *ret_n = n;
    return p;
}

#ifndef TEST_NO_MAIN /* a program of another kind that stands on the fixtures */
static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

#define TEST_S 120 /* of a machine that has time for us */

/* A test that has got little of the processor in its time is not to blame: it gets more of it. */
static void on_alarm(int number)
{
    static int n_more = 4;
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    if (cpu.tv_sec >= TEST_S / 2 || n_more-- == 0) {
        signal(number, SIG_DFL);
        raise(number);
    }
    alarm(TEST_S);
}

static bool run_one(const struct test_case *t)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
#ifndef __SANITIZE_ADDRESS__
        crash_install();
#endif
        signal(SIGALRM, on_alarm);
        alarm(TEST_S);
        t->run();
        if (dir_path[0])
            nftw(dir_path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        exit(0); /* so that leak checking runs */
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    fprintf(stderr, "FAILED %s (%s)%s%s\n", t->name, t->file, WIFSIGNALED(status) ? ": " : "",
            WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "");
    return false;
}

int main(int argc, char **argv)
{
    int n_passed = 0, n_failed = 0;
    for (const struct test_case *t = __start_test_cases; t < __stop_test_cases; t++) {
        if (argc > 1 && strstr(t->name, argv[1]) == NULL)
            continue;
        if (run_one(t))
            n_passed++;
        else
            n_failed++;
    }
    printf("%s: %d passed, %d failed\n", argv[0], n_passed, n_failed);
    return n_failed != 0;
}
#endif
