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
    bool computes;
    err (*fn)(void *arg);
    void *arg;
    struct core *core;
    struct fiber *fiber;
    err result;
    struct err_slot slot; /* the text of the result, made on the worker */
    bool done;
    _Atomic bool unwanted;
};

/* Jobs that wait for a thread of their kind. */
struct queue {
    pthread_cond_t work;
    struct list jobs;
    uint32_t n;
};

static struct {
    pthread_mutex_t lock;
    struct queue blocking, computing;
    uint32_t max_queued;
    uint32_t max_queued_requests;
    bool running; /* takes jobs */
    uint32_t n_threads;
    pthread_t *threads; /* the first computes */
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER,
          .blocking.work = PTHREAD_COND_INITIALIZER,
          .computing.work = PTHREAD_COND_INITIALIZER};

static __thread struct job *running; /* of this worker */

static struct queue *queue_of(const struct job *job)
{
    return job->computes ? &pool.computing : &pool.blocking;
}

static struct job *next_job(struct queue *q)
{
    pthread_mutex_lock(&pool.lock);
    while (pool.running && list_empty(&q->jobs))
        pthread_cond_wait(&q->work, &pool.lock);
    struct list *node = list_pop_front(&q->jobs);
    struct job *job = node ? LIST_ENTRY(node, struct job, node) : NULL;
    if (job) {
        q->n--;
        job->queued = false;
    }
    pthread_mutex_unlock(&pool.lock);
    return job;
}

static void *worker_main(void *arg)
{
    for (struct job *job; (job = next_job(arg)) != NULL;) {
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
    uint32_t wanted = (opts->n_threads ? opts->n_threads : DEFAULT_THREADS) + 1;
    list_init(&pool.blocking.jobs);
    list_init(&pool.computing.jobs);
    pool.blocking.n = pool.computing.n = 0;
    pool.max_queued = opts->max_queued ? opts->max_queued : DEFAULT_MAX_QUEUED;
    pool.max_queued_requests =
        opts->max_queued_requests ? opts->max_queued_requests : pool.max_queued;
    pool.threads = xcalloc(wanted, sizeof *pool.threads);
    pthread_mutex_lock(&pool.lock);
    pool.running = true;
    pthread_mutex_unlock(&pool.lock);
    for (pool.n_threads = 0; pool.n_threads < wanted; pool.n_threads++) {
        struct queue *q = pool.n_threads ? &pool.blocking : &pool.computing;
        int rc = pthread_create(&pool.threads[pool.n_threads], NULL, worker_main, q);
        if (rc) {
            offload_stop();
            return FAIL(ERR_IO, "offload: thread: %s", strerror(rc));
        }
        pthread_setname_np(pool.threads[pool.n_threads], pool.n_threads ? "offload" : "compute");
    }
    return OK;
}

void offload_stop(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.running = false;
    pthread_cond_broadcast(&pool.blocking.work);
    pthread_cond_broadcast(&pool.computing.work);
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
    struct queue *q = queue_of(job);
    uint32_t max = fiber_deadline() == CLOCK_NEVER ? pool.max_queued : pool.max_queued_requests;
    enum admission a = !pool.running ? NO_POOL : q->n >= max ? FULL : ADMITTED;
    if (a == ADMITTED) {
        list_push_back(&q->jobs, &job->node);
        job->queued = true;
        q->n++;
        pthread_cond_signal(&q->work);
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
        queue_of(job)->n--;
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

static ERR run(err (*fn)(void *arg), void *arg, bool computes)
{
    if (fiber_current() == NULL)
        return fn(arg);
    struct job job = {.home.run = come_home,
                      .computes = computes,
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

err offload_run(err (*fn)(void *arg), void *arg)
{
    return run(fn, arg, false);
}

err offload_compute(err (*fn)(void *arg), void *arg)
{
    return run(fn, arg, true);
}
