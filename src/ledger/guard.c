/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/guard.h"

#include "base/mem.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_MARKS 16

struct frame {
    sigjmp_buf at;
    struct frame *outer;
};

struct guard_mark {
    char *path;
};

static _Thread_local struct frame *volatile innermost;
static _Thread_local char reason[160];
static _Atomic(struct guard_mark *) marks[MAX_MARKS];
static struct sigaction before_segv, before_bus;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Async-signal-safe, as all from here to on_fault. */
static void leave_marks(void)
{
    for (int i = 0; i < MAX_MARKS; i++) {
        const struct guard_mark *m = atomic_load(&marks[i]);
        int fd = m ? open(m->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) : -1;
        if (fd >= 0)
            close(fd);
    }
}

static void jump_out(const char *why)
{
    struct frame *f = innermost;
    size_t n = strnlen(why, sizeof reason - 1);
    memcpy(reason, why, n);
    reason[n] = 0;
    siglongjmp(f->at, 1);
}

static void pass_on(const struct sigaction *to, int signum, siginfo_t *info, void *context)
{
    if (to->sa_flags & SA_SIGINFO) {
        to->sa_sigaction(signum, info, context);
    } else if (to->sa_handler != SIG_DFL && to->sa_handler != SIG_IGN) {
        to->sa_handler(signum);
    } else { /* the instruction faults again, and then nobody handles it */
        struct sigaction none = {.sa_handler = SIG_DFL};
        sigaction(signum, &none, NULL);
    }
}

static void on_fault(int signum, siginfo_t *info, void *context)
{
    if (innermost)
        jump_out(signum == SIGBUS ? "a page that cannot be read" : "a wild page number");
    if (signum == SIGBUS)
        leave_marks();
    pass_on(signum == SIGBUS ? &before_bus : &before_segv, signum, info, context);
}

static void install(void)
{
    struct sigaction mine = {.sa_sigaction = on_fault,
                             .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    sigemptyset(&mine.sa_mask);
    sigaction(SIGSEGV, &mine, &before_segv);
    sigaction(SIGBUS, &mine, &before_bus);
}

ERR guard_run(err (*fn)(void *arg), void *arg, const char *what)
{
    struct frame f = {.outer = innermost};
    if (sigsetjmp(f.at, 0) == 0) {
        innermost = &f;
        err e = fn(arg);
        innermost = f.outer;
        return e;
    }
    innermost = f.outer;
    return FAIL(ERR_CORRUPT, "%s: %s", what, reason);
}

void guard_abort(const char *why)
{
    if (innermost)
        jump_out(why);
    leave_marks();
}

struct guard_mark *guard_watch(const char *path)
{
    pthread_once(&once, install);
    struct guard_mark *m = xcalloc(1, sizeof *m), *none = NULL;
    m->path = xstrdup(path);
    for (int i = 0; i < MAX_MARKS; i++, none = NULL)
        if (atomic_compare_exchange_strong(&marks[i], &none, m))
            break;
    return m;
}

struct guard_mark *guard_unwatch(struct guard_mark *m)
{
    if (m == NULL)
        return NULL;
    for (int i = 0; i < MAX_MARKS; i++) {
        struct guard_mark *mine = m;
        atomic_compare_exchange_strong(&marks[i], &mine, NULL);
    }
    free(m->path);
    free(m);
    return NULL;
}
