/* SPDX-License-Identifier: Apache-2.0 */
/* A thread of the store's own that works now and then until the store closes. */
#pragma once
#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct rocks;

struct rocks_thread {
    pthread_t thread;
    bool running;
    bool stop; /* the lock guards it */
    pthread_mutex_t lock;
    pthread_cond_t cond;
    void (*fn)(struct rocks *r);
    struct rocks *r;
};

/* fn runs until it returns, which it does once rocks_thread_pause says so. Errors: ERR_IO. */
ERR rocks_thread_start(struct rocks_thread *t, const char *name, void (*fn)(struct rocks *r),
                       struct rocks *r);
/* Tell it, do not wait. Nothing happens if it was not started. */
void rocks_thread_tell(struct rocks_thread *t);
/* Tell it and wait. */
void rocks_thread_stop(struct rocks_thread *t);
/* In the thread: sleep. True: the store closes, at once. */
bool rocks_thread_pause(struct rocks_thread *t, int64_t ns);
