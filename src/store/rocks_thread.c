/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_thread.h"

#include <string.h>
#include <time.h>

static void *thread_main(void *arg)
{
    struct rocks_thread *t = arg;
    t->fn(t->r);
    return NULL;
}

static void cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

ERR rocks_thread_start(struct rocks_thread *t, const char *name, void (*fn)(struct rocks *r),
                       struct rocks *r)
{
    *t = (struct rocks_thread){.fn = fn, .r = r};
    pthread_mutex_init(&t->lock, NULL);
    cond_init(&t->cond);
    int rc = pthread_create(&t->thread, NULL, thread_main, t);
    if (rc)
        return FAIL(ERR_IO, "store: thread: %s", strerror(rc));
    pthread_setname_np(t->thread, name);
    t->running = true;
    return OK;
}

void rocks_thread_tell(struct rocks_thread *t)
{
    if (!t->running)
        return;
    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_signal(&t->cond);
    pthread_mutex_unlock(&t->lock);
}

void rocks_thread_stop(struct rocks_thread *t)
{
    if (!t->running)
        return;
    rocks_thread_tell(t);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->cond);
    pthread_mutex_destroy(&t->lock);
    t->running = false;
}

bool rocks_thread_pause(struct rocks_thread *t, int64_t ns)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ns / 1000000000;
    until.tv_nsec += ns % 1000000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&t->lock);
    while (!t->stop && pthread_cond_timedwait(&t->cond, &t->lock, &until) == 0)
        ;
    bool stop = t->stop;
    pthread_mutex_unlock(&t->lock);
    return stop;
}
