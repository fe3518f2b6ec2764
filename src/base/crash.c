/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crash.h"

#include "base/mem.h"
#include "base/symbols.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

#define MAX_FRAMES 64
#define STACK_BYTES 32768

static const struct {
    int signum;
    const char *text;
} signals[] = {{SIGSEGV, "segmentation fault"},
               {SIGBUS, "bus error"},
               {SIGABRT, "abort"},
               {SIGILL, "illegal instruction"},
               {SIGFPE, "arithmetic error"}};

static _Thread_local char note[200];
static _Thread_local void *fault; /* the instruction that faulted */
static void (*describe)(char *out, size_t n);

static void put(int fd, const char *text)
{
    ssize_t n = write(fd, text, strlen(text));
    (void)n; /* nobody to tell */
}

static void put_frame(int fd, int i, void *address)
{
    char line[400];
    size_t offset = 0;
    Dl_info info;
    /* of a call, not what comes after it: that may be another function, if it never returns */
    size_t back = address == fault ? 0 : 1;
    const char *name = symbols_find((const char *)address - back, &offset);
    if (name)
        snprintf(line, sizeof line, "  #%d %s+0x%zx\n", i, name, offset + back);
    else if (dladdr(address, &info) && info.dli_fname)
        snprintf(line, sizeof line, "  #%d %s (%s+0x%zx)\n", i,
                 info.dli_sname ? info.dli_sname : "?", info.dli_fname,
                 (size_t)((char *)address - (char *)info.dli_fbase));
    else
        snprintf(line, sizeof line, "  #%d %p\n", i, address);
    put(fd, line);
}

void crash_backtrace(int fd)
{
    void *frames[MAX_FRAMES];
    int n = backtrace(frames, MAX_FRAMES);
    for (int i = 1; i < n; i++)
        put_frame(fd, i, frames[i]);
}

void crash_report(const char *why)
{
    char line[900], thread[17] = "", doing[500] = "";
    prctl(PR_GET_NAME, thread);
    if (describe)
        describe(doing, sizeof doing);
    snprintf(line, sizeof line, "kleio: %s in thread %s%s%s%s%s\n", why, thread,
             note[0] ? ", at " : "", note, doing[0] ? ", " : "", doing);
    put(STDERR_FILENO, line);
    crash_backtrace(STDERR_FILENO);
}

static void *instruction_of(const ucontext_t *c)
{
#if defined __x86_64__
    return (void *)c->uc_mcontext.gregs[REG_RIP];
#elif defined __aarch64__
    return (void *)c->uc_mcontext.pc;
#else
    (void)c;
    return NULL;
#endif
}

static void on_signal(int signum, siginfo_t *info, void *context)
{
    char why[100];
    const char *text = "signal";
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        if (signals[i].signum == signum)
            text = signals[i].text;
    if (signum == SIGABRT)
        snprintf(why, sizeof why, "crash: %s", text);
    else
        snprintf(why, sizeof why, "crash: %s at address %p", text, info->si_addr);
    fault = instruction_of(context);
    signal(signum, SIG_DFL); /* also if the report crashes */
    crash_report(why);
    raise(signum);
}

void crash_thread(void)
{
#if !MEM_ASAN /* which gives each thread one of its own, and frees whatever it finds at the end */
    static _Thread_local _Alignas(16) char handler_stack[STACK_BYTES];
    stack_t s = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
    sigaltstack(&s, NULL);
#endif
}

void crash_install(void)
{
    void *frame;
    symbols_open();
    backtrace(&frame, 1); /* loads what it needs now, not in a handler */
    crash_thread();
    struct sigaction mine = {.sa_sigaction = on_signal,
                             .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&mine.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        sigaction(signals[i].signum, &mine, NULL);
}

void crash_note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(note, sizeof note, fmt, ap);
    va_end(ap);
}

void crash_set_describe(void (*fn)(char *out, size_t n))
{
    describe = fn;
}
