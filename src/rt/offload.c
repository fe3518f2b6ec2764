/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/offload.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_THREADS 4
#define DEFAULT_MAX_QUEUED 4096

/* On the stack of the fiber that waits for it. */
struct job {
    struct core_mail home; /* sent when the work is done */
    struct list node;
    bool queued; /* the pool's lock guards it */
    err (*fn)(void *arg);
    void *arg;
    struct core *core;
    struct fiber *fiber;
    err result;
    struct err_slot slot; /* the text of the result, made on the worker */
    bool done;
    _Atomic bool unwanted;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct list queue;
    uint32_t n_queued;
    uint32_t max_queued;
    uint32_t max_queued_requests;
    bool running; /* takes jobs */
    uint32_t n_threads;
    pthread_t *threads;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER};

static __thread struct job *running; /* of this worker */

static struct job *next_job(void)
{
    pthread_mutex_lock(&pool.lock);
    while (pool.running && list_empty(&pool.queue))
        pthread_cond_wait(&pool.work, &pool.lock);
    struct list *node = list_pop_front(&pool.queue);
    struct job *job = node ? LIST_ENTRY(node, struct job, node) : NULL;
    if (job) {
        pool.n_queued--;
        job->queued = false;
    }
    pthread_mutex_unlock(&pool.lock);
    return job;
}

static void *worker_main(void *arg)
{
    (void)arg;
    for (struct job *job; (job = next_job()) != NULL;) {
        err_slot_set(&job->slot);
        running = job;
        job->result = job->fn(job->arg);
        running = NULL;
        err_slot_set(NULL);
        core_post(job->core, &job->home);
    }
    return NULL;
}

err offload_start(const struct offload_opts *opts)
{
    assert(!pool.running);
    uint32_t wanted = opts->n_threads ? opts->n_threads : DEFAULT_THREADS;
    list_init(&pool.queue);
    pool.n_queued = 0;
    pool.max_queued = opts->max_queued ? opts->max_queued : DEFAULT_MAX_QUEUED;
    pool.max_queued_requests =
        opts->max_queued_requests ? opts->max_queued_requests : pool.max_queued;
    pool.threads = xcalloc(wanted, sizeof *pool.threads);
    pthread_mutex_lock(&pool.lock);
    pool.running = true;
    pthread_mutex_unlock(&pool.lock);
    for (pool.n_threads = 0; pool.n_threads < wanted; pool.n_threads++) {
        int rc = pthread_create(&pool.threads[pool.n_threads], NULL, worker_main, NULL);
        if (rc) {
            offload_stop();
            return FAIL(ERR_IO, "offload: thread: %s", strerror(rc));
        }
        pthread_setname_np(pool.threads[pool.n_threads], "offload");
    }
    return OK;
}

void offload_stop(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.running = false;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    for (uint32_t i = 0; i < pool.n_threads; i++)
        pthread_join(pool.threads[i], NULL);
    free(pool.threads);
    pool.threads = NULL;
    pool.n_threads = 0;
}

static void come_home(struct core_mail *mail)
{
    struct job *job = container_of(mail, struct job, home);
    job->done = true;
    fiber_wake(job->fiber);
}

enum admission { ADMITTED, FULL, NO_POOL };

static enum admission submit(struct job *job)
{
    pthread_mutex_lock(&pool.lock);
    uint32_t max = fiber_deadline() == CLOCK_NEVER ? pool.max_queued : pool.max_queued_requests;
    enum admission a = !pool.running ? NO_POOL : pool.n_queued >= max ? FULL : ADMITTED;
    if (a == ADMITTED) {
        list_push_back(&pool.queue, &job->node);
        job->queued = true;
        pool.n_queued++;
        pthread_cond_signal(&pool.work);
    }
    pthread_mutex_unlock(&pool.lock);
    return a;
}

/* False: it runs, or has run. */
static bool take_back(struct job *job)
{
    pthread_mutex_lock(&pool.lock);
    bool queued = job->queued;
    if (queued) {
        list_unlink(&job->node);
        job->queued = false;
        pool.n_queued--;
    }
    pthread_mutex_unlock(&pool.lock);
    return queued;
}

bool offload_unwanted(void)
{
    return running && atomic_load_explicit(&running->unwanted, memory_order_relaxed);
}

static ERR wait_for(struct job *job)
{
    err e = fiber_park_for(&job->done, fiber_deadline());
    if (!err_failed(e))
        return OK;
    if (take_back(job))
        return e;
    atomic_store_explicit(&job->unwanted, true, memory_order_relaxed);
    fiber_park_for_uncancellable(&job->done);
    return job->result.code == ERR_CANCELLED ? e : OK; /* it may have been done all the same */
}

err offload_run(err (*fn)(void *arg), void *arg)
{
    if (fiber_current() == NULL)
        return fn(arg);
    struct job job = {.home.run = come_home,
                      .fn = fn,
                      .arg = arg,
                      .core = core_current(),
                      .fiber = fiber_current()};
    enum admission a = submit(&job);
    if (a == NO_POOL)
        return fn(arg);
    if (a == FULL)
        return FAIL(ERR_BUSY, "offload: too many jobs are waiting already");
    TRY(wait_for(&job));
    if (job.result.code == 0)
        return OK;
    return FAIL(job.result.code, "%s", job.slot.text);
}
