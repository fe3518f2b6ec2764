/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crash.h"

#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char words[16384];

static void describe(char *out, size_t n)
{
    snprintf(out, n, "described");
}

/* A frame of its own, whatever the compiler knows of its callers. */
static __attribute__((noinline, no_sanitize("undefined"))) void crash_here(volatile int *p)
{
    *p = 1;
}

static int *volatile nowhere;

static void by_null(void)
{
    crash_note("ledger %d", 77);
    crash_here(nowhere);
    crash_note("still there");
}

static void by_abort(void)
{
    abort();
    crash_note("still there");
}

static __attribute__((noinline)) int overflow(volatile char *before)
{
    volatile char frame[2048];
    frame[0] = *before;
    return *before ? 0 : overflow(frame) + frame[1]; /* always 0: there is no end */
}

static void *overflow_in_thread(void *arg)
{
    volatile char c = 0;
    crash_thread();
    overflow(&c);
    return arg;
}

static void by_overflow(void)
{
    pthread_t t;
    pthread_create(&t, NULL, overflow_in_thread, NULL);
    pthread_join(t, NULL);
}

/* Its last words, in `words`; returns the signal that ended it. */
static int last_words(void (*fn)(void))
{
    int ends[2], status = 0;
    size_t n = 0;
    ASSERT(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        crash_install();
        crash_set_describe(describe);
        fn();
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t got = 1; got > 0 && n + 1 < sizeof words; n += (size_t)got)
        if ((got = read(ends[0], words + n, sizeof words - 1 - n)) < 0)
            break;
    words[n] = 0;
    close(ends[0]);
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(last_words_say_where_and_at_what)
{
    ASSERT_INT(SIGSEGV, last_words(by_null));
    ASSERT(strstr(words, "crash: segmentation fault at address (nil) in thread") != NULL);
    ASSERT(strstr(words, ", at ledger 77, described\n") != NULL);
    ASSERT(strstr(words, "crash_here") != NULL); /* a static function */
    ASSERT(strstr(words, "by_null") != NULL);
    ASSERT_INT(SIGABRT, last_words(by_abort));
    ASSERT(strstr(words, "crash: abort in thread") != NULL);
    if (strstr(words, "by_abort") == NULL)
        fprintf(stderr, "%s", words);
    ASSERT(strstr(words, "by_abort") != NULL);
}

TEST(an_overflow_of_the_stack_is_reported_too)
{
#ifndef __SANITIZE_ADDRESS__
    ASSERT_INT(SIGSEGV, last_words(by_overflow));
    ASSERT(strstr(words, "overflow") != NULL);
#endif
}
